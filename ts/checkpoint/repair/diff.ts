/**
 * Two checkpoints compared: how large the difference of every tensor is, as a matrix.
 *
 * @module
 */
import type { Engine } from "../../types.js";
import { isRead, type ListedTensor, listTensors } from "../listed.js";
import { checkpointOf, type Opened, openContents } from "../opened.js";
import { rowError } from "../row.js";
import type { CheckpointSource } from "../sources/source.js";
import { type Elements, elements } from "../tensor.js";
import type { CheckpointTensor } from "../types.js";
import { differenceOf, type Side } from "./difference.js";
import { diffKeys, type Norms, normOptions, openOptions, readKeys } from "./options.js";
import type { ComparedTensor, Diff, DiffOptions } from "./types.js";

/**
 * Compares two checkpoints, of any formats and types: quantized and not, pruned and not, before and after fine-tuning.
 *
 * @param engine Computes, as `load` of `spectral-norm` gives it.
 * @param first The one that differences are relative to.
 * @param second The other one.
 * @throws {SpectralNormError} `FORMAT`: one of them is no checkpoint. `OPTION`, `TYPE`: an argument is wrong. What is wrong
 *   with the numbers of a tensor is told in its row.
 * @example (await diffCheckpoints(engine, file, file)).tensors[0].spectralNorm // 0
 */
export async function diffCheckpoints(
  engine: Engine,
  first: CheckpointSource,
  second: CheckpointSource,
  options: DiffOptions = {},
): Promise<Diff> {
  const given = readKeys<DiffOptions>(options, diffKeys);
  const norms = normOptions(engine, given);
  const a = await openContents(first, openOptions(given));
  try {
    const b = await openContents(second, openOptions(given));
    try {
      return await compare(norms, a, b, given);
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

type Pair = readonly [CheckpointTensor, CheckpointTensor];

async function compare(norms: Norms, a: Opened, b: Opened, options: Partial<DiffOptions>): Promise<Diff> {
  const { only = () => true, onTensor, signal } = options;
  const [ours, theirs] = [listTensors(checkpointOf(a)), listTensors(checkpointOf(b))];
  const pairs: Pair[] = [];
  const mismatched: Diff["mismatched"][number][] = [];
  const skipped: string[] = [];
  for (const [name, one] of ours) {
    const other = theirs.get(name);
    if (other === undefined) continue;
    const reason = mismatch(one, other);
    if (reason !== undefined) mismatched.push({ name, reason });
    else if (!(isRead(one) && isRead(other))) skipped.push(name);
    else if (only(one)) pairs.push([one, other]);
  }
  const rows: Row[] = [];
  const allBytes = pairs.reduce((sum, [{ shape }]) => sum + 4 * elements(shape), 0);
  let bytes = 0;
  for (const [index, pair] of pairs.entries()) {
    (signal as AbortSignal | undefined)?.throwIfAborted();
    onTensor?.(pair[0], { index, count: pairs.length, bytes, allBytes });
    rows.push(await rowOf(norms, a, b, pair));
    bytes += 4 * elements(pair[0].shape);
  }
  return {
    files: [a.name, b.name],
    ...shared(rows),
    onlyInFirst: [...ours.keys()].filter((name) => !theirs.has(name)),
    onlyInSecond: [...theirs.keys()].filter((name) => !ours.has(name)),
    mismatched,
    skipped,
  };
}

function mismatch(one: ListedTensor, other: ListedTensor): string | undefined {
  if (one.shape.join() !== other.shape.join()) return `shape ${one.shape.join("×")} and ${other.shape.join("×")}`;
  return isRead(one) === isRead(other) ? undefined : `type ${one.dtype} and ${other.dtype}`;
}

type Row = Omit<ComparedTensor, "spectralShare" | "energyShare">;

async function rowOf(norms: Norms, a: Opened, b: Opened, [one, other]: Pair): Promise<Row> {
  const { name, shape } = one;
  const about = { name, shape, dtypes: [one.dtype, other.dtype] as const };
  try {
    return { ...about, ...(await differenceOf(norms, sideOf(a, one), sideOf(b, other))), error: null };
  } catch (thrown) {
    const nothing = { spectralNorm: null, frobeniusNorm: null, relative: null, reference: null };
    return { ...about, ...nothing, error: differenceError(thrown) };
  }
}

function sideOf({ contents }: Opened, tensor: CheckpointTensor): Side {
  return { tensor, from: contents.tensors.find(({ name }) => name === tensor.name)?.elements as Elements };
}

/** Without convergence there is no norm to tell, either. */
function differenceError(thrown: unknown): { code: string; message: string } {
  const { code, message } = thrown as { code?: unknown; message: string };
  return code === "CONVERGENCE" ? { code, message } : rowError(thrown);
}

function shared(rows: readonly Row[]): Pick<Diff, "tensors" | "frobeniusNorm"> {
  const total = rows.reduce((sum, { spectralNorm }) => sum + (spectralNorm ?? 0), 0);
  const energy = rows.reduce((sum, { frobeniusNorm }) => sum + (frobeniusNorm ?? 0) ** 2, 0);
  const share = (value: number, all: number) => (all === 0 ? 0 : value / all);
  const tensors = rows.map(({ error, ...row }) => ({
    ...row,
    spectralShare: row.spectralNorm === null ? null : share(row.spectralNorm, total),
    energyShare: row.frobeniusNorm === null ? null : share(row.frobeniusNorm ** 2, energy),
    error,
  }));
  return { tensors, frobeniusNorm: Math.sqrt(energy) };
}
