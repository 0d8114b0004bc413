/**
 * What is asked about all blocks of a weight, what is answered, and how answers add up: all that those need to know who share the work.
 *
 * @module
 */
import { addAt } from "./product.js";

/** What is asked about a weight W of `sides[0]` rows and `sides[1]` columns; A is W, or Wᵀ if `adjoint`. */
export interface Question {
  /** `"product"` is A·x, `"square"` that and Aᵀ·A·x, `"form"` the values uᵀWv of pairs, `"facts"` nothing of the kind. */
  readonly kind: "product" | "square" | "form" | "facts";
  readonly adjoint: boolean;
  /** What each product of `"square"` is multiplied by, a power of two. */
  readonly factor: number;
  /** Whether the sums of `"square"` are in float32, which is enough until the last pass; then `factor` is 1. */
  readonly narrow?: boolean | undefined;
  /** x; for `"form"` u and v by turns. */
  readonly vectors: readonly Float64Array[];
  /** What is found out besides: of each block the Frobenius norm, or bounds of its norm, too. */
  readonly facts: "none" | "norms" | "bounds";
  readonly sides: readonly [rows: number, columns: number];
}

/** Entries of a vector from `at` on; the others are 0. */
export interface Stretch {
  readonly at: number;
  readonly values: Float64Array;
}

/** What is found out of blocks, one after the other; bounds if they are asked for. */
export interface BlockFacts {
  /** Frobenius norms. */
  readonly norms: readonly number[];
  /** Bounds of norms. */
  readonly uppers: readonly number[];
  readonly lowers: readonly number[];
}

/** What a share adds to the answer, or the answer itself, to which all have added. */
export interface Part extends BlockFacts {
  /** Of A·x. */
  readonly image: Stretch | undefined;
  /** Of Aᵀ·A·x. */
  readonly back: Stretch | undefined;
  /** uᵀW_b·v, for each block W_b and for each pair. */
  readonly terms: readonly number[];
}

/** Answers a question about all blocks of a weight. */
export type Ask = (question: Question) => Promise<Part>;

/** Shares, one after the other. */
export interface Shares {
  readonly first: number;
  readonly count: number;
}

/** Shares that someone has taken on. */
export interface Held {
  /** What each of them answers, in their order. */
  ask(question: Question): Promise<readonly Part[]>;
  /** Gives the memory back. */
  free(): void;
}

/** A sum of parts, to be added in the order of their shares. */
export interface PartSum {
  add(part: Part): void;
  part(): Part;
}

/**
 * The sum of what shares answer: float64 vectors as long as the sides, to which parts add in the order in which they are given.
 *
 * @example const sum = partSum(question); sum.add(await opened.part(job, 0, question)); sum.part().image.values // Float64Array [3, 4]
 */
export function partSum({ kind, adjoint, sides }: Question): PartSum {
  const [rows, columns] = sides;
  const whole = (length: number): Stretch => ({ at: 0, values: new Float64Array(length) });
  const image = kind === "product" || kind === "square" ? whole(adjoint ? columns : rows) : undefined;
  const back = kind === "square" ? whole(adjoint ? rows : columns) : undefined;
  const lists = { terms: [] as number[], norms: [] as number[], uppers: [] as number[], lowers: [] as number[] };
  return {
    add(part) {
      if (image && part.image) addAt(image.values, part.image.values, part.image.at);
      if (back && part.back) addAt(back.values, part.back.values, part.back.at);
      for (const name of ["terms", "norms", "uppers", "lowers"] as const) {
        // One by one, for a list may be longer than arguments may be.
        for (const value of part[name]) lists[name].push(value);
      }
    },
    part: () => ({ image, back, ...lists }),
  };
}
