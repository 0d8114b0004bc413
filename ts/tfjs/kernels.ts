/**
 * Operations that the WebAssembly backend of TensorFlow.js 4.22 lacks, and without which no convolution and no embedding
 * can be trained on it, put together from operations that it has; and two that it has wrong: the gradients of convolutions
 * in three dimensions, for batches of more than one sample and for strides.
 *
 * @module
 */
import type { KernelConfig, NamedTensorMap, Tensor, Tensor2D } from "@tensorflow/tfjs";
import type { TensorFlow } from "./types.js";

/** Attributes as TensorFlow.js hands them to its kernels. */
interface Attributes {
  readonly filterShape: number[];
  readonly inputShape: number[];
  readonly strides: number | number[];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly numSegments: number;
}

/** What a convolution reads where, one number for each dimension of space. */
interface Geometry {
  readonly out: readonly number[];
  readonly strides: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Where the padded input begins for each place of the kernel, in the order of its entries. */
  readonly offsets: readonly (readonly number[])[];
}

type Kernel = (tf: TensorFlow, inputs: NamedTensorMap, attributes: Attributes) => Tensor;

/** Adds what is missing, and replaces what is wrong. */
export function addKernels(tf: TensorFlow): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, "wasm") !== undefined) {
      // What a later version has is left alone, but for the two.
      if (!kernelName.startsWith("Conv3D")) continue;
      tf.unregisterKernel(kernelName, "wasm");
    }
    const kernelFunc: KernelConfig["kernelFunc"] = ({ inputs, attrs }) =>
      tf.tidy(() => compute(tf, inputs as NamedTensorMap, attrs as unknown as Attributes));
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  }
}

/** The geometry of a convolution of two or three dimensions. */
function geometryOf(
  tf: TensorFlow,
  inputShape: number[],
  filterShape: number[],
  attributes: Attributes,
  depthwise: boolean,
): Geometry {
  // No gradient of TensorFlow.js comes with a dilation: it refuses those.
  const { strides, pad, dimRoundingMode } = attributes;
  const { backend_util: util } = tf;
  const flat = (shape: number[]) => shape as [number, number, number, number];
  const deep = (shape: number[]) => shape as [number, number, number, number, number];
  if (inputShape.length === 5) {
    const sides = strides as [number, number, number];
    const info = util.computeConv3DInfo(deep(inputShape), deep(filterShape), sides, 1, pad as "same");
    const { front, back, top, bottom, left, right } = info.padInfo;
    return {
      out: [info.outDepth, info.outHeight, info.outWidth],
      strides: [info.strideDepth, info.strideHeight, info.strideWidth],
      // TensorFlow.js has padding below 0 where strides skip entries, and means that it begins further inside.
      before: [front, top, left].map((count) => Math.max(0, count)),
      after: [back, bottom, right].map((count) => Math.max(0, count)),
      offsets: places(filterShape.slice(0, 3)).map(([i = 0, j = 0, k = 0]) => {
        return [i - Math.min(0, front), j - Math.min(0, top), k - Math.min(0, left)];
      }),
    };
  }
  const [input, filter] = [flat(inputShape), flat(filterShape)];
  const info = util.computeConv2DInfo(input, filter, strides as [number, number], 1, pad, dimRoundingMode, depthwise);
  const { top, bottom, left, right } = info.padInfo;
  return {
    out: [info.outHeight, info.outWidth],
    strides: [info.strideHeight, info.strideWidth],
    before: [top, left],
    after: [bottom, right],
    offsets: places(filterShape.slice(0, 2)),
  };
}

/** All places of a kernel, the last axis fastest. */
function places(sides: readonly number[]): number[][] {
  return sides.reduce<number[][]>(
    (known, side) => known.flatMap((place) => Array.from({ length: side }, (_, index) => [...place, index])),
    [[]],
  );
}

