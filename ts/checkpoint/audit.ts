/**
 * The audit of a checkpoint: the norms of every weight in it, one after the other, so that memory holds one at a time.
 *
 * @module
 */
import { type CheckpointSource, openCheckpoint } from "../checkpoint.js";
import { describe } from "../engine/describe.js";
import { OptionError } from "../engine/errors.js";
import type { Engine, SpectralNormOptions } from "../types.js";
import type {
  Audit,
  AuditJob,
  AuditOptions,
  OpenAudit,
  OpenAuditOptions,
  SkippedTensor,
  SkipReason,
} from "./audit-types.js";
import { MEMORY_BYTES } from "./budget.js";
import { checkDetail } from "./detail.js";
import { type Architecture, checkLayers } from "./layers.js";
import { isRead, type ListedTensor, listTensors } from "./listed.js";
import { boundNetwork, checkNetwork } from "./network.js";
import { type PlannedRow, planRows } from "./plan.js";
import type { Part } from "./streamed/question.js";
import { SLICE_BYTES } from "./tensor.js";
import type { Checkpoint, CheckpointTensor } from "./types.js";
import type { AuditedTensor, WeightContext } from "./weight.js";

export type * from "./audit-types.js";

/** Numbers of a file are at most so many times as wide in memory. */
const WIDENING = 4;

/**
 * The norms of every weight of a checkpoint. A weight that is not finite, or does not fit in memory, does not stop the
 * audit: its row says so.
 *
 * @param source A checkpoint of any format that {@link openCheckpoint} reads.
 * @throws {FormatError} When it is none.
 * @throws {SpectralNormError} `OPTION`, before anything is read.
 */
export async function audit(engine: Engine, source: CheckpointSource, options: AuditOptions = {}): Promise<Audit> {
  const { onWeight, onRow, signal, ...rest } = options;
  const opened = await openAudit(engine, source, rest);
  try {
    const { jobs } = opened;
    const allBytes = jobs.reduce((sum, job) => sum + job.bytes, 0);
    const rows: AuditedTensor[] = [];
    let bytes = 0;
    for (const [index, job] of jobs.entries()) {
      signal?.throwIfAborted();
      onWeight?.(job, index, jobs.length, { bytes, allBytes });
      const row = await opened.measure(job);
      rows.push(row);
      bytes += job.bytes;
      await onRow?.(row, index, jobs.length);
    }
    signal?.throwIfAborted();
    return await opened.finish(rows);
  } finally {
    await opened.close();
  }
}

/**
 * Opens a checkpoint and tells what there is to measure, as {@link audit} does by itself.
 *
 * @throws {FormatError} When it is none.
 * @throws {SpectralNormError} `OPTION`, before anything is read.
 */
