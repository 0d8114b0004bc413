/**
 * The frequency response of a kernel with one input channel: by how much it stretches the wave of each frequency.
 *
 * @module
 */
import { type Kernel, shapeOf } from "./kernels.ts";

/** A wave number in each direction, from −π to π: vertical, then horizontal. */
export type Frequency = readonly [vertical: number, horizontal: number];

/**
 * ‖K̂(ω)‖² = Σ_f |Σ_q K_f(q) e^(−iω·q)|² is Σ_d R(d) cos(ω·d) with R the filters' autocorrelations added up: however many
 * filters there are, the sum has (2·side − 1)² terms.
 */
export function autocorrelation(kernel: Kernel): { readonly reach: number; readonly terms: Float64Array } {
  const { side, filters } = shapeOf(kernel);
  const width = 2 * side - 1;
  const terms = new Float64Array(width * width);
  const cells = side * side;
  for (let filter = 0; filter < filters; filter++) {
    for (let p = 0; p < cells; p++) {
      for (let q = 0; q < cells; q++) {
        const row = Math.floor(q / side) - Math.floor(p / side) + side - 1;
        const column = (q % side) - (p % side) + side - 1;
        const index = row * width + column;
        terms[index] = (terms[index] ?? 0) + (kernel[filter * cells + p] ?? 0) * (kernel[filter * cells + q] ?? 0);
      }
    }
  }
  return { reach: side - 1, terms };
}

/** By how much a layer of stride 1 stretches the wave of one frequency. */
export function gainAt(kernel: Kernel, dilation: number, [vertical, horizontal]: Frequency): number {
  const { reach, terms } = autocorrelation(kernel);
  const width = 2 * reach + 1;
  let sum = 0;
  for (const [index, term] of terms.entries()) {
    const [row, column] = [Math.floor(index / width) - reach, (index % width) - reach];
    sum += term * Math.cos(dilation * (vertical * row + horizontal * column));
  }
  return Math.sqrt(Math.max(0, sum));
}

/** The gains of `count` × `count` frequencies, evenly spaced from −π to π with both ends; the largest, and where it is. */
export interface Response {
  readonly count: number;
  readonly gains: Float64Array;
  readonly most: number;
  readonly where: Frequency;
}

/** The frequency at a place of a response. */
export function frequencyAt(count: number, row: number, column: number): Frequency {
  const toFrequency = (index: number): number => ((2 * index) / (count - 1) - 1) * Math.PI;
  return [toFrequency(row), toFrequency(column)];
}

/** cos and sin of every horizontal frequency times every distance of columns, row-major. */
function tables(count: number, reach: number, dilation: number): { cosines: Float64Array; sines: Float64Array } {
  const width = 2 * reach + 1;
  const angles = Float64Array.from({ length: count * width }, (_, index) => {
    const [, horizontal] = frequencyAt(count, 0, Math.floor(index / width));
    return dilation * horizontal * ((index % width) - reach);
  });
  return { cosines: angles.map(Math.cos), sines: angles.map(Math.sin) };
}

/** Σ over the distances of rows, for each distance of columns: the real and the imaginary part. */
function columnSums(
  terms: Float64Array,
  reach: number,
  angle: number,
): { real: Float64Array; imaginary: Float64Array } {
  const width = 2 * reach + 1;
  const [real, imaginary] = [new Float64Array(width), new Float64Array(width)];
  for (const [index, term] of terms.entries()) {
    const column = index % width;
    const turn = angle * (Math.floor(index / width) - reach);
    real[column] = (real[column] ?? 0) + term * Math.cos(turn);
    imaginary[column] = (imaginary[column] ?? 0) + term * Math.sin(turn);
  }
  return { real, imaginary };
}

/** The frequency response on a grid. Opposite frequencies gain the same, and so half of the rows are computed. */
export function respond(kernel: Kernel, dilation: number, count: number): Response {
  const { reach, terms } = autocorrelation(kernel);
  const width = 2 * reach + 1;
  const { cosines, sines } = tables(count, reach, dilation);
  const gains = new Float64Array(count * count);
  let best = 0;
  for (let row = 0; row <= (count - 1) / 2; row++) {
    const { real, imaginary } = columnSums(terms, reach, dilation * frequencyAt(count, row, 0)[0]);
    for (let column = 0; column < count; column++) {
      let sum = 0;
      for (let d = 0, at = column * width; d < width; d++, at++) {
        sum += (real[d] ?? 0) * (cosines[at] ?? 0) - (imaginary[d] ?? 0) * (sines[at] ?? 0);
      }
      const index = row * count + column;
      const gain = Math.sqrt(Math.max(0, sum));
      gains[index] = gain;
      gains[count * count - 1 - index] = gain;
      // A later one must be larger by more than rounding: of equals the first is shown.
      if (gain > (gains[best] ?? 0) * (1 + 1e-12)) best = index;
    }
  }
  const where = frequencyAt(count, Math.floor(best / count), best % count);
  return { count, gains, most: gains[best] ?? 0, where: [-where[0], -where[1]] };
}
