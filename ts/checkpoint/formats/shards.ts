/**
 * Checkpoints in several files, with an index in JSON that says what is where: `model.safetensors.index.json` of Hugging
 * Face, and `model.weights.json` of Keras.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import type { ByteSource } from "../sources/source.js";
import type { Tensor } from "../tensor.js";
import { type Contents, checkNames, checkPath, isObject, type Surroundings } from "./format.js";
import { readHdf5 } from "./hdf5.js";
import { readSafetensors } from "./safetensors.js";

/** Whether some JSON is such an index. */
export function isIndex(json: unknown): boolean {
  return isObject(json) && Object.hasOwn(json, "weight_map");
}

/** Reads the headers of all shards, in the order in which the index first names them. */
export async function readShards(source: ByteSource, json: unknown, surroundings: Surroundings): Promise<Contents> {
  const { name } = source;
  const { weight_map: map, metadata } = isObject(json) ? json : {};
  if (!isObject(map)) throw new FormatError(`${name}: "weight_map" expected an object, got ${describe(map)}`);
  const filesOf = new Map(Object.entries(map).map(([key, value]) => [key, filesIn(name, key, value)]));
  const shards = new Map<string, readonly Tensor[]>();
  let format: Contents["format"] = "safetensors";
  for (const path of new Set([...filesOf.values()].flat())) {
    const shard = await surroundings.companion(path);
    const contents = await (path.endsWith(".h5") ? readHdf5 : readSafetensors)(shard);
    ({ format } = contents);
    shards.set(path, contents.tensors);
  }
  const tensors = [...shards.values()].flat();
  checkNames(name, tensors);
  checkMap(name, filesOf, shards);
  const texts = Object.entries(isObject(metadata) ? metadata : {}).filter(([, value]) => typeof value !== "object");
  return { format, metadata: Object.fromEntries(texts.map(([key, value]) => [key, String(value)])), tensors };
}

/** One file, or, where Keras split a group, several. */
function filesIn(name: string, key: string, value: unknown): string[] {
  const where = `${name}: "weight_map": ${JSON.stringify(key)}`;
  const paths = (Array.isArray(value) ? value : [value]).map((path) => checkPath(where, path));
  if (paths.length > 0) return paths;
  throw new FormatError(`${where} expected a file, got none`);
}

/** That every name is where the index says. Keras names groups, by paths from the root. */
function checkMap(
  name: string,
  filesOf: ReadonlyMap<string, readonly string[]>,
  shards: ReadonlyMap<string, readonly Tensor[]>,
): void {
  for (const [path, tensors] of shards) {
    const groups = tensors.map((tensor) => `/${tensor.name.split("/").slice(0, -1).join("/")}`);
    const known = new Set(path.endsWith(".h5") ? groups : tensors.map((tensor) => tensor.name));
    const listed = new Set([...filesOf].filter(([, paths]) => paths.includes(path)).map(([key]) => key));
    const missing = [...listed].find((key) => !known.has(key));
    const surplus = [...known].find((key) => !listed.has(key));
    if (missing !== undefined) {
      throw new FormatError(
        `${name}: expected ${JSON.stringify(missing)} in ${JSON.stringify(path)}, got no such name`,
      );
    }
    if (surplus !== undefined) {
      throw new FormatError(
        `${name}: "weight_map" expected ${JSON.stringify(surplus)} of ${JSON.stringify(path)}, got no such name`,
      );
    }
  }
}
