// @ts-check
/**
 * Runs in several processes, one run a process at a time, so that the processor's clock of a process is that of its run.
 *
 * @module
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** @typedef {import("./plan.mjs").Run} Run */
/** @typedef {{ result: import("./perform.mjs").Result, seconds: number } | { error: string, seconds: number }} Answer */

/** @param {string} file */
function start(file) {
  const child = fork(file);
  /** @param {Run} run @returns {Promise<Answer>} */
  const ask = (run) =>
    new Promise((resolve, reject) => {
      const ended = (/** @type {number | null} */ code, /** @type {string | null} */ signal) =>
        reject(new Error(`a worker ended with ${signal ?? `code ${code}`}`));
      child.once("exit", ended);
      child.once("message", (answer) => {
        child.off("exit", ended);
        resolve(/** @type {Answer} */ (answer));
      });
      // A worker that is gone, or going, cannot be told; its end says why, whether it has come or is still to come.
      child.send(run, (error) => {
        if (error !== null && (child.exitCode ?? child.signalCode) !== null) ended(child.exitCode, child.signalCode);
      });
    });
  return { ask, stop: () => child.kill("SIGKILL") };
}

/**
 * Makes the runs, in their order, as workers get free.
 *
 * @param {readonly Run[]} runs
 * @param {{ workers: number, signal?: AbortSignal, onAnswer: (run: Run, answer: Answer) => void, file?: string }} options
 *   `signal` stops the workers at once; what was answered stays. `file` is the program of a worker.
 * @returns {Promise<void>} Rejects with the signal's reason, or when a worker dies.
 */
export async function runAll(runs, { workers, signal, onAnswer, file }) {
  const program = file ?? fileURLToPath(new URL("./worker.mjs", import.meta.url));
  const queue = [...runs];
  const crew = Array.from({ length: Math.min(workers, queue.length) }, () => start(program));
  const stop = () => {
    for (const worker of crew) worker.stop();
  };
  signal?.addEventListener("abort", stop);
  const work = async (/** @type {ReturnType<typeof start>} */ worker) => {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      signal?.throwIfAborted();
      onAnswer(run, await worker.ask(run));
    }
  };
  try {
    await Promise.all(crew.map(work));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
