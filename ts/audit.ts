/**
 * The norms of every weight of a checkpoint, and reports on them: what the command `audit` does, for programs and pages.
 *
 * @module
 */

import * as rows from "./checkpoint/audit.js";
import type { OpenAudit } from "./checkpoint/audit-types.js";
import type { Operators } from "./checkpoint/products.js";
import type { CheckpointSource } from "./checkpoint/sources/source.js";
import { dominantTriplet, load, operatorProduct, operatorScale, operatorSum } from "./index.js";
import type { Engine } from "./types.js";

export { isComplete } from "./checkpoint/audit.js";
export type {
  AbortLike,
  Audit,
  AuditJob,
  Done,
  OpenAudit,
  SkippedTensor,
  SkipReason,
} from "./checkpoint/audit-types.js";
export { checkGates, type Gate, type GateOptions, gatesOf } from "./checkpoint/gates.js";
export { parseHeads } from "./checkpoint/heads.js";
export { type Architecture, parseArchitecture } from "./checkpoint/layers.js";
export { renderCsv } from "./checkpoint/report/csv.js";
export { type Field, fields, rowsOf } from "./checkpoint/report/fields.js";
export { renderHtml } from "./checkpoint/report/html/page.js";
export { type FailedAudit, renderJson } from "./checkpoint/report/json.js";
export { renderMarkdown } from "./checkpoint/report/markdown.js";
export { notes } from "./checkpoint/report/notes.js";
export {
  type Ask,
  type Held,
  type Part,
  type PartSum,
  partSum,
  type Question,
  type Shares,
  type Stretch,
} from "./checkpoint/streamed/question.js";
export type { AuditedTensor, Axis } from "./checkpoint/weight.js";

/** Options of {@link openAudit}. */
export interface OpenAuditOptions extends Omit<rows.OpenAuditOptions, "operators"> {
  /** The engine to use. Default the one that the package loads. */
  readonly engine?: Engine | undefined;
}

/** Options of {@link audit}. */
export interface AuditOptions extends Omit<rows.AuditOptions, "operators"> {
  /** The engine to use. Default the one that the package loads. */
  readonly engine?: Engine | undefined;
}

const operators = { operatorProduct, operatorScale, operatorSum, dominantTriplet } as Operators;

/**
 * The norms of every weight of a checkpoint, one after the other, so that memory holds one at a time. A weight that is not
 * finite, or does not fit in memory, does not stop the audit: its row says so in `error`.
 *
 * @param source A path, an address that is read by ranges, a Blob, or bytes, of any format that `openCheckpoint` reads.
 * @throws {SpectralNormError} `FORMAT`: the source is no checkpoint, or another than it claims; `OPTION`: an option is
 *   wrong, before anything is read; `LOAD`. The reason of `signal`, once that is aborted.
 * @example (await audit(bytes)).tensors[0].spectralNorm // 4
 */
export async function audit(source: CheckpointSource, options: AuditOptions = {}): Promise<rows.Audit> {
  const { engine = await load(), ...rest } = options;
  return await rows.audit(engine, source, { ...rest, operators });
}

/**
 * The same in the hands of the caller: tells what rows there will be, and measures them one by one, in any order, in
 * several workers or machines that have opened the same checkpoint. It has to be closed.
 *
 * @throws {SpectralNormError} As {@link audit}.
 * @example const opened = await openAudit(bytes); (await opened.measure(opened.jobs[0])).spectralNorm // 4
 */
export async function openAudit(source: CheckpointSource, options: OpenAuditOptions = {}): Promise<OpenAudit> {
  const { engine = await load(), ...rest } = options;
  return await rows.openAudit(engine, source, { ...rest, operators });
}
