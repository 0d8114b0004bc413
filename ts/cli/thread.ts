/**
 * A thread that measures rows, one after the other, as they are ordered.
 *
 * @module
 */
import { isMainThread, type MessagePort, parentPort, Worker, workerData } from "node:worker_threads";
import { type AuditedTensor, type Held, type OpenAudit, openAudit, type Part } from "../audit.js";
import { FormatError } from "../engine/errors.js";
import { type ToldError, tell } from "../pool/told.js";
import { contentsOf } from "./queue/fingerprint.js";
import { type HeldOrder, type Order, optionsOf, type ShareOrder, type Task } from "./task.js";

/** What a thread answers to an order. */
export type Answer =
  | { readonly row: AuditedTensor }
  | { readonly part: Part }
  | { readonly parts: readonly Part[] }
  | { readonly error: ToldError };

/** Tells our threads from those of whoever runs the command line in one of theirs. */
const MARK = "spectral-norm measures";

/** Files that are kept open: through a queue the rows of several may come by turns. */
const OPEN_FILES = 4;

/** What a thread leaves behind is small, and memory is for weights. */
const YOUNG_MB = 4;

/** A new thread. It runs this same file: dist/cli.js, which this is bundled into. */
export function startThread(): Worker {
  return new Worker(new URL(import.meta.url), {
    workerData: MARK,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
}

/** In one of our threads the line to whoever started it; elsewhere null. */
export function lineOfThread(): MessagePort | null {
  return !isMainThread && workerData === MARK ? parentPort : null;
}

/** Answers orders until the thread is ended. */
export function serve(line: MessagePort): void {
  const answer = answerer();
  line.on("message", async (order: Order | ShareOrder | HeldOrder) => {
    const told = await answer(order).catch((thrown): Answer => ({ error: tell(thrown) }));
    line.postMessage(told, "parts" in told ? buffersOf(told.parts) : []);
  });
}

/** What need not be copied, nor collected here. */
function buffersOf(parts: readonly Part[]): ArrayBuffer[] {
  const stretches = parts.flatMap(({ image, back }) => [image, back]);
  return stretches.filter((stretch) => stretch !== undefined).map(({ values }) => values.buffer as ArrayBuffer);
}

function answerer(): (order: Order | ShareOrder | HeldOrder) => Promise<Answer> {
  const find = openAudits();
  let held: { readonly key: string; readonly shares: Held } | undefined;
  return async (order) => {
    const { task, job } = order;
    const key = "shares" in order ? JSON.stringify([task, job, order.shares, order.portion]) : undefined;
    if (held !== undefined && held.key !== key) {
      held.shares.free();
      held = undefined;
    }
    const opened = await find(task);
    if ("share" in order) return { part: await opened.part(job, order.share, order.question) };
    if (!("shares" in order)) return { row: await opened.measure(job) };
    held ??= { key: key as string, shares: await opened.hold(job, order.shares, order.portion) };
    return { parts: await held.shares.ask(order.question) };
  };
}

/** Opens checkpoints, and keeps the last ones open. */
function openAudits(): (task: Task) => Promise<OpenAudit> {
  const audits = new Map<string, OpenAudit>();
  return async (task) => {
    const key = JSON.stringify(task);
    const found = audits.get(key) ?? (await openTask(task));
    // The order of a Map is that of insertion: the first is the one that was not asked for the longest.
    audits.delete(key);
    audits.set(key, found);
    const [[oldest, audit]] = audits as unknown as [[string, OpenAudit]];
    if (audits.size > OPEN_FILES) {
      audits.delete(oldest);
      await audit.close();
    }
    return found;
  };
}

async function openTask({ source, settings, contents }: Task): Promise<OpenAudit> {
  if (contents !== undefined && (await contentsOf(source, settings.base)) !== contents) {
    throw new FormatError(`${source}: expected the checkpoint that is audited, got another one of this name`);
  }
  // A thread has nothing to do while a file is read.
  return await openAudit(source, { ...optionsOf(settings), checkpoint: { blocking: true } });
}
