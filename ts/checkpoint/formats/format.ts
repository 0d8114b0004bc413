/**
 * What readers of formats share: what they are given, what they give, and the checks that nothing is believed without.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import type { ByteSource } from "../sources/source.js";
import type { Tensor } from "../tensor.js";
import type { CheckpointFormat } from "../types.js";
import { repeatedName } from "./repeated.js";

/** What a checkpoint holds, read from its headers alone. */
export interface Contents {
  readonly format: CheckpointFormat;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the file. */
  readonly tensors: readonly Tensor[];
}

/** What a reader is given beside the file. */
export interface Surroundings {
  /** Opens another file that the first one names. */
  companion(path: string): Promise<ByteSource>;
  /** The most bytes that may be held in memory at once, of what cannot be read in pieces. */
  readonly maxWhole: number;
}

// The limit of safetensors' reference implementation for its header, which is JSON, too.
const MAX_JSON_BYTES = 100_000_000;
const MAX_DIMENSIONS = 64;

/** `value` as an object that is no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An integer from 0 that is exact. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Reads a whole source as JSON. */
export async function readJson(source: ByteSource): Promise<unknown> {
  const { name, size } = source;
  if (size > MAX_JSON_BYTES) {
    throw new FormatError(`${name}: expected JSON of at most ${MAX_JSON_BYTES} bytes, got ${size}`);
  }
  return parseJson(name, await source.read(0, size), "JSON");
}

/** @param what What the bytes are called, e.g. "a header in JSON". */
export function parseJson(name: string, bytes: Uint8Array, what: string): unknown {
  const json = text(name, bytes, what);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new FormatError(`${name}: expected ${what}, got a syntax error: ${(cause as Error).message}`, { cause });
  }
  const repeated = repeatedName(json);
  if (repeated !== undefined) {
    throw new FormatError(`${name}: expected every name in the JSON once, got ${JSON.stringify(repeated)} twice`);
  }
  return value;
}

/** Bytes as UTF-8. */
export function text(name: string, bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${name}: expected ${what} in UTF-8, got bytes that are not`, { cause });
  }
}

/** @param where The beginning of messages: file and tensor. */
export function checkShape(where: string, shape: unknown): readonly number[] {
  if (!(Array.isArray(shape) && shape.every(isCount))) {
    throw new FormatError(`${where}: "shape" expected an array of non-negative integers, got ${describe(shape)}`);
  }
  if (shape.length > MAX_DIMENSIONS) {
    throw new FormatError(`${where}: "shape" expected at most ${MAX_DIMENSIONS} dimensions, got ${shape.length}`);
  }
  return shape;
}

/** The bytes that a shape takes. */
export function byteLength(where: string, shape: readonly number[], bits: number): number {
  const total = bits * (shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1));
  if (!Number.isSafeInteger(total)) {
    throw new FormatError(`${where}: "shape" expected fewer than 2^53 bits in all, got ${describe(shape)}`);
  }
  if (total % 8 !== 0) {
    throw new FormatError(
      `${where}: "shape" expected elements of ${bits} bits that fill whole bytes, got ${describe(shape)}`,
    );
  }
  return total / 8;
}

/** That a file which a checkpoint names lies beside it or below, wherever the checkpoint was copied to. */
export function checkPath(where: string, path: unknown): string {
  const isPlain = (part: string) => part !== "" && part !== "." && part !== "..";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
  if (typeof path === "string" && !/[\\:\x00-\x1f]/.test(path) && path.split("/").every(isPlain)) return path;
  throw new FormatError(
    `${where} expected a relative path of plain names, without "..", "\\" and ":", got ${describe(path)}`,
  );
}

/** That no name is there twice. */
export function checkNames(name: string, tensors: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const tensor of tensors) {
    if (seen.has(tensor.name)) {
      throw new FormatError(`${name}: expected every tensor once, got ${JSON.stringify(tensor.name)} twice`);
    }
    seen.add(tensor.name);
  }
}

/** The beginning of messages about a tensor. */
export function at(name: string, tensor: string): string {
  return `${name}: tensor ${JSON.stringify(tensor)}`;
}

/** A tensor that is not read. */
export function unread(name: string, dtype: string, shape: readonly number[], raw?: ByteSource): Tensor {
  return { name, dtype, shape, elements: undefined, raw };
}
