/**
 * The rows that an audit will have, each with what measures it.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import { auditAdapted, failedAdapted } from "./adapted.js";
import { adapterPairs, auditAdapter, type FoundPair, failedAdapter, pairShape } from "./adapters.js";
import type { AuditJob } from "./audit-types.js";
import { widthOf } from "./decode.js";
import { attentionHeads, auditHead, failedHead, headShape } from "./heads.js";
import { isRead, type ListedTensor } from "./listed.js";
import type { AdapterOptions } from "./products.js";
import type { AuditedTensor } from "./row.js";
import { countShares, holdShares } from "./streamed/here.js";
import type { Ask, Held, Shares } from "./streamed/question.js";
import { elements } from "./tensor.js";
import type { Checkpoint, CheckpointTensor } from "./types.js";
import { auditWeight, bytesInPlay, failedWeight, streamedAxis, type WeightContext } from "./weight.js";

type RowError = NonNullable<AuditedTensor["error"]>;

/** A row to be measured. */
export interface PlannedRow {
  readonly job: AuditJob;
  readonly measure: (ask?: Ask) => Promise<AuditedTensor>;
  /** The row without numbers, if it could not be measured. */
  readonly failed: (error: RowError) => Promise<AuditedTensor>;
  /** Of a weight that is measured block by block. */
  readonly shared?: Shared | undefined;
  /** The bytes that it takes in memory, where they are known to be few. */
  readonly room?: number | undefined;
}

/** A weight whose products several can compute. */
export interface Shared {
  count(): Promise<number>;
  hold(shares: Shares, portion: number): Held;
}

/** What there is to measure. */
export interface Wanted {
  readonly weights: readonly CheckpointTensor[];
  /** Without it there are no products. */
  readonly adapting: AdapterOptions | undefined;
  readonly base: Checkpoint | undefined;
  readonly heads: number | undefined;
}

/**
 * The rows in the order of the report.
 *
 * @throws {OptionError} For a base without anything to add to it, and heads that no layer has.
 */
export function planRows(work: WeightContext, { weights, adapting, base, heads }: Wanted): readonly PlannedRow[] {
  const own = weights.map((tensor) => ({
    job: jobOf("weight", tensor.name, tensor.shape, [tensor]),
    measure: (ask?: Ask) => auditWeight(work, tensor, ask),
    failed: async (error: RowError) => failedWeight(work, tensor, error),
    shared: sharedBy(work, tensor),
    room: bytesInPlay(work, tensor),
  }));
  if (adapting === undefined) return own;
  const pairs = adapterPairs(work.named);
  return [
    ...own,
    ...pairs.map((pair) => ({
      job: jobOf("adapter", pair.down.name, pairShape(pair), [pair.down, pair.up]),
      measure: () => auditAdapter(work, pair, adapting),
      failed: (error: RowError) => failedAdapter(work, pair, adapting, error),
    })),
    ...(base === undefined ? [] : sums(work, pairs, base, adapting)),
    ...(heads === undefined ? [] : scores(work, heads, adapting)),
  ];
}

function sharedBy(work: WeightContext, tensor: CheckpointTensor): Shared | undefined {
  const axis = streamedAxis(work, tensor);
  if (axis === undefined) return undefined;
  let known: number | undefined;
  return {
    async count() {
      known ??= await countShares(work, tensor, axis);
      return known;
    },
    hold: (shares, portion) => holdShares(work, tensor, axis, shares, portion),
  };
}

function sums(
  work: WeightContext,
  pairs: readonly FoundPair[],
  base: Checkpoint,
  adapting: AdapterOptions,
): readonly PlannedRow[] {
  if (pairs.length === 0) {
    throw new OptionError(`"base" expected LoRA pairs to add to it, got none in ${work.checkpoint.name}`);
  }
  return pairs.map((pair) => ({
    job: jobOf("adapted", pair.down.name, pairShape(pair), [pair.down, pair.up]),
    measure: () => auditAdapted(work, pair, base, adapting),
    failed: (error: RowError) => failedAdapted(work, pair, base, adapting, error),
  }));
}

function scores(work: WeightContext, heads: number, adapting: AdapterOptions): readonly PlannedRow[] {
  const found = attentionHeads(work.named, heads);
  if (found.length === 0) {
    const expected = "a number that divides the rows of some weight of queries";
    throw new OptionError(`"heads" expected ${expected}, got ${heads}, which fits none in ${work.checkpoint.name}`);
  }
  return found.map((head) => ({
    job: jobOf("head", `${head.query}[${head.head}]`, headShape(head), head.tensors, heads),
    measure: () => auditHead(work, head, adapting),
    failed: async (error: RowError) => failedHead(head, error),
  }));
}

/** @param share Of how many jobs this one has a share of the bytes. */
function jobOf(
  kind: AuditJob["kind"],
  name: string,
  shape: readonly number[],
  parts: readonly ListedTensor[],
  share = 1,
): AuditJob {
  const bytes = [...new Set(parts)]
    .filter(isRead)
    .reduce((sum, part) => sum + elements(part.shape) * widthOf[part.dtype], 0);
  return { kind, name, shape, bytes: Math.ceil(bytes / share) };
}
