/**
 * Images of 8×8 pixels: levels from 0 to 16 as the digits have them and people draw them, values from −1 to 1 as models take them.
 *
 * @module
 */
import { normals } from "../shared/random.ts";

export const SIDE = 8;
export const COUNT: number = SIDE * SIDE;
/** The level of ink. */
export const INK = 16;

/** Row by row. */
export type Levels = readonly number[];

export const BLANK: Levels = Array.from({ length: COUNT }, () => 0);

/** Levels as values. */
export function toValues(levels: Levels): Float32Array<ArrayBuffer> {
  return Float32Array.from(levels, (level) => level / (INK / 2) - 1);
}

/** Values as levels, the nearest ones. */
export function toLevels(values: ArrayLike<number>): Levels {
  return Array.from(values, (value) => Math.max(0, Math.min(INK, Math.round((value + 1) * (INK / 2)))));
}

/** An image with seeded noise, cut to the range of pixels: no photograph is blacker than black. */
export function noisy(image: Float32Array, deviation: number, seed: number): Float32Array<ArrayBuffer> {
  const noise = normals(COUNT, seed);
  return Float32Array.from(image, (value, index) => Math.max(-1, Math.min(1, value + deviation * (noise[index] ?? 0))));
}

/** What a soft round brush at a place, in pixels from the corner, makes of an image; `isErasing` takes ink away. */
export function brushed(levels: Levels, [x, y]: readonly [number, number], isErasing: boolean): Levels {
  return levels.map((level, index) => {
    const distance = Math.hypot((index % SIDE) + 0.5 - x, Math.floor(index / SIDE) + 0.5 - y);
    // Full at the middle of a pixel, faint on its neighbors, as scanned strokes are.
    const ink = Math.round(INK * Math.max(0, Math.min(1, 1.3 - distance)));
    return isErasing ? Math.min(level, INK - ink) : Math.max(level, ink);
  });
}
