/** Entries at the ends of the number range, and matrices of known structure. */
import { biased, DTYPES, matrix, noise, powerOfTwo, SHORT, scaled, zeroSumRows } from "../data.mjs";

const FACTORS = {
  float32: { "1e30": 1e30, "1e-30": 1e-30, "2^100": powerOfTwo(100), "1e-37": 1e-37, subnormal: powerOfTwo(-140) },
  float64: { "1e30": 1e30, "1e-30": 1e-30, "1e300": 1e300, "1e-300": 1e-300, subnormal: powerOfTwo(-1065) },
};

function* everywhere(name, w) {
  yield [`${name} triplet`, (engine) => engine.dominantTriplet(w)];
  yield [`${name} alternating`, (engine) => engine.powerIteration(w)];
  yield [`${name} frobeniusNorm`, (engine) => engine.frobeniusNorm(w)];
  yield [`${name} stableRank`, (engine) => engine.stableRank(w)];
  yield [`${name} spectralNormalize`, (engine) => engine.spectralNormalize(w)];
}

/** Entries of both ends in one matrix: the small ones must vanish without a trace, not poison the sum. */
function widelySpread(dtype) {
  const factors = dtype === "float32" ? [1e-18, 1, 1e18] : [1e-140, 1, 1e140];
  const w = noise(dtype, [9, 21], 92);
  return { ...w, data: w.data.map((x, i) => x * factors[i % 3]) };
}

function* ofStructure(dtype) {
  const structures = {
    zero: matrix(dtype, 5, 7, () => 0),
    identity: matrix(dtype, 17, 17, (i, j) => Number(i === j)),
    ones: matrix(dtype, 12, 9, () => 1),
    "rank one": matrix(dtype, 13, 18, (i, j) => (i - 6) * (j - 4)),
    "one entry": matrix(dtype, 9, 30, (i, j) => (i === 8 && j === 29 ? -3 : 0)),
    "clustered diagonal": matrix(dtype, 8, 8, (i, j) => (i === j ? -1 - i / 64 : 0)),
    hilbert: matrix(dtype, 10, 10, (i, j) => 1 / (i + j + 1)),
    "widely spread": widelySpread(dtype),
    "zero-DC": zeroSumRows(dtype, 21, 27, 93),
  };
  for (const [name, w] of Object.entries(structures)) yield* everywhere(`${name} ${SHORT[dtype]}`, w);
  const w = structures["zero-DC"];
  yield [`zero-DC start ones ${SHORT[dtype]}`, (engine) => engine.dominantTriplet(w, { start: "ones", seed: 3 })];
}

export function* extremes() {
  for (const dtype of DTYPES) {
    for (const [name, factor] of Object.entries(FACTORS[dtype])) {
      yield* everywhere(`${name} ${SHORT[dtype]}`, scaled(biased(dtype, [11, 14], 95), factor));
    }
    yield* ofStructure(dtype);
  }
}
