/**
 * The blocks of a weight in its file, one after the other in the engine's memory.
 *
 * @module
 */
import type { Dtype, Engine, FloatArray, StoredDtype, StoredMatrix, WasmMatrix, WeightLike } from "../../types.js";
import { decode, engineDtypes, storedDtypes, widthOf } from "../decode.js";
import type { Checkpoint, CheckpointTensor } from "../types.js";
import { memoryOf } from "./insides.js";
import { type Piece, piecesOf } from "./pieces.js";

/** Where to read, and with what to multiply. */
export interface StreamContext {
  readonly engine: Engine;
  readonly checkpoint: Pick<Checkpoint, "blocks">;
  /** Bytes of the file in a block. */
  readonly sliceBytes: number;
  /** Bytes that the weight may take in memory, with the vectors of the search. */
  readonly memory: number;
}

/** A block as engines take it, those that are kept in 16 bits a number among them. */
export type BlockWeight = WeightLike | StoredMatrix;

/** What is done with a piece of the matrix; its entries are there until memory grows. `index` is that of the block. */
export type Visit = (piece: Piece, block: BlockWeight, entries: () => FloatArray, index: number) => void;

/** Some of the blocks. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

const ALL: Range = { first: 0, count: Number.MAX_SAFE_INTEGER };

/** How a file cuts a matrix: into whole rows, whole columns, or both ways. */
export type Cut = "rows" | "columns" | "both";

/** What the first block tells of all. */
export interface Layout {
  readonly cut: Cut;
  readonly count: number;
}

/** The blocks of a weight, or some of them. */
export class Blocks {
  readonly #context: StreamContext;
  readonly #tensor: CheckpointTensor;
  readonly #axis: number;
  readonly #range: Range;
  /** Room for blocks that are one piece, by their sides: all blocks of a file have two or three shapes. */
  readonly #room = new Map<string, Held>();
  /** The first blocks, as many as there is memory for, which are read once. */
  readonly #kept: { readonly piece: Piece; readonly matrix: Held }[] = [];
  #bytesLeft = 0;
  /** How blocks are held as the file has them, in half of the bytes; products have the same bits. */
  #halved: StoredDtype | undefined;

  /** Bytes of the file to read at once. */
  readonly #slice: number;

  constructor(context: StreamContext, tensor: CheckpointTensor, axis: number, range: Range = ALL) {
    this.#context = context;
    this.#range = range;
    this.#slice = sliceOf(context, tensor);
    this.#tensor = tensor;
    this.#axis = axis;
    this.#halved = memoryOf(context.engine)?.stored && storedDtypes[tensor.dtype];
  }

  /** Has blocks in float32, for what is not known of halves. Before the first is read. */
  widen(): void {
    this.#halved = undefined;
  }

