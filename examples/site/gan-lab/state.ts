/**
 * What the page can be set to.
 *
 * @module
 */
import { type Codec, type Codecs, integer, oneOf } from "../shared/url-state.ts";
import { type Cells, cells, MOONS } from "./cells.ts";
import { FEWEST, METHOD_NAMES, MOST, type Slots } from "./methods.ts";

/** What there is to learn. */
export const DATA = {
  eightGaussians: "8 Gaussians",
  twentyFiveGaussians: "25 Gaussians",
  swissRoll: "Swiss roll",
  own: "Draw your own",
  digits: "Digits",
} as const;
export type DataName = keyof typeof DATA;
export const DATA_NAMES = Object.keys(DATA) as readonly DataName[];

/** Layers that are drawn or not; the field beneath them is one of several. */
export const LAYERS = { real: "real", samples: "generated", grid: "warped grid", gradients: "gradients" } as const;
export type Layer = keyof typeof LAYERS;
export const LAYER_NAMES = Object.keys(LAYERS) as readonly Layer[];

export const FIELDS = { scores: "critic", slopes: "steepness", none: "none" } as const;
export type Field = keyof typeof FIELDS;

/** Steps a second at most; the last one as fast as it goes. */
export const PACES = [1, 2, 5, 10, 30, Number.POSITIVE_INFINITY] as const;

/** The hyperparameters, by what the trainer calls them: what may be typed, and how it is called here. */
export const NUMBERS = {
  seed: { label: "Seed", least: 0, most: 999_999, step: 1 },
  hidden: { label: "Width", least: 4, most: 256, step: 4 },
  depth: { label: "Hidden layers", least: 1, most: 4, step: 1 },
  rate: { label: "Learning rate", least: 1e-6, most: 1e6, step: "any" },
  lambda: { label: "Penalty λ", least: 1e-3, most: 1e3, step: "any" },
  batch: { label: "Batch", least: 8, most: 512, step: 8 },
  criticSteps: { label: "Critic steps", least: 1, most: 20, step: 1 },
  noise: { label: "Noise inputs", least: 1, most: 64, step: 1 },
  until: { label: "Pause at step", least: 0, most: 1_000_000, step: 50 },
} as const;
export type NumberName = keyof typeof NUMBERS;
export const NUMBER_NAMES = Object.keys(NUMBERS) as readonly NumberName[];

/** Everything that the page's address carries. */
export interface State extends Readonly<Record<NumberName, number>> {
  readonly methods: Slots;
  readonly data: DataName;
  /** The drawing. */
  readonly own: Cells;
  /** A place in {@link PACES}. */
  readonly pace: number;
  readonly field: Field;
  readonly layers: readonly Layer[];
  /** What the curves are drawn against. */
  readonly axis: "steps" | "time";
}

const slots: Codec<Slots> = {
  write: (names) =>
    names
      .map((name) => name ?? "")
      .join("_")
      .replace(/_+$/, ""),
  read(text) {
    const names = text.split("_").map((word) => METHOD_NAMES.find((name) => name === word));
    const chosen = names.filter((name) => name !== undefined);
    const isKnown = text.split("_").every((word, index) => word === "" || names[index] !== undefined);
    const isRight =
      isKnown && names.length <= MOST && chosen.length >= FEWEST && new Set(chosen).size === chosen.length;
    return isRight ? names : undefined;
  },
};

/** Some of some words, in their order; nothing is written as "none". */
export function someOf<const T extends string>(words: readonly T[]): Codec<readonly T[]> {
  return {
    write: (chosen) => words.filter((word) => chosen.includes(word)).join("_") || "none",
    read(text) {
      const parts = text === "none" ? [] : text.split("_");
      const chosen = words.filter((word) => parts.includes(word));
      return chosen.length === parts.length ? chosen : undefined;
    },
  };
}

/** A positive number as people write it. */
const positive = (least: number, most: number): Codec<number> => ({
  write: String,
  read(text) {
    const value = /^\d*\.?\d+(?:e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  },
});

const range = (name: NumberName): Codec<number> =>
  (NUMBERS[name].step === "any" ? positive : integer)(NUMBERS[name].least, NUMBERS[name].most);

/** How the state is written into the address. */
export const CODECS: Codecs<State> = {
  methods: slots,
  data: oneOf(DATA_NAMES),
  own: cells,
  pace: integer(0, PACES.length - 1),
  field: oneOf(["scores", "slopes", "none"]),
  layers: someOf(LAYER_NAMES),
  axis: oneOf(["steps", "time"]),
  seed: range("seed"),
  hidden: range("hidden"),
  depth: range("depth"),
  rate: range("rate"),
  lambda: range("lambda"),
  batch: range("batch"),
  criticSteps: range("criticSteps"),
  noise: range("noise"),
  until: range("until"),
};

/** What the page opens with. */
export const DEFAULTS: State = {
  methods: ["gradientPenalty", "spectralTorch", "weightClipping"],
  data: "eightGaussians",
  own: MOONS,
  pace: PACES.length - 1,
  field: "scores",
  layers: ["real", "samples"],
  axis: "steps",
  seed: 0,
  hidden: 64,
  depth: 2,
  rate: 1e-3,
  // WGAN-GP's own toys take 0.1 where its images take 10, with which these points are learned only after thousands of steps.
  lambda: 1,
  batch: 128,
  criticSteps: 5,
  noise: 2,
  until: 0,
};

/** Inputs of the generator that suit the data: images have more ways to differ than points. */
export function noiseFor(data: DataName): number {
  return data === "digits" ? 16 : DEFAULTS.noise;
}
