/**
 * TensorFlow.js's model.json: a manifest of groups of weights, each group in files that follow one another.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import { paged } from "../sources/pages.js";
import { type ByteSource, joined, part } from "../sources/source.js";
import { type Codec, codecOf, type Tensor } from "../tensor.js";
import {
  at,
  byteLength,
  type Contents,
  checkNames,
  checkPath,
  checkShape,
  isCount,
  isObject,
  type Surroundings,
  unread,
} from "./format.js";

const MAX_STRINGS = 1_000_000;

/** Whether some JSON is a model of TensorFlow.js, or the manifest alone, as its older converters wrote it. */
export function isTfjs(json: unknown): boolean {
  if (Array.isArray(json)) return json.length > 0 && json.every((group) => isObject(group) && "weights" in group);
  return isObject(json) && Object.hasOwn(json, "weightsManifest");
}

/** Reads the manifest; of the weights' files, only sizes, and the lengths of strings. */
export async function readTfjs(source: ByteSource, json: unknown, surroundings: Surroundings): Promise<Contents> {
  const { name } = source;
  const manifest = isObject(json) ? json["weightsManifest"] : json;
  if (!Array.isArray(manifest)) {
    throw new FormatError(`${name}: "weightsManifest" expected an array, got ${describe(manifest)}`);
  }
  const tensors: Tensor[] = [];
  for (const [index, group] of manifest.entries()) {
    const where = `${name}: "weightsManifest[${index}]"`;
    tensors.push(...(await readGroup(name, where, group, surroundings)));
  }
  checkNames(name, tensors);
  return { format: "tfjs", metadata: metadataOf(json), tensors };
}

function metadataOf(json: unknown): Readonly<Record<string, string>> {
  const keys = ["format", "generatedBy", "convertedBy"];
  const known = isObject(json) ? Object.entries(json).filter(([key]) => keys.includes(key)) : [];
  return Object.fromEntries(known.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

async function readGroup(name: string, where: string, group: unknown, surroundings: Surroundings): Promise<Tensor[]> {
  const { paths, weights } = isObject(group) ? group : {};
  if (!(Array.isArray(paths) && Array.isArray(weights))) {
    throw new FormatError(`${where} expected { paths, weights }, got ${describe(group)}`);
  }
  const files: ByteSource[] = [];
  for (const path of paths) files.push(await surroundings.companion(checkPath(`${where}: "paths"`, path)));
  const data = joined(files, files.length === 1 ? (files[0] as ByteSource).name : `${where}: "paths"`);
  const tensors: Tensor[] = [];
  let offset = 0;
  for (const spec of weights) {
    const { tensor, size } = await readSpec(name, where, spec, { data, offset });
    tensors.push(tensor);
    offset += size;
  }
  if (offset !== data.size) {
    throw new FormatError(`${where}: "paths" expected ${offset} bytes in all for the weights, got ${data.size}`);
  }
  return tensors;
}

/** Where the next weight begins. */
interface Place {
  readonly data: ByteSource;
  readonly offset: number;
}

const integers: Readonly<Record<string, readonly [name: string, width: number]>> = {
  int32: ["I32", 4],
  uint8: ["U8", 1],
  uint16: ["U16", 2],
  bool: ["BOOL", 1],
  complex64: ["C64", 8],
};

async function readSpec(
  name: string,
  group: string,
  spec: unknown,
  place: Place,
): Promise<{ readonly tensor: Tensor; readonly size: number }> {
  const { name: key, dtype, shape: given, quantization } = isObject(spec) ? spec : {};
  if (typeof key !== "string") throw new FormatError(`${group}: "weights" expected a name, got ${describe(spec)}`);
  const where = at(name, key);
  const shape = checkShape(where, given);
  if (dtype === "string") {
    return { tensor: unread(key, "string", shape), size: await stringBytes(where, place, shape) };
  }
  const [integer, integerWidth] = Object.hasOwn(integers, String(dtype)) ? (integers[String(dtype)] ?? []) : [];
  if (dtype !== "float32" && integerWidth === undefined) {
    const known = ["float32", ...Object.keys(integers), "string"].join(", ");
    throw new FormatError(`${where}: "dtype" expected one of ${known}, got ${describe(dtype)}`);
  }
  const codec = quantization === undefined ? undefined : quantized(where, quantization);
  const width = codec?.width ?? integerWidth ?? 4;
  const size = byteLength(where, shape, 8 * width);
  if (place.offset + size > place.data.size) {
    const range = `bytes ${place.offset} to ${place.offset + size}`;
    throw new FormatError(`${where}: expected ${range} within its files, got ${place.data.size} bytes in all`);
  }
  const bytes = part(place.data, place.offset, size);
  if (integer !== undefined) return { tensor: unread(key, integer, shape, bytes), size };
  const elements = { bytes, codec: codec ?? codecOf("F32"), isColumnMajor: false };
  return { tensor: { name: key, dtype: codec?.width === 2 && codec.isHalf ? "F16" : "F32", shape, elements }, size };
}

interface Quantized extends Codec {
  readonly isHalf: boolean;
}

/** Numbers of TensorFlow.js's `quantizeWeights`: float16, or integers that are scaled and shifted in double precision. */
function quantized(where: string, quantization: unknown): Quantized {
  const { dtype, scale, min } = isObject(quantization) ? quantization : {};
  if (dtype === "float16") return { ...codecOf("F16"), isHalf: true };
  if ((dtype === "uint8" || dtype === "uint16") && Number.isFinite(scale) && Number.isFinite(min)) {
    const width = dtype === "uint8" ? 1 : 2;
    const [factor, shift] = [scale as number, min as number];
    return {
      width,
      isHalf: false,
      target: "float32",
      decode(bytes, target) {
        for (let i = 0; i < target.length; i++) {
          const low = bytes[width * i] as number;
          const value = width === 1 ? low : low + 256 * (bytes[2 * i + 1] as number);
          target[i] = value * factor + shift;
        }
      },
    };
  }
  const expected = "float16, or uint8 or uint16 with finite scale and min";
  throw new FormatError(`${where}: "quantization" expected ${expected}, got ${describe(quantization)}`);
}

/** Strings have their lengths before them. */
async function stringBytes(where: string, { data, offset }: Place, shape: readonly number[]): Promise<number> {
  const count = byteLength(where, shape, 8);
  if (!isCount(count) || count > MAX_STRINGS) {
    throw new FormatError(`${where}: "shape" expected at most ${MAX_STRINGS} strings, got ${count}`);
  }
  const pages = paged(data);
  let end = offset;
  for (let i = 0; i < count; i++) {
    const bytes = await pages.read(end, 4);
    end += 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }
  if (end > data.size) throw new FormatError(`${where}: expected strings within ${data.size} bytes, got ${end}`);
  return end - offset;
}
