import type { Layer, LipschitzBound, LipschitzOptions, Network } from "spectral-norm";
import { engine, type Sample, singularValues } from "../engine/support.js";

/** The certified constant of layers in a row. */
export function upperOf(layers: Network | Layer, options?: LipschitzOptions): number {
  return boundOf(layers, options).upper;
}

export function boundOf(layers: Network | Layer, options?: LipschitzOptions): LipschitzBound {
  return engine.lipschitzBound(Array.isArray(layers) ? layers : [layers as Layer], options);
}

/** The norm of a linear map, by what it does to every unit vector, and a singular value decomposition by another library. */
export function normOfMap(columns: number, map: (x: Float64Array) => ArrayLike<number>): number {
  const images = Array.from({ length: columns }, (_, column) => {
    const unit = new Float64Array(columns);
    unit[column] = 1;
    return Array.from(map(unit));
  });
  const sample: Sample = { rows: columns, columns: images[0]?.length ?? 0, data: Float64Array.from(images.flat()) };
  return singularValues(sample)[0] ?? Number.NaN;
}

/** The windows of one dimension of a pool over zero padding: the places that each covers. */
export function windowsOf(input: number, size: number, stride: number, padding: number, dilation = 1): number[][] {
  const reach = dilation * (size - 1) + 1;
  const windows: number[][] = [];
  for (let start = -padding; start + reach <= input + padding; start += stride) {
    const places = Array.from({ length: size }, (_, tap) => start + tap * dilation);
    windows.push(places.filter((place) => place >= 0 && place < input));
  }
  return windows;
}
