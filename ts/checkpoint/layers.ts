/**
 * What a checkpoint does not say of its layers, from a file that does: how each convolution runs, or the whole network.
 *
 * `{ "conv1.weight": { "stride": 2, "padding": 1 } }` tells of single layers. `{ "inputSize": [8, 8], "network": [...] }`
 * lists all of them in order, as `lipschitzBound` takes them, with names of tensors in the place of their numbers.
 *
 * @module
 */
import { describe } from "../engine/describe.js";
import { FormatError } from "../engine/errors.js";
import { complaint } from "../engine/validate.js";
import type { Convolution, Engine } from "../types.js";
import type { ListedTensor } from "./listed.js";
import { convolutionOf } from "./operator.js";
import { elements } from "./tensor.js";
import type { Axis } from "./weight.js";

/** How a convolution runs. */
export type LayerOptions = Omit<Convolution, "kernel" | "shape">;

/** A layer of a network, in which tensors are told by their names. */
export type NamedLayer = Readonly<Record<string, unknown>> & { readonly type: string };

/** A network, layer by layer. */
export interface NamedNetwork {
  readonly layers: readonly NamedLayer[];
  readonly inputSize: number | readonly number[] | undefined;
}

/** What the file says. */
export interface Architecture {
  /** What to call the file in messages. */
  readonly name: string;
  /** By the names of weights. */
  readonly layers: ReadonlyMap<string, LayerOptions>;
  readonly network: NamedNetwork | null;
}

/**
 * Reads the file's text, as far as that goes without a checkpoint.
 *
 * @throws {FormatError} For anything but JSON of one of the two forms.
 */
export function parseArchitecture(name: string, text: string): Architecture {
  const value = parseJson(name, text);
  if (!isRecord(value)) throw wrong(name, complaint("layers", "an object: { weight: { stride, … } }", value));
  if (Array.isArray(value["network"])) return networkForm(name, value);
  const layers = Object.entries(value).map(([weight, options]) => {
    if (isRecord(options)) return [weight, options as LayerOptions] as const;
    throw wrong(name, complaint(weight, "an object, e.g. { stride: 2, padding: 1 }", options));
  });
  return { name, layers: new Map(layers), network: null };
}

function parseJson(name: string, text: string): unknown {
  try {
    // A byte order mark is no JSON, but editors write it.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new FormatError(`${name}: expected JSON, but ${(cause as Error).message}`, { cause });
  }
}

function networkForm(name: string, value: Readonly<Record<string, unknown>>): Architecture {
  for (const key of Object.keys(value)) {
    if (key !== "network" && key !== "inputSize") {
      throw wrong(name, `unknown key ${describe(key)} beside "network"; the known one is "inputSize"`);
    }
  }
  const network: NamedNetwork = {
    layers: value["network"] as readonly NamedLayer[],
    inputSize: value["inputSize"] as NamedNetwork["inputSize"],
  };
  const layers = [...convolutionsIn(name, "network", network.layers)];
  return { name, layers: new Map(layers), network };
}

/** The convolutions of a network; the rest is for `lipschitzBound` to judge. */
function* convolutionsIn(name: string, path: string, layers: unknown): Generator<readonly [string, LayerOptions]> {
  if (!Array.isArray(layers)) throw wrong(name, complaint(path, "an array of layers", layers));
  for (const [index, layer] of layers.entries()) {
    const at = `${path}[${index}]`;
    if (!isRecord(layer)) throw wrong(name, complaint(at, '{ type, … }, e.g. { type: "relu" }', layer));
    const { type, name: _, weight, ...options } = layer;
    // In a network the size of the input follows from what comes before. Without it some have no norm.
    const isSized = options["inputSize"] !== undefined || !/^re/.test(String(options["paddingMode"]));
    if (type === "convolution" && typeof weight === "string" && isSized) yield [weight, options as LayerOptions];
    for (const [key, inner] of layersWithin(layer)) yield* convolutionsIn(name, `${at}.${key}`, inner);
  }
}

/** The lists of layers within a residual or a concatenation, by their keys. */
export function layersWithin(layer: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  const { branch, shortcut, branches } = layer;
  const lists: (readonly [string, unknown])[] = [];
  if (branch !== undefined) lists.push(["branch", branch]);
  if (shortcut !== undefined) lists.push(["shortcut", shortcut]);
  if (Array.isArray(branches)) {
    lists.push(...branches.map((list: unknown, index) => [`branches[${index}]`, list] as const));
  }
  return lists;
}

/**
 * Checks every layer against the checkpoint, before any weight is read.
 *
 * @throws {FormatError} That names the file, the weight and the key.
 */
export function checkLayers(
  engine: Engine,
  { name, layers, network }: Architecture,
  tensors: ReadonlyMap<string, ListedTensor>,
  axis: Axis,
): void {
  // Those of a network are checked with all that is around them.
  if (network !== null) return;
  for (const [weight, options] of layers) {
    const tensor = tensors.get(weight);
    if (tensor === undefined) throw wrong(name, `${describe(weight)} is the name of no tensor in the checkpoint`);
    if (Object.hasOwn(options, "kernel") || Object.hasOwn(options, "shape")) {
      throw wrong(name, `${describe(weight)}: kernel and shape come from the checkpoint`);
    }
    const { shape } = tensor;
    if (shape.length < 3 || shape.length > 5) {
      const got = `a tensor of ${shape.length} dimensions`;
      throw wrong(name, `${describe(weight)} expected a kernel of 3 to 5 dimensions, got ${got}`);
    }
    // Of a kernel of zeros nothing is computed, but all options are checked, by those who know what they mean.
    const zeros = new Float32Array(elements(shape));
    const retold = (message: string) => `${describe(weight)}: ${message.replaceAll(/"convolution\.?/g, '"')}`;
    asFormat(name, retold, () => {
      engine.convolutionNorm(convolutionOf(zeros, shape, axis, options));
    });
  }
}

/** Runs a check of the engine, and retells its complaint as one about the file. */
export function asFormat(name: string, retold: (message: string) => string, check: () => void): void {
  try {
    check();
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message: string };
    if (code !== "OPTION" && code !== "TYPE" && code !== "SHAPE") throw thrown;
    throw wrong(name, retold(message), thrown);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(name: string, message: string, cause?: unknown): FormatError {
  return new FormatError(`${name}: ${message}`, { cause });
}
