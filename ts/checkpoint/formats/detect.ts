/**
 * Which format a file has, by what it holds: names may say anything.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import type { ByteSource } from "../sources/source.js";
import { openZip, ZIP_MAGIC } from "../zip/archive.js";
import { type Contents, readJson, type Surroundings } from "./format.js";
import { HDF5_MAGIC, readHdf5 } from "./hdf5.js";
import { isKeras, readKeras } from "./keras.js";
import { NPY_MAGIC, readNpy } from "./npy.js";
import { isNpz, readNpz } from "./npz.js";
import { looksLikeOnnx, readOnnx } from "./onnx.js";
import { readSafetensors } from "./safetensors.js";
import { isIndex, readShards } from "./shards.js";
import { isTfjs, readTfjs } from "./tfjs.js";

const LOOK_BYTES = 16;

/** Reads what a checkpoint of any format holds. */
export async function readContents(source: ByteSource, surroundings: Surroundings): Promise<Contents> {
  const bytes = await source.read(0, Math.min(LOOK_BYTES, source.size));
  const start = String.fromCharCode(...bytes);
  if (start.startsWith(ZIP_MAGIC)) return await readArchive(source, surroundings);
  if (start.startsWith(HDF5_MAGIC)) return await readHdf5(source);
  if (start.startsWith(NPY_MAGIC)) return await readNpy(source);
  // Text has no zero bytes; the length of a safetensors header that can be read has some.
  if (/^\s*[{[]/.test(start) && !start.includes("\0")) return await readIndex(source, surroundings);
  if (looksLikeOnnx(bytes) && start.charAt(8) !== "{") return await readOnnx(source, surroundings);
  return await readSafetensors(source);
}

async function readArchive(source: ByteSource, surroundings: Surroundings): Promise<Contents> {
  const entries = await openZip(source);
  if (isKeras(entries)) return await readKeras(source.name, entries, surroundings);
  if (isNpz(entries)) return await readNpz(entries);
  const isTorch = [...entries.keys()].some((name) => name.endsWith("/data.pkl"));
  const remedy = isTorch ? "one of torch.save: save the weights as safetensors instead" : "neither";
  throw new FormatError(`${source.name}: expected a zip archive of NumPy (.npz) or Keras (.keras), got ${remedy}`);
}

async function readIndex(source: ByteSource, surroundings: Surroundings): Promise<Contents> {
  const json = await readJson(source);
  if (isTfjs(json)) return await readTfjs(source, json, surroundings);
  if (isIndex(json)) return await readShards(source, json, surroundings);
  const expected = 'an index of shards ("weight_map") or a model of TensorFlow.js ("weightsManifest")';
  throw new FormatError(`${source.name}: this looks like JSON, which was expected to be ${expected}, and is neither`);
}
