/**
 * Where the layers look: a grid of points over the plane, and a lattice in the generator's noise.
 *
 * @module
 */

/** Units from the middle of the plane to its edge: all of the data, and a border. */
export const REACH = 2.5;

/** Points a side of the grid on which the critic is asked. */
export const GRID = 40;

/** Lines of the lattice in each direction, and points along a line. */
export const LINES = 13;
export const ALONG = 37;

/** Standard deviations of the noise that the lattice spans: all but one in twenty of its values. */
const SPAN = 2;

type Floats = Float32Array<ArrayBuffer>;

/** The points of the grid, from the top left, row by row; the outermost lie on the edge. */
export function gridPoints(): Floats {
  const points = new Float32Array(2 * GRID * GRID);
  const place = (index: number): number => ((2 * index) / (GRID - 1) - 1) * REACH;
  for (let index = 0; index < GRID * GRID; index++) {
    points[2 * index] = place(index % GRID);
    points[2 * index + 1] = -place(Math.floor(index / GRID));
  }
  return points;
}

/** How many lines the lattice has: with one input there is one direction, and a single line. */
export const linesOf = (noise: number): number => (noise === 1 ? 1 : 2 * LINES);

/**
 * The noise along the lines of a lattice in its first two inputs, the others 0: first lines along the one, then along the
 * other.
 */
export function latticeNoise(noise: number): Floats {
  const inputs = new Float32Array(linesOf(noise) * ALONG * noise);
  const even = (index: number, count: number): number => ((2 * index) / (count - 1) - 1) * SPAN;
  for (let line = 0, at = 0; line < linesOf(noise); line++) {
    for (let point = 0; point < ALONG; point++, at += noise) {
      const isFirst = line < LINES;
      inputs[at + (isFirst ? 0 : 1)] = even(point, ALONG);
      if (noise > 1) inputs[at + (isFirst ? 1 : 0)] = even(line % LINES, LINES);
    }
  }
  return inputs;
}
