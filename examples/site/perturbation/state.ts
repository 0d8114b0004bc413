/**
 * What the page can be set to.
 *
 * @module
 */
import { type Codec, type Codecs, integer, oneOf } from "../shared/url-state.ts";
import { MODELS, type Model, type Settings } from "./models.ts";
import { COUNT, INK, type Levels } from "./pixels.ts";

/** Against which model the worst step is made: one, or each for itself. */
export const TARGETS = ["each", ...MODELS] as const;
export type Target = Model | "each";

/** Everything that the page's address carries. */
export interface State {
  /** Which of the samples, unless one is drawn. */
  readonly digit: number;
  readonly drawn: Levels | undefined;
  readonly kind: "worst" | "noise";
  /** The length of the worst step. */
  readonly radius: number;
  readonly against: Target;
  /** The deviation of the noise, and its seed. */
  readonly deviation: number;
  readonly noise: number;
  /** Of the training. */
  readonly seed: number;
  /** λ, in quarters of decades: 10^(λ/4). */
  readonly frobenius: number;
  readonly spectral: number;
}

/** Images in the part of the digits that no model learns from. */
export const SAMPLES = 500;
/** What the sliders go to. */
export const LARGEST = { radius: 4, deviation: 2 };
/** Parts of 1 that the sliders of lengths go by. */
const PARTS = 20;

/** A multiple of a twentieth of a range from 0. */
function twentieths(most: number): Codec<number> {
  return {
    write: String,
    read(text) {
      const value = Number(text);
      const isRight = /^\d(?:\.\d{1,2})?$/.test(text) && value <= most;
      return isRight ? Math.round(value * PARTS) / PARTS : undefined;
    },
  };
}

/** A letter a pixel: 0 to 9, then a to g. */
const drawn: Codec<Levels | undefined> = {
  write: (levels) => levels?.map((level) => level.toString(INK + 1)).join("") ?? "",
  read: (text) =>
    new RegExp(`^[0-9a-g]{${COUNT}}$`).test(text)
      ? [...text].map((letter) => Number.parseInt(letter, INK + 1))
      : undefined,
};

/** How the state is written into the address; it takes stronger λ than the sliders offer. */
export const CODECS: Codecs<State> = {
  digit: integer(0, SAMPLES - 1),
  drawn,
  kind: oneOf(["worst", "noise"]),
  radius: twentieths(LARGEST.radius),
  against: oneOf(TARGETS),
  deviation: twentieths(LARGEST.deviation),
  noise: integer(0, 999),
  seed: integer(0, 99),
  frobenius: integer(-16, 160),
  spectral: integer(-16, 160),
};

/** What the page opens with: a 7 that the plain model gives up under a change that the normalized one certifies. */
export const DEFAULTS: State = {
  digit: 29,
  drawn: undefined,
  kind: "worst",
  radius: 1,
  against: "each",
  deviation: 0.5,
  noise: 0,
  seed: 0,
  frobenius: -8,
  spectral: -4,
};

/** λ of a slider. */
export function lambdaOf(quarters: number): number {
  return Number((10 ** (quarters / 4)).toPrecision(3));
}

/** What a state says about the training. */
export function settingsOf({ seed, frobenius, spectral }: State): Settings {
  return { seed, frobenius: lambdaOf(frobenius), spectral: lambdaOf(spectral) };
}
