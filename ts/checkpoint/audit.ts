/**
 * The audit of a checkpoint: the norms of every weight in it, one after the other, so that memory holds one at a time.
 *
 * @module
 */
import { type CheckpointSource, openCheckpoint } from "../checkpoint.js";
import { describe } from "../engine/describe.js";
import { OptionError } from "../engine/errors.js";
import type { Engine, SpectralNormOptions } from "../types.js";
import { type AdapterOptions, adapterPairs, auditAdapter, failedAdapter, pairShape } from "./adapters.js";
import type {
  Audit,
  AuditJob,
  AuditOptions,
  OpenAudit,
  OpenAuditOptions,
  SkippedTensor,
  SkipReason,
} from "./audit-types.js";
import { widthOf } from "./decode.js";
import { checkDetail } from "./detail.js";
import { type Architecture, checkLayers } from "./layers.js";
import { isRead, type ListedTensor, listTensors } from "./listed.js";
import { boundNetwork, checkNetwork } from "./network.js";
import { elements, SLICE_BYTES } from "./tensor.js";
import type { CheckpointTensor } from "./types.js";
import { type AuditedTensor, auditWeight, failedWeight, type WeightContext } from "./weight.js";

export type * from "./audit-types.js";

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
  const { operators, loraAlpha, checkpoint: access, ...search } = rest;
  checkOptions(engine, axis, sliceBytes, search, loraAlpha);
  checkDetail(engine, detail ?? {});
  const checkpoint = await openCheckpoint(source, access);
  try {
    const named = listTensors(checkpoint);
    const layers: WeightContext["layers"] = architecture?.layers ?? new Map();
    const work: WeightContext = { engine, checkpoint, axis, sliceBytes, search, named, detail, layers };
    if (architecture !== undefined) checkLayers(engine, architecture, named, axis);
    if (architecture?.network) checkNetwork(engine, architecture, named);
    const adapting = operators && { operators, alpha: loraAlpha, detail: detail ?? { values: 0 } };
    return opened(work, architecture, adapting);
  } catch (thrown) {
    await checkpoint.close();
    throw thrown;
  }
}

function opened(work: WeightContext, architecture: Architecture | undefined, adapting?: AdapterOptions): OpenAudit {
  const { checkpoint, axis, named } = work;
  const weights = new Map([...named].filter((entry): entry is [string, CheckpointTensor] => isWeight(entry[1])));
  const pairs = new Map(adapting === undefined ? [] : adapterPairs(named).map((pair) => [pair.down.name, pair]));
  const jobs: readonly AuditJob[] = [
    ...Array.from(weights.values(), (tensor) => jobOf("weight", tensor.name, tensor.shape, [tensor])),
    ...Array.from(pairs.values(), (pair) => jobOf("adapter", pair.down.name, pairShape(pair), [pair.down, pair.up])),
  ];
  const rowOf = async ({ kind, name }: AuditJob, error?: NonNullable<AuditedTensor["error"]>) => {
    const tensor = kind === "weight" ? weights.get(name) : undefined;
    if (tensor !== undefined) return error ? failedWeight(work, tensor, error) : await auditWeight(work, tensor);
    const pair = kind === "adapter" ? pairs.get(name) : undefined;
    const options = adapting as AdapterOptions;
    if (pair !== undefined)
      return await (error ? failedAdapter(work, pair, options, error) : auditAdapter(work, pair, options));
    throw new OptionError(`"job" expected one of the jobs of ${checkpoint.name}, got ${kind} ${describe(name)}`);
  };
  return {
    jobs,
    measure: (job) => rowOf(job),
    failed: (job, error) => rowOf(job, error),
    async finish(rows) {
      const tensors = rows.slice(0, weights.size);
      const network = architecture === undefined ? null : await boundNetwork(work, architecture, tensors);
      const skipped = [...named.values()].filter((tensor) => !isWeight(tensor)).map(skip);
      return { file: checkpoint.name, axis, tensors, skipped, adapters: rows.slice(weights.size), network };
    },
    close: () => checkpoint.close(),
  };
}

function jobOf(
  kind: AuditJob["kind"],
  name: string,
  shape: readonly number[],
  parts: readonly ListedTensor[],
): AuditJob {
  const bytes = parts.filter(isRead).reduce((sum, part) => sum + elements(part.shape) * widthOf[part.dtype], 0);
  return { kind, name, shape, bytes };
}

function skip(tensor: ListedTensor): SkippedTensor {
  const { name, shape, dtype } = tensor;
  return { name, shape, dtype, reason: skipReason(tensor) as SkipReason };
}

/** Whether every weight could be measured to the accuracy asked for. */
export function isComplete(audit: Audit): boolean {
  return [...audit.tensors, ...audit.adapters].every((row) => row.error === null && row.converged === true);
}

function checkOptions(
  engine: Engine,
  axis: unknown,
  sliceBytes: unknown,
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
