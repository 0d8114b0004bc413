/**
 * What holds of a convolution as it runs, given its kernel: with its architecture its norm, without it a bracket.
 *
 * @module
 */
import type { Convolution, Engine, WasmMatrix } from "../types.js";
import type { LayerOptions } from "./layers.js";
import type { Axis } from "./weight.js";

/** The norm of a convolution as it runs, or what bounds it. */
export interface OperatorNorm {
  /** The norm, as found; null without the architecture. */
  readonly sigma: number | null;
  /** At most the norm. Without the architecture it supposes that one place of the output sees the whole kernel. */
  readonly lower: number;
  /** At least the norm. Without the architecture it supposes padding by zeros, or circular padding that repeats no output. */
  readonly upper: number;
  /** What the upper bound rests on; `'bracket'` without the architecture. */
  readonly method: "bracket" | "reshaped" | "symbol" | "cholesky";
  /** The architecture, as given. */
  readonly layer: LayerOptions | null;
}

/** Products and quotients of a few roundings, outward. */
const OUTWARD = 2 ** -49;

/**
 * From the kernel alone, for every stride, dilation and number of groups, transposed or not.
 *
 * Above: every entry of the input is in as many patches as the kernel has places at most, so that the norm is at most the
 * root of that number times the norm of the reshaped kernel; groups are blocks of it. Below: one output channel alone,
 * at a place that sees its whole filter, has the norm of that filter. With the last axis for outputs a depthwise
 * kernel looks like any other, and the filter is that of one pair of channels.
 */
export function bracket(matrix: WasmMatrix, axis: Axis, upper: number): Pick<OperatorNorm, "lower" | "upper"> {
  const { shape, view } = matrix;
  const spatial = axis === "last" ? shape.slice(0, -2) : shape.slice(2);
  const places = spatial.reduce((product, side) => product * side, 1);
  const [first, second] = shape as [number, number];
  const channels = axis === "last" ? (shape.at(-1) as number) * (shape.at(-2) as number) : first;
  const squares = new Float64Array(channels);
  // Channels run fastest where they are last, and slowest where they are first.
  const length = second * places;
  for (let at = 0; at < view.length; at += 1) {
    const channel = axis === "last" ? at % channels : Math.floor(at / length);
    squares[channel] = (squares[channel] ?? 0) + (view[at] ?? 0) ** 2;
  }
  const largest = squares.reduce((most, square) => Math.max(most, square), 0);
  const rounding = 1 - (view.length / channels + 4) * 2 ** -52;
  // What overflows or underflows in squares says nothing.
  const lower = Number.isFinite(largest) ? Math.sqrt(largest) * rounding : 0;
  return { lower, upper: Math.sqrt(places) * upper * (1 + OUTWARD) };
}

/** A kernel together with how its layer runs. */
export function convolutionOf(
  kernel: Convolution["kernel"],
  shape: readonly number[],
  axis: Axis,
  layer: LayerOptions,
): Convolution {
  if (axis !== "last" || layer.layout !== undefined) return { kernel, shape, ...layer };
  const letters = `${"DHW".slice(5 - shape.length)}${layer.transposed === true ? "OI" : "IO"}`;
  return { kernel, shape, ...layer, layout: letters as NonNullable<Convolution["layout"]> };
}

/** The norm as it runs, of the kernel divided by `divisor`. */
export function operatorNorm(
  engine: Engine,
  matrix: WasmMatrix,
  axis: Axis,
  upper: number,
  layer: LayerOptions | undefined,
  divisor: number,
  options: { readonly tolerance?: number | undefined; readonly maxIterations?: number | undefined },
): OperatorNorm {
  const scale = 1 / Math.abs(divisor);
  const scaled = (bounds: { readonly lower: number; readonly upper: number }) => ({
    lower: bounds.lower * scale * (1 - OUTWARD),
    upper: bounds.upper * scale * (1 + OUTWARD),
  });
  if (layer === undefined) {
    const bounds = bracket(matrix, axis, upper);
    return { sigma: null, ...(divisor === 1 ? bounds : scaled(bounds)), method: "bracket", layer: null };
  }
  const found = engine.convolutionNorm(convolutionOf(matrix.view.slice(), matrix.shape, axis, layer), options);
  const bounds = divisor === 1 ? { lower: found.lower, upper: found.upper } : scaled(found);
  return { sigma: found.sigma * scale, ...bounds, method: found.method, layer };
}