  /** Gives memory in which to keep blocks. The products have the same bits without. */
  keep(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  /** How the matrix is cut, and into how many blocks. */
  async layout(rows: number, columns: number): Promise<Layout> {
    const { checkpoint } = this.#context;
    const { name, shape } = this.#tensor;
    const reading = checkpoint.blocks(name, { bytes: this.#slice, count: 1 });
    const { value } = await reading.next();
    await reading.return();
    if (value === undefined) return { cut: "rows", count: 0 };
    const pieces = piecesOf(shape, this.#axis, value);
    // Along each axis all blocks are as long as the first, but for the last one there.
    const count = shape.reduce((product, side, axis) => product * Math.ceil(side / (value.shape[axis] as number)), 1);
    if (pieces.every((piece) => piece.columns === columns)) return { cut: "rows", count };
    return { cut: pieces.every((piece) => piece.rows === rows) ? "columns" : "both", count };
  }

  /** Visits every piece of the blocks, in the order of the file. */
  async each(visit: Visit): Promise<void> {
    const { checkpoint } = this.#context;
    const { name, shape } = this.#tensor;
    const { first, count } = this.#range;
    for (const [at, { piece, matrix }] of this.#kept.entries())
      visit(piece, matrix, () => entriesOf(matrix), first + at);
    const left = count - this.#kept.length;
    if (left === 0) return;
    let room: Room | undefined;
    const into = (size: readonly number[]) => {
      room = this.#roomOf(size);
      return room?.matrix.view ?? this.#array(size);
    };
    let index = first + this.#kept.length;
    for await (const block of checkpoint.blocks(name, { bytes: this.#slice, into, skip: index, count: left })) {
      const pieces = piecesOf(shape, this.#axis, block);
      const [piece] = pieces;
      if (room !== undefined && piece !== undefined) {
        const { matrix, isKept } = room;
        if (isKept) this.#kept.push({ piece, matrix });
        visit(piece, matrix, () => entriesOf(matrix), index);
      } else {
        for (const { rows, columns, offset, ...place } of pieces) {
          const data = block.data.subarray(offset, offset + rows * columns);
          visit({ rows, columns, offset, ...place }, { data, shape: [rows, columns] }, () => data, index);
        }
      }
      index += 1;
    }
    // What the first look did not keep, no later one will: those blocks come after others that were not kept.
    this.#bytesLeft = 0;
  }

  /** Gives the memory back. */
  free(): void {
    for (const matrix of [...this.#room.values(), ...this.#kept.map(({ matrix: kept }) => kept)]) matrix.free();
    this.#room.clear();
    this.#kept.length = 0;
  }

  /** Room in the engine's memory for a block that is one piece, wherever it starts: of its own, if it can be kept. */
  #roomOf(size: readonly number[]): Room | undefined {
    const start = size.map(() => 0);
    const [only, ...others] = piecesOf(this.#tensor.shape, this.#axis, { start, shape: size });
    if (only === undefined || others.length > 0) return undefined;
    const { rows, columns } = only;
    const bytes = rows * columns * (this.#halved ? 2 : this.#dtype === "float64" ? 8 : 4);
    if (bytes <= this.#bytesLeft) {
      this.#bytesLeft -= bytes;
      return { matrix: this.#newRoom(rows, columns), isKept: true };
    }
    this.#bytesLeft = 0;
    const key = `${rows}×${columns}`;
    const matrix = this.#room.get(key) ?? this.#newRoom(rows, columns);
    this.#room.set(key, matrix);
    return { matrix, isKept: false };
  }

  #array(size: readonly number[]): FloatArray {
    const count = size.reduce((product, side) => product * side, 1);
    return this.#dtype === "float64" ? new Float64Array(count) : new Float32Array(count);
  }

  get #dtype(): Dtype {
    return engineDtypes[this.#tensor.dtype];
  }

  #newRoom(rows: number, columns: number): Held {
    const { engine } = this.#context;
    const shape = [rows, columns];
    return this.#halved ? engine.matrix(shape, { dtype: this.#halved }) : engine.matrix(shape, { dtype: this.#dtype });
  }
}

type Held = WasmMatrix | StoredMatrix;

/** The entries as numbers. */
function entriesOf(matrix: Held): FloatArray {
  if (matrix.dtype === "float32" || matrix.dtype === "float64") return matrix.view;
  const { buffer, byteOffset, byteLength, length } = matrix.view;
  const entries = new Float32Array(length);
  decode(matrix.dtype === "float16" ? "F16" : "BF16", new Uint8Array(buffer, byteOffset, byteLength), entries);
  return entries;
}

interface Room {
  readonly matrix: Held;
  readonly isKept: boolean;
}

/** A block is in memory three times or more: as it comes, as it came before, and as numbers. */
const SHARE = 1 / 4;
/** Smaller slices would cost more for each read than they save; the numbers of larger ones leave the processor's cache before they are used. */
const [LEAST_SLICE, MOST_SLICE] = [2 ** 18, 2 ** 20];

function sliceOf({ sliceBytes, memory }: StreamContext, { dtype }: CheckpointTensor): number {
  const widening = (engineDtypes[dtype] === "float64" ? 8 : 4) / widthOf[dtype];
  return Math.min(sliceBytes, MOST_SLICE, Math.max(LEAST_SLICE, Math.floor((memory * SHARE) / widening)));
}
