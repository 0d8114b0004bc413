/**
 * Cividis, a scale of colors that people with and without color blindness see alike (Nuñez, Anderton and Renslow 2018),
 * by eleven of its colors.
 *
 * @module
 */
type Color = readonly [red: number, green: number, blue: number];

const COLORS: readonly Color[] = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [250, 223, 60],
  [254, 232, 56],
];

/** The color of a share from 0 to 1. */
export function colorOf(share: number): Color {
  const place = Math.min(1, Math.max(0, share)) * (COLORS.length - 1);
  const index = Math.min(COLORS.length - 2, Math.floor(place));
  const [low, high] = [COLORS[index] ?? [0, 0, 0], COLORS[index + 1] ?? [0, 0, 0]];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(low[channel] + (place - index) * (high[channel] - low[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** 256 of them as an image holds them, four bytes at once: red, green, blue, and full opacity. */
export const PALETTE: Uint32Array = new Uint32Array(
  Uint8Array.from(Array.from({ length: 256 }, (_, index) => [...colorOf(index / 255), 255]).flat()).buffer,
);

/** The scale as a style. */
export const GRADIENT: string = `linear-gradient(to right, ${COLORS.map((color) => `rgb(${color.join(" ")})`).join(", ")})`;
