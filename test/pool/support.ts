import { Worker } from "node:worker_threads";
import { load, type Weight } from "spectral-norm";
import { createPool, type Pool } from "spectral-norm/pool";
import { afterAll, expect, vi } from "vitest";
import { normals } from "../engine/support.js";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** What results of a pool are held against. */
export const engine: Awaited<ReturnType<typeof load>> = await load();

const pools: Pool[] = [];

/** A pool that is closed at the end. */
export async function poolOf(...options: Parameters<typeof createPool>): Promise<Pool> {
  const pool = await createPool(...options);
  pools.push(pool);
  return pool;
}

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
});

/** A seeded weight, with an array of its own. */
export function weight<T extends Float32Array | Float64Array>(
  Kind: { from(values: { length: number }, entry: () => number): T },
  shape: readonly number[],
  seed = 1,
): Weight<T> & { data: T } {
  const next = normals(seed);
  return { data: Kind.from({ length: shape.reduce((product, side) => product * side, 1) }, next), shape };
}

/** A weight that takes a worker so long that it cannot be done before what a test does next. */
export const slow: Weight = weight(Float64Array, [400, 400], 9);

const program = new URL("../../dist/worker.js", import.meta.url);

/** Workers of which the first `count` die of their first job, as if their process were out of memory. */
export function mortal(count: number): { createWorker: () => Worker; started: () => number } {
  let started = 0;
  const code = `
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", ({ kind }) => (kind === "start" ? parentPort.postMessage({}) : process.exit(9)));`;
  const createWorker = () => {
    started += 1;
    return started <= count ? new Worker(code, { eval: true }) : new Worker(program);
  };
  return { createWorker, started: () => started };
}

/** Workers, and a listener that hears the kind of each question once it was sent. */
export function overheard(hear: (kind: string) => void): { createWorker: () => Worker; started: () => number } {
  let started = 0;
  class Overheard extends Worker {
    override postMessage(...message: Parameters<Worker["postMessage"]>): void {
      super.postMessage(...message);
      hear((message[0] as { kind: string }).kind);
    }
  }
  const createWorker = () => {
    started += 1;
    return new Overheard(program);
  };
  return { createWorker, started: () => started };
}

/** What must be so after whatever went wrong. */
export async function expectIntact(pool: Pool): Promise<void> {
  await expect(
    pool.spectralNorm([
      [3, 0],
      [0, 4],
    ]),
  ).resolves.toBe(4);
}
