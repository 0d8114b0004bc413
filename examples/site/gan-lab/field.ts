/**
 * The critic's field as an image: its values between the points of the grid, in bands, so that level lines are seen.
 *
 * @module
 */
import { GRID } from "./places.ts";

/** Pixels a side at most; more take longer than they show. */
export const FINEST = 400;
/** Bands of the scores, from the least to the largest. */
export const BANDS = 14;

type Color = readonly [red: number, green: number, blue: number];
/** Colors from low to high. */
export type Scale = readonly Color[];

/** `#rrggbb` or `#rgb`. */
export function parseColor(text: string): Color {
  const digits = text.replace("#", "");
  const wide = digits.length === 3 ? digits.replaceAll(/./g, "$&$&") : digits;
  const channel = (at: number): number => Number.parseInt(wide.slice(at, at + 2), 16);
  return [channel(0), channel(2), channel(4)];
}

/** A color some way from one to another. */
export function between(a: Color, b: Color, share: number): Color {
  const mix = (channel: 0 | 1 | 2): number => Math.round(a[channel] + share * (b[channel] - a[channel]));
  return [mix(0), mix(1), mix(2)];
}

export const css = ([red, green, blue]: Color): string => `rgb(${red} ${green} ${blue})`;

/** As many colors as there are bands. */
export function gradation(stops: readonly Color[], count: number = BANDS): Scale {
  return Array.from({ length: count }, (_, index) => {
    const place = (index / (count - 1)) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    return between(stops[low] ?? [0, 0, 0], stops[low + 1] ?? [0, 0, 0], place - low);
  });
}

/** Where in a scale each value belongs, from 0 to 1: scores by their range. */
export function scoreShares(scores: Float32Array): Float32Array {
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  return most > least ? scores.map((score) => (score - least) / (most - least)) : scores.map(() => 0.5);
}

/** Slopes by their own size, for 1 means the same to every method: from 1/8 to 8, 1 in the middle. */
export function slopeShares(slopes: Float32Array): Float32Array {
  return slopes.map((slope) => Math.min(1, Math.max(0, (Math.log2(slope) + 3) / 6)));
}

/** Four bytes of a pixel. */
const packed = ([red, green, blue]: Color): number =>
  new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0] ?? 0;

/** `side` × `side` pixels of shares on the grid, bilinear between its points, in the colors of a scale. */
export function fieldPixels(shares: Float32Array, scale: Scale, side: number): Uint8ClampedArray<ArrayBuffer> {
  const colors = Uint32Array.from(scale, packed);
  const pixels = new Uint32Array(side * side);
  const at = Float32Array.from({ length: side }, (_, index) => ((index + 0.5) / side) * (GRID - 1));
  const row = new Float32Array(GRID);
  for (let y = 0; y < side; y++) {
    const top = Math.min(GRID - 2, Math.floor(at[y] ?? 0));
    const down = (at[y] ?? 0) - top;
    for (let x = 0; x < GRID; x++) {
      row[x] = (1 - down) * (shares[top * GRID + x] ?? 0) + down * (shares[(top + 1) * GRID + x] ?? 0);
    }
    for (let x = 0; x < side; x++) {
      const left = Math.min(GRID - 2, Math.floor(at[x] ?? 0));
      const right = (at[x] ?? 0) - left;
      const share = (1 - right) * (row[left] ?? 0) + right * (row[left + 1] ?? 0);
      const band = Math.min(scale.length - 1, Math.floor(share * scale.length));
      // NaN stays transparent.
      pixels[y * side + x] = colors[band] ?? 0;
    }
  }
  return new Uint8ClampedArray(pixels.buffer);
}
