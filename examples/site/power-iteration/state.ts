/**
 * What the page can be set to, and its beginnings worth looking at.
 *
 * @module
 */
import { type Codec, type Codecs, integer, numbers, oneOf } from "../shared/url-state.ts";
import { FORMS, type Form, type Matrix, STEPS } from "./tasks.ts";

/** Everything that the page's address carries. */
export interface State {
  readonly matrix: Matrix;
  readonly step: number;
  readonly start: "ones" | "random";
  readonly seed: number;
  /** What the chart of estimates shows. */
  readonly view: "estimate" | "missing";
  /** Of the cold-start law: the form, and the side of the matrices. */
  readonly form: Form;
  readonly side: number;
}

/** Sides of the matrices that the cold-start law is measured on. */
export const SIDES = [32, 128, 512] as const;

/** Entries beyond this are not offered: the plane would show nothing else. */
export const LARGEST = 1000;

const matrix: Codec<Matrix> = {
  write: (entries) => entries.join("_"),
  read(text) {
    const entries = numbers(4).read(text);
    return entries?.every((entry) => Math.abs(entry) <= LARGEST) ? (entries as unknown as Matrix) : undefined;
  },
};

const sides = integer(SIDES[0], SIDES[SIDES.length - 1] ?? SIDES[0]);

/** How the state is written into the address. */
export const CODECS: Codecs<State> = {
  matrix,
  step: integer(0, STEPS),
  start: oneOf(["ones", "random"]),
  seed: integer(0, 999),
  view: oneOf(["estimate", "missing"]),
  form: oneOf(FORMS),
  side: { write: sides.write, read: (text) => SIDES.find((side) => side === sides.read(text)) },
};

/** What the page opens with. */
export const DEFAULTS: State = {
  matrix: [1.6, -1.2, 0.5, 1.1],
  step: 3,
  start: "ones",
  seed: 0,
  view: "estimate",
  form: "alternating",
  side: 128,
};

/** Matrices, and what to look for. */
export const PRESETS = {
  typical: {
    label: "Typical",
    matrix: DEFAULTS.matrix,
    look: "Both forms turn toward the longest axis of the ellipse, from below and never beyond it.",
  },
  slow: {
    label: "Slow",
    matrix: [0.15, -1.5, 1.4, 0.1],
    look: "An ellipse that is almost a circle: the smaller the gap between its axes, the slower the iteration.",
  },
  shear: {
    label: "Shear ×100",
    matrix: [1, 100, 0, 1],
    look: "Both eigenvalues are 1, and yet one direction is stretched by 100.01. For a square W the article equates the norm with the largest eigenvalue; that is right for normal matrices only.",
  },
  rotation: {
    label: "Turn",
    matrix: [0, -1.5, 1.5, 0],
    look: "A turn and a stretch is normal: the largest eigenvalue, in magnitude, is the norm, and the first step finds it.",
  },
  zeroSum: {
    label: "Zero-sum",
    matrix: [1.5, -0.5, -1.5, 0.5],
    look: "Columns that sum to zero, as those of every edge filter do: the article's start of all ones is lost at once.",
  },
} as const satisfies Record<string, { readonly label: string; readonly matrix: Matrix; readonly look: string }>;

export type Preset = keyof typeof PRESETS;

/** The preset with these entries, if there is one. */
export function presetOf(matrix: Matrix): Preset | undefined {
  const names = Object.keys(PRESETS) as Preset[];
  return names.find((name) => PRESETS[name].matrix.every((entry, index) => entry === matrix[index]));
}
