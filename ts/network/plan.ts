/**
 * Reads a network: checks all of it, follows the size of what flows through, and leaves what is to be computed.
 *
 * @module
 */
import { OptionError, ShapeError, TypeMismatchError } from "../engine/errors.js";
import { checkKeys, complaint, complaintOf, readChoice, readPositive, readVector } from "../engine/validate.js";
import { batchNormKeys, largestOf, scalesOf } from "../layers.js";
import type { FloatArray, Layer, LayerBound, SelfNormLayer, Spectral } from "../types.js";
import { constants, parametric } from "./activations.js";
import { globalPool, readPool, type Size } from "./pools.js";
import { plus, root, times, up } from "./rounding.js";
import { readConvolution, readDense, readEmbedding, type Weighted } from "./weights.js";

/** The functions that a network's constant is made of. */
export type Norms = Pick<Spectral, "spectralNormBounds" | "dominantTriplet" | "convolutionNorm">;

/** What the table says of a layer in numbers. */
export type Constant = Pick<LayerBound, "upper" | "article">;

/** A layer that passed the checks. */
export interface Step {
  readonly path: string;
  readonly name: string | undefined;
  readonly type: Layer["type"];
  readonly note?: string | undefined;
  /** The size of what comes out, in space. */
  readonly size: Size;
  /** Computes the constant; those of the layers within go into the table by `table`. */
  readonly constant: (norms: Norms, table: Table) => Constant;
}

/** Computes steps one after the other, and notes each. */
export type Table = (steps: readonly Step[]) => Constant;

type Read = Pick<Step, "note" | "size" | "constant">;
type Layers<T extends Layer["type"]> = Extract<Layer, { readonly type: T }>;

/** What reading a layer needs: where it stands, what comes in, and whether that is the input of the network. */
interface Context {
  readonly path: string;
  readonly size: Size;
  readonly atStart: boolean;
}

const attention = "dot-product attention has no Lipschitz constant (Kim, Papamakarios and Mnih 2021)";
const poolKeys = ["size", "stride", "padding"] as const;

const sameSize = (size: Size, upper: number, article = 1): Read => ({ size, constant: () => ({ upper, article }) });

/** By type, the keys and how to read it; a weight is read apart, for batch normalization may be folded into it. */
const kinds: Readonly<Record<string, readonly [keys: readonly string[], read: (layer: never, at: Context) => Read]>> = {
  ...Object.fromEntries(
    Object.entries(constants).map(([type, constant]) => {
      const moves = type === "flatten" || type === "reshape" || type === "permute";
      return [type, [[], (_: Layer, { size }: Context) => sameSize(moves ? undefined : size, constant)] as const];
    }),
  ),
  ...Object.fromEntries(
    Object.entries(parametric).map(([type, [key, constant]]) => {
      const read = (layer: Record<string, unknown>, { path, size }: Context) =>
        sameSize(size, constant(`${path}.${key}`, layer[key]));
      return [type, [[key], read] as const];
    }),
  ),
  batchNorm: [
    batchNormKeys,
    (layer: Layers<"batchNorm">, { path, size }) => {
      const scales = scalesOf(path, layer);
      // Each was rounded three times; rounding up keeps the order.
      const upper = up(up(largestOf(scales)));
      return sameSize(size, upper, gammaNorm(layer.gamma, scales.length));
    },
  ],
  ...Object.fromEntries(
    ["layerNorm", "groupNorm", "instanceNorm", "rmsNorm"].map((type) => [
      type,
      [["gamma", "eps"], readSelfNorm] as const,
    ]),
  ),
  averagePool: [[...poolKeys, "countPadding"], readPoolStep],
  maxPool: [[...poolKeys, "dilation"], readPoolStep],
  globalAveragePool: [[], readGlobalPool],
  globalMaxPool: [[], readGlobalPool],
  attention: [
    [],
    () => ({ size: undefined, note: attention, constant: () => ({ upper: Number.POSITIVE_INFINITY, article: 1 }) }),
  ],
  embedding: [
    ["data", "shape", "axis"],
    (layer: Layers<"embedding">, { path, atStart }) => {
      if (!atStart)
        throw new OptionError(complaintOf(path, "an embedding at the start only", "one after another layer"));
      return readEmbedding(path, layer);
    },
  ],
  residual: [["branch", "shortcut"], readResidual],
  concat: [["branches"], readConcat],
};

function readSelfNorm({ gamma, eps }: SelfNormLayer, { path, size }: Context): Read {
  if (gamma !== undefined) readVector(`${path}.gamma`, gamma, gamma.length, "");
  const epsilon = readPositive(`${path}.eps`, eps === undefined ? 1e-5 : eps, 1);
  const largest = gamma === undefined ? 1 : largestOf(gamma);
  return sameSize(size, up(up(largest / Math.sqrt(epsilon))), gammaNorm(gamma, 1));
}