/** What each place of the kernel reads of the input, for all places of the output. */
function patches(tf: TensorFlow, x: Tensor, { out, strides, before, after, offsets }: Geometry): Tensor[] {
  const [batch = 1, channels = 1] = [x.shape[0], x.shape.at(-1)];
  const padding = before.map((count, axis) => [count, after[axis] ?? 0] as [number, number]);
  const padded = tf.pad(x, [[0, 0], ...padding, [0, 0]]);
  return offsets.map((offset) => {
    const ends = offset.map((begin, axis) => begin + ((out[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1);
    return tf.stridedSlice(padded, [0, ...offset, 0], [batch, ...ends, channels], [1, ...strides, 1]);
  });
}

/** The adjoint: puts what belongs to each place of the kernel back to where it was read, and adds up. */
function scatter(tf: TensorFlow, parts: readonly Tensor[], shape: number[], geometry: Geometry): Tensor {
  const { strides, before, after, offsets } = geometry;
  const spread = parts.map((part, index) => {
    const offset = offsets[index] ?? [];
    const apart = strides.reduce((tensor: Tensor, stride, axis) => insertZeros(tf, tensor, axis + 1, stride), part);
    const sides = before.map((count, axis) => (shape[axis + 1] ?? 0) + count + (after[axis] ?? 0));
    const kept = sides.map((side, axis) => Math.min(side - (offset[axis] ?? 0), apart.shape[axis + 1] ?? 0));
    const cut = tf.slice(apart, new Array<number>(shape.length).fill(0), [-1, ...kept, -1]);
    const around = sides.map((side, axis): [number, number] => {
      const begin = offset[axis] ?? 0;
      return [begin, side - begin - (kept[axis] ?? 0)];
    });
    return tf.pad(cut, [[0, 0], ...around, [0, 0]]);
  });
  return tf.slice(tf.addN(spread), [0, ...before, 0], shape);
}

/** Zeros after each entry along an axis, so that the entries are `stride` apart. */
function insertZeros(tf: TensorFlow, tensor: Tensor, axis: number, stride: number): Tensor {
  if (stride === 1) return tensor;
  const { shape } = tensor;
  const side = shape[axis] ?? 1;
  const outer = shape.slice(0, axis).reduce((product, count) => product * count, 1);
  const apart = tf.pad(tf.reshape(tensor, [outer * side, 1, -1]), [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  return tf.reshape(apart, [...shape.slice(0, axis), side * stride, ...shape.slice(axis + 1)]);
}

const filterGradient: Kernel = (tf, { x, dy }, attributes) => {
  const { filterShape } = attributes;
  const [channels = 1, filters = 1] = filterShape.slice(-2);
  const g = tf.reshape(dy as Tensor, [-1, filters]) as Tensor2D;
  const read = patches(tf, x as Tensor, geometryOf(tf, (x as Tensor).shape, filterShape, attributes, false));
  const parts = read.map((patch) => tf.matMul(tf.reshape(patch, [-1, channels]), g, true));
  return tf.reshape(tf.stack(parts), filterShape);
};

const inputGradient: Kernel = (tf, { dy, filter }, attributes) => {
  const { inputShape } = attributes;
  const [channels = 1, filters = 1] = (filter as Tensor).shape.slice(-2);
  const geometry = geometryOf(tf, inputShape, (filter as Tensor).shape, attributes, false);
  const g = tf.reshape(dy as Tensor, [-1, filters]) as Tensor2D;
  const taps = tf.unstack(tf.reshape(filter as Tensor, [-1, channels, filters]));
  const parts = taps.map((tap) =>
    tf.reshape(tf.matMul(g, tap as Tensor2D, false, true), [-1, ...geometry.out, channels]),
  );
  return scatter(tf, parts, inputShape, geometry);
};

const depthwiseFilterGradient: Kernel = (tf, { x, dy }, attributes) => {
  const { filterShape } = attributes;
  const [channels = 1, multiplier = 1] = filterShape.slice(-2);
  const g = tf.reshape(dy as Tensor, [-1, channels, multiplier]);
  const read = patches(tf, x as Tensor, geometryOf(tf, (x as Tensor).shape, filterShape, attributes, true));
  const parts = read.map((patch) => tf.sum(tf.mul(tf.reshape(patch, [-1, channels, 1]), g), 0));
  return tf.reshape(tf.stack(parts), filterShape);
};

const depthwiseInputGradient: Kernel = (tf, { dy, filter }, attributes) => {
  const { inputShape } = attributes;
  const [channels = 1, multiplier = 1] = (filter as Tensor).shape.slice(-2);
  const geometry = geometryOf(tf, inputShape, (filter as Tensor).shape, attributes, true);
  const g = tf.reshape(dy as Tensor, [-1, channels, multiplier]);
  const taps = tf.unstack(tf.reshape(filter as Tensor, [-1, 1, channels, multiplier]));
  const parts = taps.map((tap) => tf.reshape(tf.sum(tf.mul(g, tap), 2), [-1, ...geometry.out, channels]));
  return scatter(tf, parts, inputShape, geometry);
};

const unsortedSegmentSum: Kernel = (tf, { x, segmentIds }, { numSegments }) => {
  const [values, ids] = [x as Tensor, segmentIds as Tensor];
  const rows = tf.reshape(values, [ids.size, -1]) as Tensor2D;
  const places = tf.oneHot(tf.cast(tf.reshape(ids, [-1]), "int32"), numSegments);
  const sums = tf.matMul(tf.cast(places, "float32") as Tensor2D, rows, true);
  return tf.reshape(sums, [numSegments, ...values.shape.slice(ids.rank)]);
};

const kernels: Readonly<Record<string, Kernel>> = {
  Conv2DBackpropFilter: filterGradient,
  Conv3DBackpropFilterV2: filterGradient,
  Conv3DBackpropInputV2: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  UnsortedSegmentSum: unsortedSegmentSum,
};
