/** What every app prints: two norms, the second of a weight large enough for the SIMD kernels and their tails. */
export async function sigma(spectralNorm) {
  const data = Float32Array.from({ length: 67 * 35 }, (_, i) => ((i * 37) % 101) / 64 - 0.5);
  const small = await spectralNorm([
    [1, 100],
    [0, 1],
  ]);
  return `sigma ${small} ${await spectralNorm({ data, shape: [67, 35] })}`;
}
