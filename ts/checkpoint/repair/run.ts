/**
 * What every repair does: open, decide what becomes of which tensor, write, and tell.
 *
 * @module
 */
import { SpectralNormError } from "../../engine/errors.js";
import type { WasmMatrix } from "../../types.js";
import { engineDtypes } from "../decode.js";
import { at } from "../formats/format.js";
import { type ListedTensor, listTensors } from "../listed.js";
import { checkpointOf, type Opened, openContents } from "../opened.js";
import type { CheckpointSource } from "../sources/source.js";
import { type Elements, elements, SLICE_BYTES } from "../tensor.js";
import type { Checkpoint, CheckpointTensor, UnreadTensor } from "../types.js";
import { abortable } from "../write/abort.js";
import { convertible } from "../write/convert.js";
import { type Change, type Edit, keptOf } from "../write/edit.js";
import { matrixNumbers, type Numbers } from "../write/numbers.js";
import { writeCheckpoint } from "../write/write.js";
import { type Asked, destinationOf } from "./destination.js";
import { type Norms, openOptions, writeOptions } from "./options.js";
import type { Repair, RepairedTensor, RepairOptions } from "./types.js";

/** An open checkpoint, and what is told of it at the end. */
export interface Work {
  readonly checkpoint: Checkpoint;
  readonly named: ReadonlyMap<string, ListedTensor>;
  /** Whether a tensor is to be changed, if there is reason to. */
  readonly isWanted: (tensor: CheckpointTensor) => boolean;
  readonly rows: RepairedTensor[];
  readonly changes: Planned[];
  readonly removed: string[];
  /** Where the numbers of tensors are. */
  readonly places: ReadonlyMap<string, Elements | undefined>;
  /** New numbers that hold memory until they are written. */
  readonly held: Set<Numbers>;
}

/** A tensor whose numbers will be others, or which will be called otherwise. */
export interface Planned {
  readonly tensor: CheckpointTensor;
  readonly name: string;
  /** Makes its numbers, and says what there is to say; undefined where they stay. */
  readonly compute?: (() => Promise<Computed>) | undefined;
}

/** New numbers, rounded to the type that they will be stored in. */
export interface Computed extends Pick<RepairedTensor, "before" | "after" | "note"> {
  readonly numbers: Numbers;
}

/** Runs a repair from beginning to end. */
export async function repair(
  source: CheckpointSource,
  options: Partial<RepairOptions>,
  plan: (work: Work) => void,
): Promise<Repair> {
  const asked = writeOptions(options);
  const opened = await openContents(source, openOptions(options));
  try {
    return await repairOpened(opened, options, asked, plan);
  } finally {
    await opened.close();
  }
}

async function repairOpened(
  opened: Opened,
  options: Partial<RepairOptions>,
  asked: Asked,
  plan: (work: Work) => void,
): Promise<Repair> {
  const checkpoint = checkpointOf(opened);
  const named = listTensors(checkpoint);
  const isWanted = options.only ?? (() => true);
  const places = new Map(opened.contents.tensors.map((tensor) => [tensor.name, tensor.elements]));
  const work: Work = { checkpoint, named, isWanted, rows: [], changes: [], removed: [], places, held: new Set() };
  plan(work);
  try {
    return await written(opened, work, options, asked);
  } finally {
    // Those that were not written, for something went wrong.
    for (const numbers of work.held) numbers.free();
  }
}

async function written(opened: Opened, work: Work, options: Partial<RepairOptions>, asked: Asked): Promise<Repair> {
  const { checkpoint } = work;
  const edit = editOf(work, options);
  const { target, format } = await destinationOf(opened, asked);
  const kept = keptOf(opened, edit);
  const lost = format === undefined ? [] : kept.filter((one) => !convertible(one, format));
  const unread = new Map(checkpoint.skipped.map((tensor) => [tensor.name, tensor]));
  const files = await writeCheckpoint(
    opened,
    edit,
    format,
    abortable(target, options.signal as AbortSignal | undefined),
  );
  const places = new Map(checkpoint.names.map((name, index) => [name, index]));
  const rows = [...work.rows].sort((a, b) => (places.get(a.from) as number) - (places.get(b.from) as number));
  return {
    file: checkpoint.name,
    format: format ?? checkpoint.format,
    tensors: rows,
    removed: work.removed,
    omitted: lost.map(({ tensor }) => unread.get(tensor.name) as UnreadTensor),
    files: asked.dryRun ? [] : files,
  };
}

/** The plan as an edit whose numbers are computed, and told of, as they are written. */
function editOf(work: Work, { onTensor, signal }: Partial<RepairOptions>): Edit {
  const edit = new Map<string, Change | null>(work.removed.map((name) => [name, null]));
  const computed = work.changes.filter(({ compute }) => compute !== undefined);
  const allBytes = computed.reduce((sum, { tensor }) => sum + bytesOf(tensor), 0);
  let [index, bytes] = [0, 0];
  for (const { tensor, name, compute } of work.changes) {
    const values = async () => {
      (signal as AbortSignal | undefined)?.throwIfAborted();
      onTensor?.(tensor, { index: index++, count: computed.length, bytes, allBytes });
      const { numbers, ...told } = await named(
        at(work.checkpoint.name, tensor.name),
        compute as () => Promise<Computed>,
      );
      bytes += bytesOf(tensor);
      work.rows.push({ name, from: tensor.name, shape: tensor.shape, dtype: tensor.dtype, ...told });
      work.held.add(numbers);
      return numbers;
    };
    edit.set(tensor.name, compute === undefined ? { name } : { name, values });
  }
  return edit;
}

const aboutOneWeight: ReadonlySet<unknown> = new Set(["NON_FINITE", "CONVERGENCE", "OUT_OF_MEMORY", "SHAPE"]);

/** The engine does not know which weight it is given. */
async function named<T>(where: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { code, message } = cause as { readonly code: string; readonly message: string };
    if (!aboutOneWeight.has(code) || message.startsWith(where)) throw cause;
    throw new SpectralNormError(code, `${where}: ${message}`, { cause });
  }
}

function bytesOf({ shape, dtype }: CheckpointTensor): number {
  return elements(shape) * (engineDtypes[dtype] === "float64" ? 8 : 4);
}

/** Reads a weight into the engine, where its new numbers are made of it, and stay until they are written. */
export async function inMatrix<T>(
  { engine }: Norms,
  checkpoint: Checkpoint,
  { name, shape, dtype }: CheckpointTensor,
  axis: number,
  make: (matrix: WasmMatrix) => T | Promise<T>,
): Promise<T & { readonly numbers: Numbers }> {
  const matrix = engine.matrix(shape, { dtype: engineDtypes[dtype], axis });
  try {
    await checkpoint.read(name, { into: () => matrix.view, bytes: SLICE_BYTES });
    return { ...(await make(matrix)), numbers: matrixNumbers(matrix) };
  } catch (thrown) {
    matrix.free();
    throw thrown;
  }
}
