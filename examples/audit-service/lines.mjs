// @ts-check
/**
 * The answer: a line of JSON for each thing that is found, as it is found.
 *
 * @module
 */
import { memoryFor } from "./memory.mjs";
import { problemOf } from "./problems.mjs";

/**
 * @typedef {object} Work
 * @property {import("spectral-norm/audit").OpenAudit} opened
 * @property {import("./memory.mjs").Turns} turns
 * @property {import("./settings.mjs").Settings} settings
 * @property {import("spectral-norm/audit").OpenAuditOptions} options
 * @property {AbortSignal} signal
 * @property {(thrown: unknown) => void} log
 */

/**
 * First what the file is, then a line for each weight, LoRA pair and skipped tensor, and at the end a summary. An answer
 * without one is not whole: its last line is an error, or there is nobody who could read it.
 *
 * @param {Work} work
 * @returns {AsyncGenerator<object, void, undefined>}
 */
export async function* linesOf(work) {
  const { opened, signal } = work;
  const { file, format, jobs } = opened;
  yield { type: "checkpoint", file, format, rows: jobs.length };
  try {
    /** @type {import("spectral-norm/audit").AuditedTensor[]} */
    const rows = [];
    for (const job of jobs) {
      const row = await rowOf(work, job);
      rows.push(/** @type {never} */ (row));
      yield { type: job.kind, ...row };
      // Measuring waits for nothing if the file is in memory: whoever else is there must have a turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const { tensors, adapters, skipped } = await opened.finish(rows);
    for (const tensor of skipped) yield { type: "skipped", ...tensor };
    const failed = rows.filter((row) => row.error !== null || row.converged !== true).length;
    yield { type: "summary", weights: tensors.length, adapters: adapters.length, skipped: skipped.length, failed };
  } catch (thrown) {
    if (signal.aborted) return;
    const { code, message, status } = problemOf(thrown);
    if (status === 500) work.log(thrown);
    yield { type: "error", code, message };
  }
}

/**
 * A row, when it is its turn; or why there is none.
 *
 * @param {Work} work
 * @param {import("spectral-norm/audit").AuditJob} job
 */
async function rowOf({ opened, turns, settings, options, signal }, job) {
  const { weightBytes, sliceBytes, timeout } = settings;
  const bytes = memoryFor(job, options);
  if (bytes > weightBytes) {
    const { name, shape } = job;
    const message = `expected a weight that takes at most ${weightBytes} bytes of memory, got one of about ${bytes}`;
    return { name, shape, spectralNorm: null, converged: null, error: { code: "OUT_OF_MEMORY", message } };
  }
  // Each slice has its time; what is computed in between keeps everybody waiting anyway.
  const lease = timeout * (2 + Math.ceil(job.bytes / sliceBytes));
  const release = await turns.take({ bytes, limit: weightBytes, lease, signal });
  try {
    return await opened.measure(job);
  } finally {
    release();
  }
}

/**
 * Lines as a stream that makes the next one when it is asked for, so that a slow reader holds the work up and one who has gone
 * ends it.
 *
 * @param {AsyncGenerator<object, void, undefined>} lines
 * @param {object} hooks
 * @param {() => void} hooks.touch Is called for each line.
 * @param {() => void} hooks.stop Ends what is under way.
 * @param {() => Promise<void>} hooks.close Is called at the end, however it comes.
 * @returns {ReadableStream<Uint8Array>}
 */
export function streamOf(lines, { touch, stop, close }) {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        touch();
        const { done, value } = await lines.next();
        if (!done) return controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
        await close();
        controller.close();
      },
      async cancel() {
        stop();
        await lines.return();
        await close();
      },
    },
    { highWaterMark: 0 },
  );
}
