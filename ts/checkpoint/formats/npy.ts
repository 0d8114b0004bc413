/**
 * NumPy's .npy: a magic string, a header that is a Python dictionary, and the elements in row-major or column-major order.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import type { FloatDtype } from "../decode.js";
import { type ByteSource, part } from "../sources/source.js";
import { codecOf, type Tensor } from "../tensor.js";
import { byteLength, type Contents, checkShape, text, unread } from "./format.js";

/** The first bytes of every .npy file, as Latin-1. */
export const NPY_MAGIC = "\x93NUMPY";

const VERSION_BYTES = 8;
// NumPy itself refuses more than 10,000 unless told otherwise.
const MAX_HEADER_BYTES = 1_000_000;

/** The only array of a file, called as the file is. */
export async function readNpy(source: ByteSource): Promise<Contents> {
  const [, stem = "array"] = /([^/\\]+)\.npy(?:[?#].*)?$/.exec(source.name) ?? [];
  return { format: "npy", metadata: {}, tensors: [await readArray(source, stem)] };
}

/** @param name What to call the array. */
export async function readArray(source: ByteSource, name: string): Promise<Tensor> {
  const { header, dataStart } = await readHeader(source);
  const where = source.name;
  const { descr, fortran_order: order, shape: given } = parseHeader(where, header);
  if (typeof order !== "boolean") throw wrong(where, "fortran_order", "True or False", order);
  const shape = checkShape(where, given);
  const { dtype, width, float, isBigEndian } = elementType(where, descr);
  const size = source.size - dataStart;
  if (width === undefined) return unread(name, dtype, shape);
  const expected = byteLength(where, shape, 8 * width);
  if (size !== expected) {
    const what = `${expected} bytes of data for ${describe(descr)} of shape ${describe(shape)}`;
    throw new FormatError(`${where}: expected ${what}, got ${size}`);
  }
  const bytes = part(source, dataStart, size);
  if (float === undefined) return unread(name, dtype, shape, isBigEndian || order ? undefined : bytes);
  return { name, dtype, shape, elements: { bytes, codec: codecOf(float, isBigEndian), isColumnMajor: order } };
}

async function readHeader(source: ByteSource): Promise<{ readonly header: string; readonly dataStart: number }> {
  const { name, size } = source;
  const prefixBytes = Math.min(size, VERSION_BYTES + 4);
  const prefix = await source.read(0, prefixBytes);
  if (prefixBytes < VERSION_BYTES + 2 || !String.fromCharCode(...prefix).startsWith(NPY_MAGIC)) {
    throw new FormatError(`${name}: expected an array of NumPy, which begins with "\\x93NUMPY", got other bytes`);
  }
  const major = prefix[6] as number;
  if (major < 1 || major > 3) throw new FormatError(`${name}: expected version 1, 2 or 3 at byte 6, got ${major}`);
  const lengthBytes = major === 1 ? 2 : 4;
  const dataAt = VERSION_BYTES + lengthBytes;
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  if (prefix.length < dataAt) throw new FormatError(`${name}: expected the length of a header at byte 8, got the end`);
  const length = lengthBytes === 2 ? view.getUint16(VERSION_BYTES, true) : view.getUint32(VERSION_BYTES, true);
  if (length > Math.min(MAX_HEADER_BYTES, size - dataAt)) {
    const limit = `${MAX_HEADER_BYTES} bytes, within the file of ${size} bytes`;
    throw new FormatError(`${name}: expected a header of at most ${limit}, got one of ${length}`);
  }
  const bytes = await source.read(dataAt, length);
  const header = major === 3 ? text(name, bytes, "a header") : new TextDecoder("latin1").decode(bytes);
  return { header, dataStart: dataAt + length };
}

const FIELDS = ["descr", "fortran_order", "shape"] as const;

type Header = Readonly<Record<(typeof FIELDS)[number], unknown>>;

/** The three entries of the dictionary; a structured type is an array, of what does not matter. */
function parseHeader(where: string, header: string): Header {
  const found = new Map<string, unknown>();
  const trouble = (got: string) =>
    new FormatError(`${where}: expected a header { 'descr', 'fortran_order', 'shape' }, got ${describe(got)}`);
  const [, body] = /^\{(.*)\}\s*$/s.exec(header) ?? [];
  if (body === undefined) throw trouble(header);
  let rest = body.trim();
  while (rest !== "") {
    const [entry, , key] = /^(['"])(\w+)\1\s*:\s*/.exec(rest) ?? [];
    if (entry === undefined || key === undefined || found.has(key)) throw trouble(rest);
    const value = rest.slice(entry.length);
    const end = endOfValue(value);
    found.set(key, parseValue(value.slice(0, end).trim()));
    rest = value.slice(end + 1).trim();
  }
  if (found.size !== FIELDS.length || !FIELDS.every((key) => found.has(key))) throw trouble(header);
  return Object.fromEntries(found) as Header;
}

/** The comma after a value, or the end. */
function endOfValue(source: string): number {
  let depth = 0;
  for (const { 0: token, index } of source.matchAll(/'[^']*'|"[^"]*"|[([{]|[)\]}]|,/g)) {
    if ("([{".includes(token)) depth++;
    else if (")]}".includes(token)) depth--;
    else if (token === "," && depth === 0) return index;
  }
  return source.length;
}

function parseValue(source: string): unknown {
  if (source === "True" || source === "False") return source === "True";
  const [, , string] = /^(['"])([^'"\\]*)\1$/.exec(source) ?? [];
  if (string !== undefined) return string;
  if (source.startsWith("[")) return [];
  // A tuple of one has a comma; Python 2 wrote an L after long integers.
  const [, tuple] = /^\(((?:\s*\d+L?\s*,)*(?:\s*\d+L?)?)\s*\)$/.exec(source) ?? [];
  if (tuple === undefined || /^\s*\d+L?\s*$/.test(tuple)) return undefined;
  return (tuple.match(/\d+/g) ?? []).map(Number);
}

interface ElementType {
  readonly dtype: string;
  /** Undefined where the header does not say it: Python objects, structures. */
  readonly width: number | undefined;
  readonly float: FloatDtype | undefined;
  readonly isBigEndian: boolean;
}

const floats: Readonly<Record<string, FloatDtype>> = { f2: "F16", f4: "F32", f8: "F64" };

function elementType(where: string, descr: unknown): ElementType {
  const unknown = { width: undefined, float: undefined, isBigEndian: false };
  if (Array.isArray(descr)) return { ...unknown, dtype: "structure" };
  const [, order, kind = "", digits] = /^([<>|=])([a-zA-Z])(\d{0,9})/.exec(String(descr)) ?? [];
  if (typeof descr !== "string" || order === undefined) throw wrong(where, "descr", "a type such as '<f4'", descr);
  if (kind === "O") return { ...unknown, dtype: "object" };
  const count = Number(digits);
  if (digits === "" || !"biufcmMSUV".includes(kind)) throw wrong(where, "descr", "a type such as '<f4'", descr);
  const width = kind === "U" ? 4 * count : count;
  const float = floats[`${kind}${count}`];
  return { dtype: float ?? nameOf(kind, count, descr), width, float, isBigEndian: order === ">" };
}

/** By its safetensors name, where there is one. */
function nameOf(kind: string, count: number, descr: string): string {
  if (kind === "b" && count === 1) return "BOOL";
  if ((kind === "i" || kind === "u") && [1, 2, 4, 8].includes(count)) return `${kind.toUpperCase()}${8 * count}`;
  return kind === "c" && count === 8 ? "C64" : descr;
}

function wrong(where: string, key: string, expected: string, got: unknown): FormatError {
  return new FormatError(`${where}: "${key}" expected ${expected}, got ${describe(got)}`);
}
