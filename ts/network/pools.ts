/**
 * Pools: the constant of the map that their windows make, from where the windows lie.
 *
 * @module
 */
import { OptionError, TypeMismatchError } from "../engine/errors.js";
import { type Dimension, lengthOut, readDimensions, readEach } from "../engine/kernel.js";
import { complaint, complaintOf } from "../engine/validate.js";
import type { AveragePoolLayer, GlobalPoolLayer, MaxPoolLayer } from "../types.js";
import { root, times, up } from "./rounding.js";

/** The size of what is between two layers: a number if it is the same in every dimension; `undefined` if not known. */
export type Size = number | readonly number[] | undefined;

/** A constant, and the size of what comes out. */
export interface Pooled {
  readonly upper: number;
  readonly size: Size;
}

/** Reads a pool, and bounds its constant. */
export function readPool(path: string, layer: AveragePoolLayer | MaxPoolLayer, input: Size): Pooled {
  const of = (key: string) => `${path}.${key}`;
  const { size, stride, padding, dilation, countPadding } = layer as Partial<AveragePoolLayer & MaxPoolLayer>;
  const isMax = layer.type === "maxPool";
  const count = [size, input].find(Array.isArray)?.length;
  if (size === undefined || count === undefined) {
    const expected = "an array with one number for each dimension of space, which inputSize does not tell";
    throw new TypeMismatchError(complaint(of("size"), expected, size));
  }
  if (countPadding !== undefined && typeof countPadding !== "boolean") {
    throw new TypeMismatchError(complaint(of("countPadding"), "true or false", countPadding));
  }
  const sides = readEach(of("size"), size, count, 1, 1);
  const windows = { stride: stride === undefined ? sides : stride, padding, dilation, inputSize: input };
  const dimensions = readDimensions(of, windows, sides, false);
  for (const side of dimensions) checkPadding(of("padding"), side);
  // Without padding every window is full, so that both ways of counting are one.
  const isFull = padding === undefined || padding === 0 || padding === "valid";
  const counted = countPadding === undefined ? padding !== "same" : countPadding || isFull;
  const squares = dimensions.map((side) => (isMax ? overlap(side) : averageSquare(side, counted)));
  return {
    // An average over several dimensions is one over each, in turn.
    upper: root(squares.reduce(times, 1)),
    size: input === undefined ? undefined : dimensions.map(lengthOut),
  };
}

/** A window with nothing but padding in it has no average. */
function checkPadding(title: string, { before, after, kernel, dilation }: Dimension): void {
  const reach = dilation * (kernel - 1) + 1;
  if (Math.max(before, after) >= reach) {
    throw new OptionError(complaintOf(title, `less than ${reach}, what a window reaches over`, `${[before, after]}`));
  }
}

/** The mean of everything, which is smaller the more there is; or its largest. */
export function globalPool(path: string, { type }: GlobalPoolLayer, size: Size): number {
  if (type === "globalMaxPool" || size === undefined) return 1;
  if (typeof size === "number") {
    const expected = "an array with one number for each dimension of space";
    throw new TypeMismatchError(complaint("options.inputSize", expected, size, `"${path}" needs to know them`));
  }
  const places = size.reduce((product, side) => product * side, 1);
  return places === 1 ? 1 : up(up(1 / Math.sqrt(places)));
}

/** The places of a dimension that each window covers. */
function windowsOf(side: Dimension): number[][] {
  const { input, kernel, stride, dilation, before } = side;
  return Array.from({ length: lengthOut(side) }, (_, window) =>
    Array.from({ length: kernel }, (_entry, tap) => window * stride - before + tap * dilation).filter(
      (place) => place >= 0 && place < input,
    ),
  );
}

/**
 * How many windows cover a place at most. Two inputs that differ there alone, and are large, differ in the maximum of them
 * all, so that the root of it is attained.
 */
function overlap(side: Dimension): number {
  const { input, kernel, stride, dilation } = side;
  if (input === 0) {
    // Windows of one place and its next cover by turns, a stride over what it has in common with the dilation.
    return Math.ceil((kernel * commonDivisor(stride, dilation)) / stride);
  }
  const covers = new Uint32Array(input);
  for (const place of windowsOf(side).flat()) covers[place] = (covers[place] as number) + 1;
  return covers.reduce((a, b) => Math.max(a, b), 0);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** At least ‖A‖² of the averages A over the windows of one dimension. */
function averageSquare(side: Dimension, counted: boolean): number {
  const { input, kernel, stride } = side;
  const rounding = 1 + (2 * kernel + 8) * 2 ** -52;
  if (input > 0) return squareAsRun(windowsOf(side), input, kernel, counted) * rounding;
  // The sum of a row of AAᵀ far from the borders, which is a Toeplitz matrix: its norm, the larger the input the closer.
  let sum = 0;
  for (let first = 0; first < Math.min(stride, kernel); first += 1) {
    const taps = Math.ceil((kernel - first) / stride);
    sum += taps * taps;
  }
  const inner = sum / (kernel * kernel);
  if (counted) return inner * rounding;
  // At a border an average may be over as little as one entry: a multiple of the above, or by row and column sums.
  return Math.min(sum, Math.ceil(kernel / stride)) * rounding;
}

/** AAᵀ has no negative entry, so that max (AAᵀv)ᵢ/vᵢ bounds its norm for every positive v (Collatz and Wielandt). */
function squareAsRun(windows: readonly (readonly number[])[], input: number, kernel: number, counted: boolean): number {
  let v = windows.map(() => 1);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 32; round += 1) {
    const back = new Float64Array(input);
    const share = (window: number) => 1 / (counted ? kernel : (windows[window] as readonly number[]).length);
    windows.forEach((places, window) => {
      for (const place of places) back[place] = (back[place] as number) + (v[window] as number) * share(window);
    });
    const image = windows.map(
      (places, window) => places.reduce((total, place) => total + (back[place] as number), 0) * share(window),
    );
    least = Math.min(
      least,
      image.reduce((large, entry, window) => Math.max(large, entry / (v[window] as number)), 0),
    );
    const largest = image.reduce((a, b) => Math.max(a, b), 0);
    v = image.map((entry) => entry / largest);
  }
  return least;
}
