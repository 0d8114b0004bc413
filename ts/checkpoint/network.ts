/**
 * The Lipschitz constant of the network that a file of layers tells, with the weights of a checkpoint.
 *
 * @module
 */
import { describe } from "../engine/describe.js";
import { FormatError } from "../engine/errors.js";
import type { Engine, FloatArray, LayerBound, Network } from "../types.js";
import { type Architecture, asFormat, layersWithin, type NamedLayer } from "./layers.js";
import { isRead, type ListedTensor } from "./listed.js";
import { readFloats } from "./stored-norm.js";
import { elements } from "./tensor.js";
import type { CheckpointTensor } from "./types.js";
import type { AuditedTensor, WeightContext } from "./weight.js";

/** A bound of the network's Lipschitz constant in the Euclidean norm. */
export interface NetworkBound {
  /** At least the constant, rounding included; null where no constant is known, as with dot-product attention. */
  readonly upper: number | null;
  /** The product as the article counts it, with kernels reshaped; null where it is infinite. */
  readonly article: number | null;
  /** The size of the input in space, as given. */
  readonly inputSize: number | readonly number[] | null;
  readonly layers: readonly LayerBound[];
}

/** Which keys of a layer name tensors, and what they are called in the network. */
const tensorKeys: ReadonlyMap<unknown, Readonly<Record<string, string>>> = new Map<unknown, Record<string, string>>([
  ["dense", { weight: "data" }],
  ["embedding", { weight: "data" }],
  ["convolution", { weight: "kernel" }],
  ["batchNorm", { gamma: "gamma", runningVar: "runningVar" }],
  ...["layerNorm", "groupNorm", "instanceNorm", "rmsNorm"].map((type) => [type, { gamma: "gamma" }] as const),
]);

/** Gives the numbers of a tensor, or zeros in their place. */
type Lookup = (tensor: CheckpointTensor) => FloatArray;

/**
 * Checks the network against the checkpoint before any weight is read, by the bound of a network of zeros.
 *
 * @throws {FormatError} That names the file, the layer and the key.
 */
export function checkNetwork(
  engine: Engine,
  architecture: Architecture,
  tensors: ReadonlyMap<string, ListedTensor>,
): void {
  // One of variance in all channels: zeros are of no use where eps is 0.
  bound(engine, architecture, tensors, ({ shape }) => new Float32Array(elements(shape)).fill(shape.length > 1 ? 0 : 1));
}

/**
 * The bound, with weights as the network uses them: divided where the checkpoint keeps a divisor.
 *
 * @returns null where a weight in use is not known, which {@link AuditedTensor.note} explains.
 */
export async function boundNetwork(
  context: WeightContext,
  architecture: Architecture,
  rows: readonly AuditedTensor[],
): Promise<NetworkBound | null> {
  const { network } = architecture;
  if (network === null) return null;
  const data = new Map<string, FloatArray>();
  const named = new Map(rows.map((row) => [row.name, row]));
  for (const tensor of tensorsOf(architecture, network.layers, context.named)) {
    const row = named.get(tensor.name);
    if (row !== undefined && !isUsable(row)) return null;
    data.set(tensor.name, inUse(row, (await readFloats(context, tensor)) as FloatArray));
  }
  const { upper, article, layers } = bound(
    context.engine,
    architecture,
    context.named,
    ({ name }) => data.get(name) as FloatArray,
  );
  const known = (value: number) => (Number.isFinite(value) ? value : null);
  return { upper: known(upper), article: known(article), inputSize: network.inputSize ?? null, layers };
}

function isUsable({ error, normalization, storedSigma }: AuditedTensor): boolean {
  if (error !== null) return false;
  return normalization === null || normalization === "keras" || (storedSigma !== null && storedSigma !== 0);
}

/** In float64, for rounding a quotient to float32 would add to its norm. */
function inUse(row: AuditedTensor | undefined, data: FloatArray): FloatArray {
  const { normalization = null, storedSigma = null } = row ?? {};
  if (normalization === null || normalization === "keras" || storedSigma === null) return data;
  return Float64Array.from(data, (entry) => entry / storedSigma);
}

function bound(
  engine: Engine,
  { name, network }: Architecture,
  tensors: ReadonlyMap<string, ListedTensor>,
  lookup: Lookup,
): ReturnType<Engine["lipschitzBound"]> {
  let result: ReturnType<Engine["lipschitzBound"]> | undefined;
  const layers = build({ name, tensors, lookup }, "network", network?.layers ?? []);
  asFormat(
    name,
    (message) => message.replaceAll('"options.', '"'),
    () => {
      result = engine.lipschitzBound(layers, { inputSize: network?.inputSize });
    },
  );
  return result as ReturnType<Engine["lipschitzBound"]>;
}

interface Building {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, ListedTensor>;
  readonly lookup: Lookup;
}

function build(building: Building, path: string, layers: readonly NamedLayer[]): Network {
  return layers.map((layer, index) => buildLayer(building, `${path}[${index}]`, layer)) as unknown as Network;
}

function buildLayer(building: Building, path: string, layer: NamedLayer): unknown {
  const made: Record<string, unknown> = { ...layer };
  for (const [key, parameter] of Object.entries(tensorKeys.get(layer.type) ?? {})) {
    if (layer[key] === undefined && key !== "weight") continue;
    const tensor = tensorOf(building, `${path}.${key}`, layer[key]);
    delete made[key];
    made[parameter] = building.lookup(tensor);
    if (key !== "weight") continue;
    made["shape"] = tensor.shape;
    made["name"] ??= tensor.name;
  }
  for (const [key, inner] of layersWithin(layer)) {
    const built = build(building, `${path}.${key}`, inner as readonly NamedLayer[]);
    if (key === "branch" || key === "shortcut") made[key] = built;
    else made["branches"] = [...(key === "branches[0]" ? [] : (made["branches"] as unknown[])), built];
  }
  return made;
}

function tensorOf({ name, tensors }: Building, path: string, given: unknown): CheckpointTensor {
  const tensor = typeof given === "string" ? tensors.get(given) : undefined;
  if (tensor !== undefined && isRead(tensor)) return tensor;
  const expected = tensor === undefined ? "the name of a tensor in the checkpoint" : "a tensor of floats";
  throw new FormatError(`${name}: "${path}" expected ${expected}, got ${describe(tensor?.dtype ?? given)}`);
}

/** Every tensor that the layers name, once. */
function tensorsOf(
  { name }: Architecture,
  layers: readonly NamedLayer[],
  tensors: ReadonlyMap<string, ListedTensor>,
): ReadonlySet<CheckpointTensor> {
  const found = new Set<CheckpointTensor>();
  const lookup = (tensor: CheckpointTensor) => {
    found.add(tensor);
    return new Float32Array(0);
  };
  build({ name, tensors, lookup }, "network", layers);
  return found;
}
