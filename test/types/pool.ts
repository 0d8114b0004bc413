/** What `spectral-norm/pool` promises, as a consumer would use it. It is compiled, never run. */
import type { DominantTriplet } from "spectral-norm";
import { createPool, type Pool, type PoolFunctions } from "spectral-norm/pool";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

/** As platforms declare it. */
declare const signal: {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: string, listener: (event: object) => void, options?: boolean | object): void;
  removeEventListener(type: string, listener: (event: object) => void, options?: boolean | object): void;
};

export async function norms(data: Float32Array): Promise<Float64Array> {
  const pool: Pool = await createPool({ workers: 2, createWorker: () => ({}) });
  const w = { data, shape: [2, 2] };
  const told: PoolFunctions = pool.with({ signal, transfer: true, split: false });
  const triplet = await told.dominantTriplet(w, { tolerance: 1e-9 });
  holds<Same<typeof triplet, DominantTriplet<Float32Array>>>();
  const { data: out } = await pool.spectralNormalize(w, { out: new Float32Array(4) });
  holds<Same<typeof out, Float32Array<ArrayBuffer>>>();
  // @ts-expect-error an operator cannot be sent
  await pool.spectralNorm({ rows: 1, columns: 1, apply: () => data, applyAdjoint: () => data });
  // @ts-expect-error what a worker makes lives there
  pool.createSpectralNormalization([2, 2]);
  // @ts-expect-error an option that does not exist
  pool.with({ transfers: true });
  const all = await pool.spectralNorms([w, [[1]]]);
  await pool.close();
  return all;
}
