/**
 * The layers of a network that have weights: dense ones, convolutions, embeddings.
 *
 * @module
 */
import { OptionError, ShapeError } from "../engine/errors.js";
import { type Kernel, readKernel } from "../engine/kernel.js";
import { checkFiniteArray, checkKeys, complaintOf } from "../engine/validate.js";
import { readWeight } from "../engine/weight.js";
import { farthest, largestOf } from "../layers.js";
import type { ConvolutionLayer, DenseLayer, EmbeddingLayer, FloatArray, Weight } from "../types.js";
import type { Norms, Step } from "./plan.js";
import type { Size } from "./pools.js";
import { plus, up } from "./rounding.js";

/** A layer that batch normalization may be folded into. */
export interface Weighted extends Pick<Step, "size" | "constant"> {
  /** The constant of the layer and of what scales its outputs, channel by channel, at `path`. */
  readonly fold: (path: string, scales: Float64Array) => Step["constant"];
}

const keys = ["type", "name", "data", "shape", "axis"] as const;

function readMatrix(path: string, layer: DenseLayer | EmbeddingLayer): [Weight, ReturnType<typeof readWeight>] {
  const { data, shape, axis } = layer;
  const operand = readWeight({ data, shape, axis }, path);
  checkFiniteArray(`${path}.data`, data);
  return [{ data, shape, axis }, operand];
}

/** Reads a dense layer. */
export function readDense(path: string, layer: DenseLayer): Weighted {
  checkKeys(path, layer, keys);
  const [weight, { layout }] = readMatrix(path, layer);
  const { inner, axis, shape } = layout;
  const outputs = shape[axis] as number;
  const article = (norms: Norms) => norms.dominantTriplet(weight).sigma;
  return {
    size: undefined,
    constant: (norms) => ({ upper: norms.spectralNormBounds(weight).upper, article: article(norms) }),
    fold(batchNorm, scales) {
      const remedy = outputs === scales.length ? "" : ` Pass axis: -1 if the outputs are the columns of "${path}"`;
      checkChannels(batchNorm, path, scales, outputs, remedy);
      return (norms) => {
        const scaled = scale(weight.data, (place) => Math.floor(place / inner) % outputs, scales);
        const { upper } = norms.spectralNormBounds({ ...weight, data: scaled });
        return { upper: plus(upper, slack(scaled, 1)), article: article(norms) };
      };
    },
  };
}

/** Reads a convolution whose input is of this size, if that is known. */
export function readConvolution(path: string, layer: ConvolutionLayer, size: Size): Weighted {
  const { type, name, inputSize, ...rest } = layer;
  if (size !== undefined && inputSize !== undefined && String(inputSize) !== String(size)) {
    throw new OptionError(complaintOf(`${path}.inputSize`, `${size}, as comes in, or none`, String(inputSize)));
  }
  const convolution = { ...rest, inputSize: size === undefined ? inputSize : size };
  const read = readKernel(path, convolution);
  const { kernel, shape, layout, transposed } = convolution;
  const named = layout === undefined ? -1 : Math.max(layout.indexOf("O"), layout.indexOf("M"));
  const axis = layout === undefined ? Number(transposed === true) : named;
  const article = (norms: Norms) => norms.dominantTriplet({ data: kernel, shape, axis }).sigma;
  return {
    size: read.outputSize,
    constant: (norms) => ({ upper: norms.convolutionNorm(convolution).upper, article: article(norms) }),
    fold(batchNorm, scales) {
      const { groups, inputs, outputs } = read;
      checkChannels(batchNorm, path, scales, groups * (transposed === true ? inputs : outputs), "");
      return (norms) => {
        const channels = channelsOf(read, transposed === true);
        const scaled = scale(kernel, (place) => channels[place] as number, scales);
        const { upper, factor } = norms.convolutionNorm({ ...convolution, kernel: scaled });
        return { upper: plus(upper, slack(scaled, factor)), article: article(norms) };
      };
    },
  };
}

/** Reads an embedding. */
export function readEmbedding(path: string, layer: EmbeddingLayer): Pick<Step, "size" | "constant"> {
  const [weight] = readMatrix(path, layer);
  const { data, shape } = weight;
  const columns = shape[1] ?? 1;
  // What rounding takes from a sum of squares.
  const rounding = 1 + (columns + 8) * 2 ** -52;
  return {
    size: undefined,
    constant: (norms) => ({
      upper: farthest(path, shape, data) * rounding,
      article: norms.dominantTriplet(weight).sigma,
    }),
  };
}

function checkChannels(title: string, path: string, scales: Float64Array, outputs: number, remedy: string): void {
  if (scales.length !== outputs) {
    const expected = `one variance for each of the ${outputs} outputs of "${path}"`;
    throw new ShapeError(complaintOf(`${title}.runningVar`, expected, String(scales.length), remedy || undefined));
  }
}

/** For every entry of a kernel, in the caller's order, the channel of the output that it adds to. */
function channelsOf({ groups, outputs, inputs, places }: Kernel, transposed: boolean): Uint32Array {
  const channels = new Uint32Array(places.length);
  const [ofGroup, ofRow] = [places.length / groups, places.length / (groups * outputs)];
  places.forEach((place, index) => {
    // A transposed convolution is read as the one whose adjoint it is, so that its outputs are the inputs there.
    const inGroup = transposed ? Math.floor(index / ofGroup) * inputs + (index % inputs) : Math.floor(index / ofRow);
    channels[place] = inGroup;
  });
  return channels;
}

function scale(data: FloatArray, channel: (place: number) => number, scales: Float64Array): Float64Array {
  return Float64Array.from(data, (entry, place) => {
    const factor = scales[channel(place)] as number;
    // What is not 0 must not become it.
    return entry * factor || (entry === 0 || factor === 0 ? 0 : 2 ** -1074);
  });
}

/**
 * What rounding may have taken from the norm of a scaled kernel: of every entry a few units in its last place, or as much as
 * the least number there is. A convolution reads an entry factor² times at most.
 */
function slack(scaled: Float64Array, factor: number): number {
  const largest = largestOf(scaled);
  return largest === 0
    ? 0
    : up(up(Math.sqrt(scaled.length))) * up(factor) * (largest * 2 ** -50 + 2 ** -1072) * (1 + 2 ** -50);
}
