/**
 * A weight that stays in its file: an operator whose products read it block by block, through one block of the engine's memory.
 *
 * @module
 */
import type { LinearOperator } from "../../types.js";
import type { CheckpointTensor } from "../types.js";
import { Blocks, type StreamContext, type Visit } from "./blocks.js";
import { type Facts, factsOf } from "./facts.js";
import { askHere, roomFor } from "./here.js";
import { sidesOf } from "./pieces.js";
import { type Contribution, scaled } from "./product.js";
import type { Ask, Part, Question, Stretch } from "./question.js";

/** Entries of the vectors of a search, of which there are a few dozen, in float64. */
export const LONGEST_VECTOR: number = 2 ** 18;
/** Norms from 2^−200 to 2^200 have squares and fourth powers in float64. */
const COMFORT = 2 ** 200;
/** Those from 2^−30 to 2^30 have them in float32. */
const NARROW_COMFORT = 2 ** 30;

/** Opens a weight; the file is looked at for its order of elements alone. */
export async function openStreamed(
  context: StreamContext,
  tensor: CheckpointTensor,
  axis: number,
  wantsBounds: boolean,
  elsewhere?: Ask,
): Promise<StreamedMatrix> {
  const [rows, columns] = sidesOf(tensor.shape, axis);
  const blocks = new Blocks(context, tensor, axis);
  const { cut } = await blocks.layout(rows, columns);
  // Whole rows give WᵀW·x in one look, whole columns W·Wᵀ·x; but vectors of a search that are very long are no gain.
  const isFused = cut !== "both" && (cut === "rows" ? columns : rows) <= LONGEST_VECTOR;
  const isFlipped = isFused ? cut === "columns" : columns > rows;
  blocks.keep(roomFor(context.memory, [rows, columns], isFlipped ? rows : columns));
  const ask = elsewhere ?? askHere(context.engine, blocks);
  return new StreamedMatrix(ask, blocks, [rows, columns], { isFused, isFlipped, wantsBounds });
}

interface Way {
  /** Whether one look tells both W·x and Wᵀ of that, or the same of the adjoint. */
  readonly isFused: boolean;
  /** Whether the operator is the adjoint, which has the same norm. */
  readonly isFlipped: boolean;
  readonly wantsBounds: boolean;
}

/** A weight in a file. */
export class StreamedMatrix {
  /** The sides, as the engine would have them. */
  readonly rows: number;
  readonly columns: number;
  /** How often the file was read from end to end. */
  looks = 0;
  /** What the operator is a multiple of W by, a power of two: 1, unless the first look showed W to be huge or tiny. */
  factor = 1;
  /** Whether the operator's products have sums in float32, but for those of the last pass. */
  isNarrow = false;
  readonly #ask: Ask;
  readonly #blocks: Blocks;
  readonly #way: Way;
  #facts: Facts | undefined;
  #known: Contribution | undefined;

  constructor(ask: Ask, blocks: Blocks, [rows, columns]: readonly [number, number], way: Way) {
    this.rows = rows;
    this.columns = columns;
    this.#ask = ask;
    this.#blocks = blocks;
    this.#way = way;
  }

  /** Whether the operator is the adjoint. */
  get isFlipped(): boolean {
    return this.#way.isFlipped;
  }

  /** The side along which every piece is whole, if there is one. */
  get wholeSide(): number | undefined {
    const { isFused, isFlipped } = this.#way;
    if (!isFused) return undefined;
    return isFlipped ? this.rows : this.columns;
  }

  /** Has blocks as numbers, for whoever changes them as they come. Before the first is read. */
  widen(): void {
    this.#blocks.widen();
  }

  /** Looks at every piece once, here, whoever is asked for products. */
  async each(visit: Visit): Promise<void> {
    this.looks += 1;
    // Entries are wanted, again and again.
    this.widen();
    await this.#blocks.each(visit);
  }

  /** The operator `factor`·W, or its adjoint where that takes fewer looks or shorter vectors. */
  get operator(): LinearOperator<Promise<Float64Array>> {
    const { isFlipped, isFused } = this.#way;
    const [rows, columns] = isFlipped ? [this.columns, this.rows] : [this.rows, this.columns];
    const times = async (x: Float64Array, adjoint: boolean) => scaled(await this.multiply(x, adjoint), this.factor);
    return {
      rows,
      columns,
      apply: async (x, isLast) => {
        if (!isFused) return await times(x, isFlipped);
        this.#known = await this.#contributions(x, !isLast && this.isNarrow);
        return this.#known.image;
      },
      // Whoever searches asks for the image and then for what the adjoint makes of it, which the same look has told.
      applyAdjoint: async (y) => {
        const known = this.#known;
        return known !== undefined && isSame(known.image, y) ? known.back : await times(y, !isFlipped);
      },
    };
  }

  /** W·x or Wᵀ·x, as it is. */
  async multiply(x: Float64Array, adjoint: boolean): Promise<Float64Array> {
    const { image } = await this.#look({ kind: "product", adjoint, factor: 1, vectors: [x] });
    return (image as Stretch).values;
  }

  /** W itself, in two looks a pass: for sums with other operators, of which one look cannot tell both products. */
  get plain(): LinearOperator<Promise<Float64Array>> {
    const { rows, columns } = this;
    return { rows, columns, apply: (x) => this.multiply(x, false), applyAdjoint: (y) => this.multiply(y, true) };
  }

  /** The sum of uᵀWv over pairs of vectors, in one look. */
  async form(pairs: readonly (readonly [u: Float64Array, v: Float64Array])[]): Promise<number> {
    const { terms } = await this.#look({ kind: "form", adjoint: false, factor: 1, vectors: pairs.flat() });
    return terms.reduce((sum, term) => sum + term, 0);
  }

  /** What the first look told, or one that is taken now. */
  async facts(): Promise<Facts> {
    if (this.#facts === undefined) await this.#look({ kind: "facts", adjoint: false, factor: 1, vectors: [] });
    return this.#facts as unknown as Facts;
  }

  /** Gives the memory back. */
  free(): void {
    this.#blocks.free();
  }

  async #contributions(x: Float64Array, narrow: boolean): Promise<Contribution> {
    const { frobeniusNorm } = await this.facts();
    const { isFlipped: adjoint } = this.#way;
    const question = { kind: "square", adjoint, factor: this.factor, vectors: [x] } as const;
    const isNarrow = narrow && !adjoint && isWithin(NARROW_COMFORT, frobeniusNorm);
    const { image, back } = await this.#look({ ...question, narrow: isNarrow });
    return { image: (image as Stretch).values, back: (back as Stretch).values };
  }

  async #look(question: Omit<Question, "facts" | "sides">): Promise<Part> {
    this.looks += 1;
    const isFirst = this.#facts === undefined;
    const wanted = this.#way.wantsBounds ? "bounds" : "norms";
    const part = await this.#ask({ ...question, facts: isFirst ? wanted : "none", sides: [this.rows, this.columns] });
    if (isFirst) {
      this.#facts = factsOf(part);
      this.factor = factorFor(this.#facts.frobeniusNorm);
    }
    return part;
  }
}

function factorFor(norm: number): number {
  if (norm === 0 || norm === Number.POSITIVE_INFINITY || isWithin(COMFORT, norm)) return 1;
  // The smallest subnormal numbers have no reciprocal.
  return 2 ** Math.min(1000, -Math.floor(Math.log2(norm)));
}

function isWithin(comfort: number, norm: number): boolean {
  return norm < comfort && norm > 1 / comfort;
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
