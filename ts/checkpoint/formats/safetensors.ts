/**
 * The safetensors format: 8 bytes that give the length of a JSON header, the header, and the data, in which every
 * tensor has its range of bytes, without overlaps or holes. Nothing in a file is believed before it is checked.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import type { ByteSource } from "../source.js";
import { elements, type Tensor } from "../tensor.js";
import { foreignFormat, SIGNATURE_BYTES } from "./foreign.js";
import { repeatedName } from "./repeated.js";

const PREFIX_BYTES = 8;
// The limit of the reference implementation: a guard against reading nonsense as a length.
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";

/** Bits an element of every type of the format. */
const bitsOf: ReadonlyMap<string, number> = new Map([
  ...["F4"].map((name) => [name, 4] as const),
  ...["F6_E2M3", "F6_E3M2"].map((name) => [name, 6] as const),
  ...["BOOL", "U8", "I8"].map((name) => [name, 8] as const),
  ...["F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"].map((name) => [name, 8] as const),
  ...["I16", "U16", "F16", "BF16"].map((name) => [name, 16] as const),
  ...["I32", "U32", "F32"].map((name) => [name, 32] as const),
  ...["I64", "U64", "F64", "C64"].map((name) => [name, 64] as const),
]);

/**
 * Reads the header of a safetensors file: the first 8 bytes and the header itself, nothing else.
 *
 * @returns The tensors in the order in which the header names them.
 * @throws {FormatError} For anything that is not a complete, consistent safetensors file.
 */
export async function readSafetensors(source: ByteSource): Promise<readonly Tensor[]> {
  const text = await readHeader(source);
  const header = parse(source.name, text);
  const dataStart = PREFIX_BYTES + text.bytes;
  const dataBytes = source.size - dataStart;
  const tensors: Tensor[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) checkMetadata(source.name, entry);
    else tensors.push(readEntry(`${source.name}: tensor ${JSON.stringify(name)}`, name, entry, dataStart, dataBytes));
  }
  checkTiling(source.name, tensors, dataStart, dataBytes);
  return tensors;
}

interface HeaderText {
  readonly json: string;
  readonly bytes: number;
}

async function readHeader(source: ByteSource): Promise<HeaderText> {
  const { name, size } = source;
  if (size < PREFIX_BYTES) {
    throw await foreign(source, `expected at least ${PREFIX_BYTES} bytes, the length of the header, got ${size}`);
  }
  const prefix = await source.read(0, PREFIX_BYTES);
  // As a BigInt, for a length of 2^53 or more must not be rounded into a plausible one.
  const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > BigInt(size - PREFIX_BYTES)) {
    throw await foreign(source, `expected a header within the file of ${size} bytes, got a header of ${length} bytes`);
  }
  if (length > MAX_HEADER_BYTES) {
    throw await foreign(source, `expected a header of at most ${MAX_HEADER_BYTES} bytes, got one of ${length}`);
  }
  const bytes = await source.read(PREFIX_BYTES, Number(length));
  if (bytes[0] !== 0x7b) {
    throw await foreign(
      source,
      `expected a header that begins with "{", got ${describe(latin1(bytes.subarray(0, 8)))}`,
    );
  }
  try {
    return { json: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), bytes: bytes.length };
  } catch (cause) {
    throw new FormatError(`${name}: expected a header in UTF-8, got bytes that are not`, { cause });
  }
}

/** The error for a file that is no safetensors at all, which names what it looks like. */
async function foreign(source: ByteSource, otherwise: string): Promise<FormatError> {
  const look = foreignFormat(await source.read(0, Math.min(SIGNATURE_BYTES, source.size)));
  const problem = look === undefined ? otherwise : `this looks like ${look}`;
  return new FormatError(`${source.name}: not a safetensors file: ${problem}`);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function parse(name: string, { json }: HeaderText): object {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw new FormatError(`${name}: expected a header in JSON, got a syntax error: ${(cause as Error).message}`, {
      cause,
    });
  }
  const repeated = repeatedName(json);
  if (repeated !== undefined) {
    throw new FormatError(`${name}: expected every name in the header once, got ${JSON.stringify(repeated)} twice`);
  }
  // It begins with a brace, so it is an object. JSON.parse makes even "__proto__" a property of its own.
  return header as object;
}