/** ‖γ‖₂; where γ is not given, it is all ones, as many as told. */
function gammaNorm(gamma: FloatArray | undefined, count: number): number {
  return Math.sqrt(
    gamma === undefined ? count : Float64Array.from(gamma, (entry) => entry * entry).reduce((a, b) => a + b, 0),
  );
}

function readPoolStep(layer: Layers<"maxPool">, { path, size }: Context): Read {
  const pooled = readPool(path, layer, size);
  return sameSize(pooled.size, pooled.upper);
}

function readGlobalPool(layer: Layers<"globalMaxPool">, { path, size }: Context): Read {
  return sameSize(undefined, globalPool(path, layer, size));
}

function readResidual({ branch, shortcut = [] }: Layers<"residual">, at: Context): Read {
  const [steps, beside] = [within(at, "branch", branch), within(at, "shortcut", shortcut)];
  return {
    size: agreed(at.path, [sizeAfter(steps, at.size), sizeAfter(beside, at.size)]),
    constant: (_, table) => {
      const [a, b] = [table(steps), table(beside)];
      return { upper: plus(a.upper, b.upper), article: a.article + b.article };
    },
  };
}

function readConcat({ branches }: Layers<"concat">, at: Context): Read {
  if (!Array.isArray(branches) || branches.length === 0) {
    throw new TypeMismatchError(complaint(`${at.path}.branches`, "an array of at least one array of layers", branches));
  }
  const all = branches.map((branch, index) => within(at, `branches[${index}]`, branch));
  return {
    size: agreed(
      at.path,
      all.map((steps) => sizeAfter(steps, at.size)),
    ),
    constant: (_, table) => {
      const found = all.map(table);
      if (found.length === 1) return found[0] as Constant;
      const square = (key: keyof Constant) =>
        found.map((constant) => times(constant[key], constant[key])).reduce(plus, 0);
      return { upper: root(square("upper")), article: Math.sqrt(square("article")) };
    },
  };
}

/** What comes out of branches that are joined is as large in all of them. */
function agreed(path: string, sizes: readonly Size[]): Size {
  const known = sizes.filter((size) => size !== undefined);
  const [first] = known;
  const other = known.find((size) => String(size) !== String(first));
  if (other !== undefined) {
    throw new ShapeError(complaintOf(path, "branches with outputs of one size", `${first} and ${other}`));
  }
  return known.length === sizes.length ? first : undefined;
}

const sizeAfter = (steps: readonly Step[], size: Size): Size => (steps.length === 0 ? size : steps.at(-1)?.size);

const within = ({ path, size, atStart }: Context, key: string, layers: unknown): Step[] =>
  readLayers(`${path}.${key}`, layers, size, atStart);

/** Checks layers that follow one another, of which the first gets inputs of this size. */
export function readLayers(title: string, layers: unknown, input: Size, atStart: boolean): Step[] {
  if (!Array.isArray(layers)) {
    throw new TypeMismatchError(complaint(title, "an array of layers", layers));
  }
  const steps: Step[] = [];
  let size = input;
  let before: { weighted: Weighted; path: string } | undefined;
  for (const [index, layer] of layers.entries()) {
    const path = `${title}[${index}]`;
    const [type, name] = readHead(path, layer);
    const at = { path, size, atStart: atStart && index === 0 };
    const weighted = readWeighted(type, layer, at);
    let read = weighted ?? readOther(type, layer, at);
    if (type === "batchNorm" && before !== undefined) {
      const [folded, article] = [before.weighted.fold(path, scalesOf(path, layer)), read.constant];
      steps[index - 1] = { ...(steps[index - 1] as Step), constant: folded, note: `with ${path} folded in` };
      const constant: Step["constant"] = (norms, table) => ({ upper: 1, article: article(norms, table).article });
      read = { size, note: `folded into ${before.path}`, constant };
    }
    steps.push({ path, name, type, ...read });
    size = read.size;
    before = weighted === undefined ? undefined : { weighted, path };
  }
  return steps;
}

function readHead(path: string, layer: unknown): [Layer["type"], string | undefined] {
  const types = ["dense", "convolution", ...Object.keys(kinds)] as unknown as [Layer["type"]];
  if (typeof layer !== "object" || layer === null || Array.isArray(layer)) {
    throw new TypeMismatchError(complaint(path, '{ type, … }, e.g. { type: "relu" }', layer));
  }
  const { type, name } = layer as Partial<Layer>;
  if (name !== undefined && typeof name !== "string") {
    throw new TypeMismatchError(complaint(`${path}.name`, "a string", name));
  }
  return [readChoice(`${path}.type`, type === undefined ? null : type, types), name];
}

function readWeighted(type: Layer["type"], layer: Layer, { path, size }: Context): Weighted | undefined {
  if (type === "dense") return readDense(path, layer as Layers<"dense">);
  return type === "convolution" ? readConvolution(path, layer as Layers<"convolution">, size) : undefined;
}

function readOther(type: Layer["type"], layer: Layer, at: Context): Read {
  const [keys, read] = kinds[type] as (typeof kinds)[string];
  checkKeys(at.path, layer, ["type", "name", ...keys]);
  return read(layer as never, at);
}
