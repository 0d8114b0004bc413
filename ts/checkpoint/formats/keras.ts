/**
 * Keras's .keras: a zip archive with the weights in HDF5, in one file or in shards, and JSON about the model.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { bytesSource } from "../sources/memory.js";
import type { ByteSource } from "../sources/source.js";
import type { Entry } from "../zip/archive.js";
import { type Contents, isObject, readJson, type Surroundings } from "./format.js";
import { readHdf5 } from "./hdf5.js";
import { readShards } from "./shards.js";

const WEIGHTS = "model.weights.h5";
const INDEX = "model.weights.json";
const METADATA = "metadata.json";

/** Whether an archive looks like one that Keras made. */
export function isKeras(entries: ReadonlyMap<string, Entry>): boolean {
  return entries.has(WEIGHTS) || entries.has(INDEX);
}

/** The weights of the model. */
export async function readKeras(
  archive: string,
  entries: ReadonlyMap<string, Entry>,
  { maxWhole }: Surroundings,
): Promise<Contents> {
  const open = async (path: string) => {
    const entry = entries.get(path);
    if (entry === undefined) throw new FormatError(`${archive}: expected an entry ${JSON.stringify(path)}, got none`);
    return await randomAccess(await entry.open(), entry, maxWhole);
  };
  const metadata = entries.has(METADATA) ? textsOf(await readJson(await open(METADATA))) : {};
  const { tensors } = entries.has(WEIGHTS)
    ? await readHdf5(await open(WEIGHTS))
    : await shards(await open(INDEX), { companion: open, maxWhole });
  return { format: "keras", metadata, tensors };
}

async function shards(index: ByteSource, surroundings: Surroundings): Promise<Contents> {
  return await readShards(index, await readJson(index), surroundings);
}

/** HDF5 is read by following pointers, which in a compressed stream would mean to begin anew each time. */
async function randomAccess(source: ByteSource, { isDeflated, size }: Entry, maxWhole: number): Promise<ByteSource> {
  if (!isDeflated) return source;
  if (size > maxWhole) {
    const limit = `at most ${maxWhole} bytes (maxWhole), or stored without compression as Keras does`;
    throw new FormatError(`${source.name}: expected ${limit}, got ${size} compressed`);
  }
  return bytesSource(await source.read(0, size), source.name);
}

function textsOf(json: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isObject(json) ? json : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