function checkMetadata(name: string, metadata: unknown): void {
  if (!(isObject(metadata) && Object.values(metadata).every((value) => typeof value === "string"))) {
    throw new FormatError(`${name}: "${METADATA}" expected an object of strings, got ${describe(metadata)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const FIELDS = ["dtype", "shape", "data_offsets"] as const;

/** @param where The beginning of messages: file and tensor. */
function readEntry(where: string, name: string, entry: unknown, dataStart: number, dataBytes: number): Tensor {
  if (
    !isObject(entry) ||
    Object.keys(entry).length !== FIELDS.length ||
    !FIELDS.every((key) => Object.hasOwn(entry, key))
  ) {
    throw new FormatError(`${where} expected { ${FIELDS.join(", ")} }, got ${describe(entry)}`);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  const bits = checkDtype(where, dtype);
  const expected = byteLength(where, checkShape(where, shape), bits);
  const [begin, end] = checkOffsets(where, offsets, dataBytes);
  if (end - begin !== expected) {
    const range = `${expected} bytes for ${dtype} of shape ${describe(shape)}`;
    throw new FormatError(
      `${where}: "data_offsets" expected ${range}, got [${begin}, ${end}], which is ${end - begin}`,
    );
  }
  return { name, dtype: dtype as string, shape: shape as number[], offset: dataStart + begin, byteLength: expected };
}

function checkDtype(where: string, dtype: unknown): number {
  const bits = bitsOf.get(dtype as string);
  if (bits === undefined) {
    throw new FormatError(`${where}: "dtype" expected one of ${[...bitsOf.keys()].join(", ")}, got ${describe(dtype)}`);
  }
  return bits;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkShape(where: string, shape: unknown): readonly number[] {
  if (!(Array.isArray(shape) && shape.every(isCount))) {
    throw new FormatError(`${where}: "shape" expected an array of non-negative integers, got ${describe(shape)}`);
  }
  return shape;
}

function byteLength(where: string, shape: readonly number[], bits: number): number {
  const count = shape.includes(0) ? 0 : elements(shape);
  const total = count * bits;
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

function checkOffsets(where: string, offsets: unknown, dataBytes: number): readonly [begin: number, end: number] {
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount) ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    throw new FormatError(
      `${where}: "data_offsets" expected two ascending non-negative integers, got ${describe(offsets)}`,
    );
  }
  if (end > dataBytes) {
    const got = `got [${begin}, ${end}]: the file is truncated or its header wrong`;
    throw new FormatError(`${where}: "data_offsets" expected a range within the ${dataBytes} bytes of data, ${got}`);
  }
  return [begin, end];
}

/** The ranges, put in order, must follow each other from the first byte of the data to the last. */
function checkTiling(name: string, tensors: readonly Tensor[], dataStart: number, dataBytes: number): void {
  const ordered = [...tensors].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let covered = dataStart;
  let last: Tensor | undefined;
  for (const tensor of ordered) {
    const where = `${name}: tensor ${JSON.stringify(tensor.name)}: "data_offsets" expected to begin at ${covered - dataStart}`;
    const predecessor = last === undefined ? "the beginning" : `the end of ${JSON.stringify(last.name)}`;
    if (tensor.offset !== covered) {
      const problem = tensor.offset < covered ? "an overlap" : "a hole, which the format forbids";
      throw new FormatError(`${where}, ${predecessor}, got ${tensor.offset - dataStart}: ${problem}`);
    }
    covered += tensor.byteLength;
    last = tensor;
  }
  if (covered !== dataStart + dataBytes) {
    const surplus = `${dataStart + dataBytes - covered} bytes after the last`;
    throw new FormatError(`${name}: expected all of the data to belong to tensors, got ${surplus}`);
  }
}
