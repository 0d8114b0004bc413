/**
 * The blocks of a weight in its file, one after the other in the engine's memory.
 *
 * @module
 */
import type { Engine, FloatArray, WasmMatrix, WeightLike } from "../../types.js";
import { engineDtypes } from "../decode.js";
import type { Checkpoint, CheckpointTensor } from "../types.js";
import { type Piece, piecesOf } from "./pieces.js";

/** Where to read, and with what to multiply. */
export interface StreamContext {
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
  /** Bytes of the file in a block. */
  readonly sliceBytes: number;
}

/** What is done with a piece of the matrix; its entries are there until memory grows. */
export type Visit = (piece: Piece, block: WeightLike, entries: () => FloatArray) => void;

/** How a file cuts a matrix: into whole rows, whole columns, or both ways. */
export type Cut = "rows" | "columns" | "both";

/** The blocks of a weight. */
export class Blocks {
  readonly #context: StreamContext;
  readonly #tensor: CheckpointTensor;
  readonly #axis: number;
  /** Room for blocks that are one piece, by their sides: all blocks of a file have two or three shapes. */
  readonly #room = new Map<string, WasmMatrix>();

  constructor(context: StreamContext, tensor: CheckpointTensor, axis: number) {
    this.#context = context;
    this.#tensor = tensor;
    this.#axis = axis;
  }

  /** How the matrix is cut, which the first block tells. */
  async cut(rows: number, columns: number): Promise<Cut> {
    const { checkpoint, sliceBytes } = this.#context;
    const { name, shape } = this.#tensor;
    const reading = checkpoint.blocks(name, { bytes: sliceBytes });
    try {
      const { value } = await reading.next();
      const pieces = value === undefined ? [] : piecesOf(shape, this.#axis, value);
      if (pieces.every((piece) => piece.columns === columns)) return "rows";
      return pieces.every((piece) => piece.rows === rows) ? "columns" : "both";
    } finally {
      await reading.return();
    }
  }

  /** Visits every piece, in the order of the file. */
  async each(visit: Visit): Promise<void> {
    const { checkpoint, sliceBytes } = this.#context;
    const { name, shape } = this.#tensor;
    const into = (size: readonly number[]) => this.#target(size);
    for await (const block of checkpoint.blocks(name, { bytes: sliceBytes, into })) {
      const pieces = piecesOf(shape, this.#axis, block);
      for (const piece of pieces) {
        const { rows, columns, offset } = piece;
        const room = pieces.length === 1 ? this.#roomFor(rows, columns) : undefined;
        const data = block.data.subarray(offset, offset + rows * columns);
        visit(piece, room ?? { data, shape: [rows, columns] }, () => room?.view ?? data);
      }
    }
  }

  /** Gives the memory back. */
  free(): void {
    for (const matrix of this.#room.values()) matrix.free();
    this.#room.clear();
  }

  /** Decoded right into the engine's memory, if the block is one piece, wherever it starts. */
  #target(size: readonly number[]): FloatArray {
    const { shape, dtype } = this.#tensor;
    const start = size.map(() => 0);
    const [only, ...others] = piecesOf(shape, this.#axis, { start, shape: size });
    if (only !== undefined && others.length === 0) return this.#roomFor(only.rows, only.columns).view;
    const count = size.reduce((product, side) => product * side, 1);
    return engineDtypes[dtype] === "float64" ? new Float64Array(count) : new Float32Array(count);
  }

  #roomFor(rows: number, columns: number): WasmMatrix {
    const key = `${rows}×${columns}`;
    const known = this.#room.get(key);
    if (known !== undefined) return known;
    const made = this.#context.engine.matrix([rows, columns], { dtype: engineDtypes[this.#tensor.dtype] });
    this.#room.set(key, made as WasmMatrix);
    return made as WasmMatrix;
  }
}