export async function openAudit(
  engine: Engine,
  source: CheckpointSource,
  options: OpenAuditOptions = {},
): Promise<OpenAudit> {
  const { axis = 0, sliceBytes = SLICE_BYTES, detail, architecture, ...rest } = options;
  const { memory = MEMORY_BYTES, operators, loraAlpha, base, heads, checkpoint: access, ...search } = rest;
  checkOptions(engine, axis, { sliceBytes, memory, heads }, search, loraAlpha);
  checkDetail(engine, detail ?? {});
  const checkpoint = await openCheckpoint(source, access);
  let model: Checkpoint | undefined;
  const close = async () => {
    await checkpoint.close();
    await model?.close();
  };
  try {
    model = base === undefined ? undefined : await openCheckpoint(base, access);
    const named = listTensors(checkpoint);
    const layers: WeightContext["layers"] = architecture?.layers ?? new Map();
    const own = { engine, checkpoint, axis, sliceBytes, search, named, detail, layers };
    const work: WeightContext = { ...own, operators, memory };
    if (architecture !== undefined) checkLayers(engine, architecture, named, axis);
    if (architecture?.network) checkNetwork(engine, architecture, named);
    const adapting = operators && { operators, alpha: loraAlpha, detail: detail ?? { values: 0 } };
    return opened(
      work,
      architecture,
      planRows(work, { weights: weightsOf(named), adapting, base: model, heads }),
      close,
    );
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function opened(
  work: WeightContext,
  architecture: Architecture | undefined,
  plan: readonly PlannedRow[],
  close: () => Promise<void>,
): OpenAudit {
  const { checkpoint, axis, named } = work;
  const keyOf = ({ kind, name }: AuditJob) => JSON.stringify([kind, name]);
  const known = new Map(plan.map((row) => [keyOf(row.job), row]));
  const rowOf = (job: AuditJob) => {
    const row = known.get(keyOf(job));
    if (row !== undefined) return row;
    const got = `${job.kind} ${describe(job.name)}`;
    throw new OptionError(`"job" expected one of the jobs of ${checkpoint.name}, got ${got}`);
  };
  const hold: OpenAudit["hold"] = async (job, shares, portion = 0) => {
    const { shared } = rowOf(job);
    const all = (await shared?.count()) ?? 0;
    const { first, count } = shares;
    const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
    if (shared && [first, count - 1, all - first - count].every(isCount)) return shared.hold(shares, portion);
    throw new OptionError(`"share" expected an integer below ${all}, got ${describe(first)}`);
  };
  return {
    file: checkpoint.name,
    format: checkpoint.format,
    jobs: plan.map(({ job }) => job),
    measure: async (job, ask) => await rowOf(job).measure(ask),
    room: (job) => rowOf(job).room ?? WIDENING * job.bytes,
    shares: async (job) => (await rowOf(job).shared?.count()) ?? 0,
    hold,
    async part(job, share, question) {
      const held = await hold(job, { first: share, count: 1 });
      try {
        return (await held.ask(question))[0] as Part;
      } finally {
        held.free();
      }
    },
    failed: async (job, error) => await rowOf(job).failed(error),
    async finish(rows) {
      const of = (...kinds: readonly AuditJob["kind"][]) =>
        rows.filter((_, index) => kinds.some((kind) => kind === plan[index]?.job.kind));
      const tensors = of("weight");
      const network = architecture === undefined ? null : await boundNetwork(work, architecture, tensors);
      const skipped = [...named.values()].filter((tensor) => !isWeight(tensor)).map(skip);
      const products = { adapters: of("adapter", "adapted"), heads: of("head") };
      return { file: checkpoint.name, axis, tensors, skipped, ...products, network };
    },
    close,
  };
}

function weightsOf(named: ReadonlyMap<string, ListedTensor>): readonly CheckpointTensor[] {
  return [...named.values()].filter(isWeight);
}

function skip(tensor: ListedTensor): SkippedTensor {
  const { name, shape, dtype } = tensor;
  return { name, shape, dtype, reason: skipReason(tensor) as SkipReason };
}

/** Whether every weight could be measured to the accuracy asked for. */
export function isComplete(audit: Audit): boolean {
  return [...audit.tensors, ...audit.adapters, ...audit.heads].every(
    (row) => row.error === null && row.converged === true,
  );
}

function checkOptions(
  engine: Engine,
  axis: unknown,
  { sliceBytes, memory, heads }: { readonly sliceBytes: unknown; readonly memory: unknown; readonly heads: unknown },
  search: SpectralNormOptions,
  loraAlpha: unknown,
): void {
  if (!(loraAlpha === undefined || (typeof loraAlpha === "number" && Number.isFinite(loraAlpha)))) {
    throw new OptionError(`"loraAlpha" expected a finite number, got ${describe(loraAlpha)}`);
  }
  if (axis !== 0 && axis !== 1 && axis !== "last") {
    throw new OptionError(`"axis" expected 0 (PyTorch), 1 or "last" (Keras, TensorFlow), got ${describe(axis)}`);
  }
  if (!(Number.isSafeInteger(sliceBytes) && (sliceBytes as number) >= 8)) {
    throw new OptionError(`"sliceBytes" expected an integer of at least 8, got ${describe(sliceBytes)}`);
  }
  if (!(Number.isSafeInteger(memory) && (memory as number) >= 0)) {
    throw new OptionError(`"memory" expected a non-negative integer of bytes, got ${describe(memory)}`);
  }
  if (!(heads === undefined || (Number.isSafeInteger(heads) && (heads as number) >= 1))) {
    throw new OptionError(`"heads" expected a positive integer, got ${describe(heads)}`);
  }
  // The engine judges its own options; a matrix of one entry makes it do so before a file of gigabytes is read.
  engine.dominantTriplet([[1]], search);
}

function skipReason(tensor: ListedTensor): SkipReason | undefined {
  const { shape } = tensor;
  if (!isRead(tensor)) return tensor.reason;
  if (shape.includes(0)) return "empty";
  if (shape.length === 0) return "scalar";
  return shape.length === 1 ? "vector" : undefined;
}

function isWeight(tensor: ListedTensor): tensor is CheckpointTensor {
  return skipReason(tensor) === undefined;
}
