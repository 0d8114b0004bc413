/**
 * Which weights of a layer are normalized, and how each is read as a matrix.
 *
 * @module
 */
import type { LayerVariable, layers, Tensor } from "@tensorflow/tfjs";
import { complaintOf, readInteger } from "../engine/validate.js";
import { ShapeError, TypeMismatchError } from "../index.js";
import type { TensorFlow, TfjsPreset } from "./types.js";

/** A weight of a layer that is replaced while the layer computes. */
export interface Place {
  /** The name of its property. */
  readonly property: string;
  /** What the names of its vectors begin with. */
  readonly prefix: string;
}

/** What is known of a class of layers. */
interface Kind {
  readonly places: readonly Place[];
  /** The rank of its input, or the least one where `atLeast` is set. */
  readonly rank: number;
  readonly atLeast?: true;
  /** Whether the weights belong to the cell of a recurrent layer. */
  readonly inCell?: true;
  /** Which axis PyTorch would have for the output of the kernel; the last one unless said. */
  readonly output?: number;
}

const kernel: Place = { property: "kernel", prefix: "" };
const depthwise: Place = { property: "depthwiseKernel", prefix: "" };
const recurrent: Kind = {
  places: [kernel, { property: "recurrentKernel", prefix: "recurrent_" }],
  rank: 3,
  inCell: true,
};

const kinds: Readonly<Record<string, Kind>> = {
  Dense: { places: [kernel], rank: 2, atLeast: true },
  Conv1D: { places: [kernel], rank: 3 },
  Conv2D: { places: [kernel], rank: 4 },
  Conv3D: { places: [kernel], rank: 5 },
  Conv2DTranspose: { places: [kernel], rank: 4, output: -2 },
  DepthwiseConv2D: { places: [depthwise], rank: 4 },
  SeparableConv2D: { places: [depthwise, { property: "pointwiseKernel", prefix: "pointwise_" }], rank: 4 },
  Embedding: { places: [{ property: "embeddings", prefix: "" }], rank: 1, atLeast: true, output: 0 },
  SimpleRNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
};

/** What is known of a layer; throws for those whose weights nobody named. */
export function kindOf(layer: layers.Layer): Kind {
  const name = layer.getClassName();
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined) {
    const known = Object.keys(kinds).join(", ");
    throw new TypeMismatchError(complaintOf("args.layer", `one of ${known}`, name));
  }
  return kind;
}

/** Refuses inputs of another rank than the layer's. */
export function checkRank(layer: layers.Layer, shape: readonly unknown[]): void {
  const { rank, atLeast } = kindOf(layer);
  if (atLeast ? shape.length < rank : shape.length !== rank) {
    const expected = `${atLeast ? "at least " : ""}${rank} dimensions for the layer "${layer.name}"`;
    throw new ShapeError(
      complaintOf("inputs", expected, `the shape [${shape.map((side) => side ?? "null").join(", ")}]`),
    );
  }
}

/** The object that has a layer's weights for properties: the layer, or its cell. */
export function holderOf(layer: layers.Layer): Record<string, LayerVariable> {
  const holder = kindOf(layer).inCell ? (layer as unknown as { readonly cell: unknown }).cell : layer;
  return holder as Record<string, LayerVariable>;
}

/** How the entries of a weight make a matrix, whose columns are the outputs. */
export interface Reading {
  readonly rows: number;
  readonly columns: number;
  /** The order of the axes before the weight is cut into rows; none where it is the order they are in. */
  readonly order?: readonly number[];
}

/** The reading of a weight: the output axis last, unless a preset or the caller has another one. */
export function readingOf(
  layer: layers.Layer,
  { property }: Place,
  shape: readonly number[],
  preset: TfjsPreset,
  given: number | undefined,
): Reading {
  const size = shape.reduce((product, side) => product * side, 1);
  if (given === undefined && preset === "torch" && property === "depthwiseKernel") {
    // PyTorch has a row for each output channel, in · multiplier, and a column for each place of the kernel.
    const columns = shape.slice(-2).reduce((product, side) => product * side, 1);
    return { rows: size / columns, columns };
  }
  const usual = preset === "torch" && property !== "pointwiseKernel" ? (kindOf(layer).output ?? -1) : -1;
  const chosen = readInteger("args.axis", given, usual, -shape.length, shape.length - 1);
  const axis = chosen < 0 ? chosen + shape.length : chosen;
  const columns = shape[axis] ?? 1;
  const reading = { rows: size / columns, columns };
  if (axis === shape.length - 1) {
    return reading;
  }
  return { ...reading, order: [...shape.keys()].filter((other) => other !== axis).concat(axis) };
}

/** The weight as a matrix. */
export function matrixOf(tf: TensorFlow, weight: Tensor, { rows, columns, order }: Reading): Tensor {
  return tf.reshape(order === undefined ? weight : tf.transpose(weight, [...order]), [rows, columns]);
}
