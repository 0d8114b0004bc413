/**
 * The safetensors format: 8 bytes that give the length of a JSON header, the header, and the data, in which every
 * tensor has its range of bytes, without overlaps or holes. Nothing in a file is believed before it is checked.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import { isFloatDtype } from "../decode.js";
import { type ByteSource, part } from "../sources/source.js";
import { plainTensor, type Tensor } from "../tensor.js";
import { foreignFormat, SIGNATURE_BYTES } from "./foreign.js";
import { at, byteLength, type Contents, checkShape, isCount, isObject, parseJson, unread } from "./format.js";

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
export async function readSafetensors(source: ByteSource): Promise<Contents> {
  const { metadata, stored, dataStart } = await readEntries(source);
  const tensors = stored.map((entry) => tensorOf(source, entry, dataStart));
  return { format: "safetensors", metadata: metadata ?? {}, tensors };
}

/** What a header says. */
export interface Entries {
  /** Undefined where there is none. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** In the order of the header. */
  readonly stored: readonly Stored[];
  readonly dataStart: number;
}

/** The header, checked. */
export async function readEntries(source: ByteSource): Promise<Entries> {
  const { name } = source;
  const bytes = await readHeader(source);
  // It begins with a brace, so it is an object. JSON.parse makes even "__proto__" a property of its own.
  const header = parseJson(name, bytes, "a header in JSON") as object;
  const dataStart = PREFIX_BYTES + bytes.length;
  const dataBytes = source.size - dataStart;
  let metadata: Readonly<Record<string, string>> | undefined;
  const stored: Stored[] = [];
  for (const [key, entry] of Object.entries(header)) {
    if (key === METADATA) metadata = checkMetadata(name, entry);
    else stored.push(readEntry(at(name, key), key, entry, dataBytes));
  }
  checkTiling(name, stored, dataBytes);
  return { metadata, stored, dataStart };
}

/** An entry of the header, its range counted from the beginning of the data. */
export interface Stored {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
}

function tensorOf(source: ByteSource, { name, dtype, shape, ...range }: Stored, dataStart: number): Tensor {
  const bytes = part(source, dataStart + range.offset, range.byteLength);
  return isFloatDtype(dtype) ? plainTensor(name, dtype, shape, bytes) : unread(name, dtype, shape, bytes);
}

async function readHeader(source: ByteSource): Promise<Uint8Array> {
  const { size } = source;
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
  return bytes;
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

function checkMetadata(name: string, metadata: unknown): Readonly<Record<string, string>> {
  if (isObject(metadata) && Object.values(metadata).every((value) => typeof value === "string")) {
    return metadata as Record<string, string>;
  }
  throw new FormatError(`${name}: "${METADATA}" expected an object of strings, got ${describe(metadata)}`);
}

const FIELDS = ["dtype", "shape", "data_offsets"] as const;

/** @param where The beginning of messages: file and tensor. */
function readEntry(where: string, name: string, entry: unknown, dataBytes: number): Stored {
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
  return { name, dtype: dtype as string, shape: shape as number[], offset: begin, byteLength: expected };
}

function checkDtype(where: string, dtype: unknown): number {
  const bits = bitsOf.get(dtype as string);
  if (bits === undefined) {
    throw new FormatError(`${where}: "dtype" expected one of ${[...bitsOf.keys()].join(", ")}, got ${describe(dtype)}`);
  }
  return bits;
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
function checkTiling(name: string, entries: readonly Stored[], dataBytes: number): void {
  const ordered = [...entries].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let covered = 0;
  let last: Stored | undefined;
  for (const entry of ordered) {
    const where = `${at(name, entry.name)}: "data_offsets" expected to begin at ${covered}`;
    const predecessor = last === undefined ? "the beginning" : `the end of ${JSON.stringify(last.name)}`;
    if (entry.offset !== covered) {
      const problem = entry.offset < covered ? "an overlap" : "a hole, which the format forbids";
      throw new FormatError(`${where}, ${predecessor}, got ${entry.offset}: ${problem}`);
    }
    covered += entry.byteLength;
    last = entry;
  }
  if (covered !== dataBytes) {
    throw new FormatError(
      `${name}: expected all of the data to belong to tensors, got ${dataBytes - covered} bytes after the last`,
    );
  }
}
