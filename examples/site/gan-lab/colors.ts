/**
 * The theme's colors, for canvases, which know no style sheet.
 *
 * @module
 */
import { between, css, gradation, parseColor, type Scale } from "./field.ts";

/** The colors of the places, as the theme names them: told apart in all common kinds of color blindness. */
const NAMES = ["blue", "orange", "green", "purple"] as const;

/** What canvases are painted with. */
export interface Colors {
  readonly card: string;
  readonly ink: string;
  readonly soft: string;
  /** Of each place. */
  readonly marks: readonly string[];
  /** From generated to real, in the critic's view. */
  readonly scores: Scale;
  /** From flat over a slope of 1 to steep. */
  readonly slopes: Scale;
  /** Of images, from background to stroke: real ones, and those of each place. */
  readonly images: { readonly real: Scale; readonly marks: readonly Scale[] };
}

/** The colors of the theme that is in use now. */
export function themeColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): readonly [number, number, number] =>
    parseColor(style.getPropertyValue(`--${name}`).trim());
  const [card, ink, soft, orange, sunk] = ["card", "ink", "soft", "orange", "sunk"].map(color) as [
    Scale[number],
    Scale[number],
    Scale[number],
    Scale[number],
    Scale[number],
  ];
  const marks = NAMES.map(color);
  const ramp = (mark: Scale[number]): Scale => gradation([sunk, mark], 17);
  return {
    card: css(card),
    ink: css(ink),
    soft: css(soft),
    marks: marks.map(css),
    // Only light and dark, so that hues are left to the methods.
    scores: gradation([card, between(card, ink, 0.36)]),
    slopes: gradation([card, between(card, ink, 0.3), between(card, orange, 0.9)], 18),
    images: { real: ramp(ink), marks: marks.map(ramp) },
  };
}

/** Calls when the system changes from light to dark or back. */
export function onSchemeChange(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
