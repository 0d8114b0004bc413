/** What the published declarations promise, written as a consumer would use them. It is compiled, never run. */
import {
  dominantTriplet,
  type Engine,
  empiricalLipschitz,
  type Float16Values,
  lipschitzBound,
  load,
  OptionError,
  SpectralNormError,
  type StoredMatrix,
  spectralNorm,
  spectralNormalize,
} from "spectral-norm";
import type { spectralNorm as inlineSpectralNorm } from "spectral-norm/inline";
import { load as loadSlim } from "spectral-norm/slim";
import wasm from "spectral-norm/spectral_norm.wasm";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

const single = { data: new Float32Array(4), shape: [2, 2] } as const;
const double = { data: new Float64Array(4), shape: [2, 2] } as const;

export async function asynchronous(): Promise<void> {
  const sigma = await spectralNorm([
    [3, 0],
    [0, 4],
  ]);
  holds<Same<typeof sigma, number>>();
  holds<Same<typeof inlineSpectralNorm, typeof spectralNorm>>();

  // Results come in the array type of the input.
  const { u } = await dominantTriplet(single);
  holds<Same<typeof u, Float32Array<ArrayBuffer>>>();
  const { v } = await dominantTriplet(double);
  holds<Same<typeof v, Float64Array<ArrayBuffer>>>();
  const { v: rows } = await dominantTriplet([[1, 2]]);
  holds<Same<typeof rows, Float64Array>>();

  // `out` is what comes back.
  const out = new Float32Array(4);
  const normalized = await spectralNormalize(single, { out });
  holds<Same<typeof normalized.data, typeof out>>();

  const { pair } = await empiricalLipschitz(async (x) => x, [new Float32Array(2), Float32Array.of(1, 0)]);
  holds<Same<typeof pair, readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]>>();
  const { upper, layers } = await lipschitzBound([
    { type: "convolution", kernel: single.data, shape: [1, 1, 2, 2] },
    { type: "residual", branch: [{ type: "relu", name: "act" }], shortcut: [{ type: "dense", ...double }] },
  ]);
  holds<Same<typeof upper, number>>();
  holds<Same<(typeof layers)[number]["note"], string | undefined>>();
  // @ts-expect-error a layer that does not exist
  await lipschitzBound([{ type: "rellu" }]);
  // @ts-expect-error a prelu without its slopes
  await lipschitzBound([{ type: "prelu" }]);

  // @ts-expect-error an option that does not exist
  await spectralNorm(single, { tolerence: 1e-3 });
  // @ts-expect-error integers are not weights
  await spectralNorm({ data: new Int32Array(4), shape: [2, 2] });
}

declare const numbers: Float16Values;
declare const stored: StoredMatrix;

export async function synchronous(): Promise<number> {
  const engine: Engine = await load();
  const norm = engine.spectralNorm(single);
  holds<Same<typeof norm, number>>();
  engine.empiricalLipschitz((x) => x, [single.data]);
  // @ts-expect-error a synchronous engine cannot wait
  engine.empiricalLipschitz(async (x) => x, [single.data]);
  const matrix = engine.matrix([2, 2], { dtype: "float64" });
  holds<Same<typeof matrix.view, Float64Array>>();
  matrix[Symbol.dispose]();
  const [half, brain] = [engine.matrix([1], { dtype: "float16" }), engine.matrix([1], { dtype: "bfloat16" })];
  half.set(numbers);
  // @ts-expect-error a Float16Array has not the bits of bfloat16
  brain.set(numbers);
  engine.stableRank(stored);
  return norm;
}

export function failing(error: unknown): string {
  if (error instanceof OptionError) return error.code;
  return error instanceof SpectralNormError ? error.message : "";
}

export const slim: Promise<Engine> = loadSlim(wasm);
