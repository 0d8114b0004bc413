/**
 * The difference of two tensors as a matrix: in memory, or block by block where it is larger.
 *
 * @module
 */
import type { FloatArray } from "../../types.js";
import { bytesInMemory } from "../budget.js";
import { engineDtypes, widthOf } from "../decode.js";
import type { StreamedMatrix } from "../streamed/matrix.js";
import { piecesOf } from "../streamed/pieces.js";
import { allocate, type Block, blocksOf, codecOf, type Elements, elements, SLICE_BYTES } from "../tensor.js";
import type { BlockOptions, CheckpointTensor } from "../types.js";
import { axisOf } from "../weight.js";
import { readBox } from "../write/boxes.js";
import { fileNumbers, type Numbers, roomFor } from "../write/numbers.js";
import type { Norms } from "./options.js";
import { inFile, isTooLarge, search } from "./streamed.js";
import type { ComparedTensor } from "./types.js";

/** One of the tensors, and where its numbers are. */
export interface Side {
  readonly tensor: CheckpointTensor;
  readonly from: Elements;
}

/** What is found out. */
export type Difference = Pick<ComparedTensor, "spectralNorm" | "frobeniusNorm" | "relative" | "reference">;

/** Compares two tensors of one shape. */
export async function differenceOf(norms: Norms, a: Side, b: Side): Promise<Difference> {
  const { name, shape } = a.tensor;
  if (shape.includes(0)) return { spectralNorm: 0, frobeniusNorm: 0, relative: 0, reference: 0 };
  const isWide = [a, b].some(({ tensor: { dtype } }) => engineDtypes[dtype] === "float64");
  // A vector is a matrix of one row, whose spectral norm is its length.
  const [sides, axis] = shape.length < 2 ? [[1, elements(shape)], 0] : [shape, axisOf(shape, norms.axis, undefined)];
  const matrix: Whole = { tensor: { name, shape: sides, dtype: isWide ? "F64" : "F32" }, axis };
  const compare = isTooLarge(norms, bytesInMemory(matrix.tensor, axis)) ? inFiles : inMemory;
  const found = await compare(norms, matrix, a.from, b.from);
  return { ...found, relative: relativeTo(found.reference, found.spectralNorm) };
}

/** The difference, as a tensor of its own. */
interface Whole {
  readonly tensor: CheckpointTensor;
  readonly axis: number;
}

type Found = Record<"spectralNorm" | "frobeniusNorm" | "reference", number>;

function relativeTo(reference: number, spectralNorm: number): number | null {
  if (spectralNorm === 0) return 0;
  return reference === 0 ? null : spectralNorm / reference;
}

async function inMemory(
  { engine, search: options }: Norms,
  { tensor, axis }: Whole,
  a: Elements,
  b: Elements,
): Promise<Found> {
  const { shape, dtype } = tensor;
  const matrix = engine.matrix(shape, { dtype: engineDtypes[dtype], axis });
  try {
    for await (const block of allBlocks(a, shape)) put(matrix.view, shape, block, (_, entry) => entry);
    const reference = engine.spectralNorm(matrix, options);
    for await (const block of allBlocks(b, shape)) put(matrix.view, shape, block, (before, entry) => before - entry);
    const spectralNorm = engine.spectralNorm(matrix, options);
    return { reference, spectralNorm, frobeniusNorm: engine.frobeniusNorm(matrix) };
  } finally {
    matrix.free();
  }
}

/** Blocks whose numbers are there until the next one. */
function allBlocks(from: Elements, shape: readonly number[]): AsyncGenerator<Block> {
  const room = roomFor(from.codec);
  const into = (size: readonly number[]) => room(elements(size));
  return blocksOf(from, shape, { most: SLICE_BYTES, skip: 0, count: Number.POSITIVE_INFINITY, into });
}

/** Combines what is in an array with the numbers of a block, where they belong. */
function put(
  view: FloatArray,
  shape: readonly number[],
  block: Block,
  combine: (before: number, entry: number) => number,
): void {
  const last = shape.length - 1;
  for (const { row, column, rows, columns, offset } of piecesOf(shape, last, block)) {
    for (let down = 0; down < rows; down++) {
      const [to, from] = [(row + down) * (shape[last] as number) + column, offset + down * columns];
      for (let i = 0; i < columns; i++) view[to + i] = combine(view[to + i] as number, block.data[from + i] as number);
    }
  }
}

async function inFiles(norms: Norms, { tensor, axis }: Whole, a: Elements, b: Elements): Promise<Found> {
  const weight = { norms, tensor, axis };
  const room = roomFor(a.codec);
  const measure = async (other: Other | undefined) => {
    const blocks = (_: string, options: BlockOptions = {}) => differences(tensor, { from: a, room }, other, options);
    return await inFile(weight, { blocks }, (matrix) => normsOf(norms, matrix));
  };
  const numbers = fileNumbers(b, () => undefined);
  try {
    const { spectralNorm: reference } = await measure(undefined);
    return { reference, ...(await measure({ numbers, isColumnMajor: b.isColumnMajor, room: roomFor(b.codec) })) };
  } finally {
    numbers.free();
  }
}

async function normsOf(norms: Norms, matrix: StreamedMatrix): Promise<Omit<Found, "reference">> {
  const { frobeniusNorm } = await matrix.facts();
  const isVector = matrix.rows === 1 || frobeniusNorm === 0;
  return { frobeniusNorm, spectralNorm: isVector ? frobeniusNorm : (await search(norms, matrix)).sigma };
}

/** What is subtracted. */
interface Other {
  readonly numbers: Numbers;
  readonly isColumnMajor: boolean;
  readonly room: (count: number) => FloatArray;
}

/** The blocks of a tensor, in the order of its file, less the same boxes of another one. */
async function* differences(
  { shape, dtype }: CheckpointTensor,
  { from, room }: { readonly from: Elements; readonly room: (count: number) => FloatArray },
  other: Other | undefined,
  { bytes = SLICE_BYTES, skip = 0, count = Number.POSITIVE_INFINITY, into }: BlockOptions,
): AsyncGenerator<Block> {
  // Half as many elements as a block of a file would have, for there are two files.
  const most = Math.floor(bytes / (2 * widthOf[dtype])) * from.codec.width;
  const plan = { most, skip, count, into: (size: readonly number[]) => room(elements(size)) };
  for await (const block of blocksOf(from, shape, plan)) {
    const less = other?.room(block.data.length);
    if (other && less) await readBox(other.numbers, other.isColumnMajor, shape, block, less);
    // Not before, for a view of the engine's memory dies when that grows.
    const target = (into?.(block.shape) as FloatArray | undefined) ?? allocate(codecOf(dtype), block.data.length);
    for (let i = 0; i < target.length; i++) target[i] = (block.data[i] as number) - (less?.[i] ?? 0);
    yield { ...block, data: target };
  }
}
