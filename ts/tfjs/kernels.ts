/**
 * Operations that the WebAssembly backend of TensorFlow.js 4.22 lacks, and without which no convolution and no embedding
 * can be trained on it: put together from operations that it has.
 *
 * @module
 */
import type { KernelConfig, NamedTensorMap, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs";
import type { TensorFlow } from "./types.js";

/** Attributes of a convolution, as TensorFlow.js hands them to its kernels. */
interface Attributes {
  readonly filterShape: [number, number, number, number];
  readonly inputShape: [number, number, number, number];
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly numSegments: number;
}

/** One place of the kernel, and the part of the padded input that it is multiplied with. */
interface Tap {
  readonly place: readonly [number, number];
  readonly begin: [number, number, number, number];
}

type Kernel = (tf: TensorFlow, inputs: NamedTensorMap, attributes: Attributes) => Tensor;

/** Adds what is missing; what a later version has is left alone. */
export function addKernels(tf: TensorFlow): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, "wasm") !== undefined) continue;
    const kernelFunc: KernelConfig["kernelFunc"] = ({ inputs, attrs }) =>
      tf.tidy(() => compute(tf, inputs as NamedTensorMap, attrs as unknown as Attributes));
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  }
}

/** The geometry of a convolution: the padding around its input, and the taps of its kernel. */
function geometry(
  tf: TensorFlow,
  shape: [number, number, number, number],
  filterShape: [number, number, number, number],
  { strides, dilations = 1, pad, dimRoundingMode }: Attributes,
  depthwise: boolean,
) {
  const info = tf.backend_util.computeConv2DInfo(
    shape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
  const { padInfo, outHeight, outWidth, filterHeight, filterWidth } = info;
  const padding: [number, number][] = [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ];
  const taps: Tap[] = Array.from({ length: filterHeight * filterWidth }, (_, index) => {
    const place = [Math.floor(index / filterWidth), index % filterWidth] as const;
    return { place, begin: [0, place[0] * info.dilationHeight, place[1] * info.dilationWidth, 0] };
  });
  const stride = [1, info.strideHeight, info.strideWidth, 1] as [number, number, number, number];
  const reach = ([, row, column]: Tap["begin"]): [number, number, number, number] => [
    shape[0],
    row + (outHeight - 1) * info.strideHeight + 1,
    column + (outWidth - 1) * info.strideWidth + 1,
    shape[3],
  ];
  return { info, padding, taps, stride, reach };
}

/** What each tap reads of the input, at all places of the output. */
function patches(
  tf: TensorFlow,
  x: Tensor4D,
  filterShape: Attributes["filterShape"],
  attributes: Attributes,
  depthwise: boolean,
) {
  const { padding, taps, stride, reach } = geometry(tf, x.shape, filterShape, attributes, depthwise);
  const padded = tf.pad(x, padding);
  return taps.map(({ begin }) => tf.stridedSlice(padded, begin, reach(begin), stride) as Tensor4D);
}

const kernels: Readonly<Record<string, Kernel>> = {
  Conv2DBackpropFilter(tf, { x, dy }, attributes) {
    const { filterShape } = attributes;
    const g = tf.reshape(dy as Tensor, [-1, filterShape[3]]);
    const parts = patches(tf, x as Tensor4D, filterShape, attributes, false).map((patch) =>
      tf.matMul(tf.reshape(patch, [-1, filterShape[2]]), g as Tensor2D, true),
    );
    return tf.reshape(tf.stack(parts), filterShape);
  },

  DepthwiseConv2dNativeBackpropFilter(tf, { x, dy }, attributes) {
    const [, , channels, multiplier] = attributes.filterShape;
    const g = tf.reshape(dy as Tensor, [-1, channels, multiplier]);
    const parts = patches(tf, x as Tensor4D, attributes.filterShape, attributes, true).map((patch) =>
      tf.sum(tf.mul(tf.reshape(patch, [-1, channels, 1]), g), 0),
    );
    return tf.reshape(tf.stack(parts), attributes.filterShape);
  },

  DepthwiseConv2dNativeBackpropInput(tf, { dy, filter }, attributes) {
    const shape = attributes.inputShape;
    const filterShape = filter?.shape as Attributes["filterShape"];
    const [, , channels, multiplier] = filterShape;
    const { info, padding, taps } = geometry(tf, shape, filterShape, attributes, true);
    const { outHeight, outWidth, strideHeight, strideWidth } = info;
    const g = tf.reshape(dy as Tensor, [-1, channels, multiplier]);
    const sides = [1, 2].map(
      (axis) => (shape[axis] ?? 0) + (padding[axis] ?? [0, 0])[0] + (padding[axis] ?? [0, 0])[1],
    );
    const parts = taps.map(({ place: [row, column], begin: [, top, left] }) => {
      const weights = tf.reshape(tf.slice(filter as Tensor4D, [row, column, 0, 0], [1, 1, -1, -1]), [
        1,
        channels,
        multiplier,
      ]);
      const part = tf.reshape(tf.sum(tf.mul(g, weights), 2), [-1, outHeight, outWidth, channels]) as Tensor4D;
      return spread(tf, part, [strideHeight, strideWidth], [top, left], sides as [number, number]);
    });
    const origin: [number, number, number, number] = [0, padding[1]?.[0] ?? 0, padding[2]?.[0] ?? 0, 0];
    return tf.slice(tf.addN(parts), origin, shape);
  },

  UnsortedSegmentSum(tf, { x, segmentIds }, { numSegments }) {
    const values = x as Tensor;
    const ids = segmentIds as Tensor;
    const rows = tf.reshape(values, [ids.size, -1]) as Tensor2D;
    const places = tf.oneHot(tf.cast(tf.reshape(ids, [-1]), "int32"), numSegments) as Tensor2D;
    const sums = tf.matMul(tf.cast(places, "float32"), rows, true);
    return tf.reshape(sums, [numSegments, ...values.shape.slice(ids.rank)]);
  },
};

/** Puts the entries of each channel `stride` apart and at an offset, zeros elsewhere. */
function spread(
  tf: TensorFlow,
  part: Tensor4D,
  [down, across]: readonly [number, number],
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
): Tensor4D {
  const [batch, rows, columns, channels] = part.shape;
  const apart = tf.pad(tf.reshape(part, [batch * rows, 1, columns, 1, channels]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const grid = tf.reshape(apart, [batch, rows * down, columns * across, channels]) as Tensor4D;
  const [high, wide] = [Math.min(rows * down, height - top), Math.min(columns * across, width - left)];
  const cut = tf.slice(grid, [0, 0, 0, 0], [batch, high, wide, channels]);
  return tf.pad(cut, [
    [0, 0],
    [top, height - top - high],
    [left, width - left - wide],
    [0, 0],
  ]);
}
