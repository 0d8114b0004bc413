/**
 * createPool, and its options.
 *
 * @module
 */
import { OptionError, TypeMismatchError } from "../engine/errors.js";
import { complaint, complaintOf, readFlag, readInteger, readOptions } from "../engine/validate.js";
import { load } from "../index.js";
import type { Engine } from "../types.js";
import { memoryIn } from "./answer.js";
import { createCrew, workerError } from "./crew.js";
import { functionsOf } from "./functions.js";
import { createOffice } from "./office.js";
import { lineHere, lineTo, processors, starter } from "./platform.js";
import { type Line, threadOf } from "./thread.js";
import type { JobOptions, Pool, PoolOptions } from "./types.js";

/** More than any machine has use for. */
const MOST = 256;

/** `Symbol.asyncDispose`, or what polyfills agree on where it is missing, as in Safari. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/**
 * Workers that compute the functions of the package off the calling thread, each with an engine of its own, over one compiled
 * module. In Node, Deno and Bun they are worker threads, which do not keep the process from ending while they are idle; in
 * browsers Web Workers.
 *
 * @throws {SpectralNormError} `OPTION`, `TYPE`: an option that is unknown or wrong. `LOAD`: as `load` of the package. `WORKER`:
 *   workers were asked for where there are none.
 * @example const pool = await createPool({ workers: 2 }); await pool.spectralNorm([[3, 0], [0, 4]]) // 4
 */
export async function createPool(options?: PoolOptions): Promise<Pool> {
  const given = readOptions<PoolOptions>(options, ["workers", "createWorker"]);
  const start = starterOf(given.createWorker);
  const usual = start === undefined ? 0 : Math.min(MOST, processors());
  const workers = readInteger("options.workers", given.workers, usual, 0, MOST);
  const engine = await load();
  if (workers === 0) return poolOf(engine, 0, () => lineHere(engine), undefined);
  if (start === undefined) throw workerError("there are no workers here; pass workers: 0 to compute in this thread");
  return poolOf(engine, workers, start, memoryIn(engine).module);
}

function starterOf(createWorker: unknown): (() => Line) | undefined {
  if (createWorker === undefined) return starter();
  if (typeof createWorker !== "function") {
    throw new TypeMismatchError(complaint("options.createWorker", "a function", createWorker));
  }
  return () => lineTo(createWorker());
}

function poolOf(engine: Engine, workers: number, start: () => Line, module: unknown): Pool {
  const crew = createCrew(Math.max(1, workers), () => threadOf(start()));
  const office = createOffice(crew, module);
  return Object.freeze({
    ...functionsOf(engine, office, {}),
    workers,
    with: (options: JobOptions) => functionsOf(engine, office, readJob(options)),
    close: () => crew.close(),
    [asyncDispose]: () => crew.close(),
  });
}

function readJob(options: unknown): JobOptions {
  const given = readOptions<JobOptions>(options, ["signal", "transfer", "split"]);
  const transfer = readFlag("options.transfer", given.transfer, false);
  const split = readFlag("options.split", given.split, false);
  if (split && transfer) {
    const remedy = "An array over a SharedArrayBuffer is not copied either";
    throw new OptionError(complaintOf("options.transfer", "false for a matrix that is split", "true", remedy));
  }
  return { signal: readSignal(given.signal), transfer, split };
}

function readSignal(signal: unknown): JobOptions["signal"] {
  const { aborted, addEventListener } = Object(signal) as Record<string, unknown>;
  if (signal !== undefined && (typeof aborted !== "boolean" || typeof addEventListener !== "function")) {
    throw new TypeMismatchError(complaint("options.signal", "an AbortSignal", signal));
  }
  return signal as JobOptions["signal"];
}
