/**
 * The element types of HDF5, which describe their bits, and those that Keras stores as bytes of no meaning.
 *
 * @module
 */
import { type FloatDtype, widthOf } from "../decode.js";
import { type HdfObject, messages } from "./objects.js";
import type { Piece, Structures } from "./structure.js";

/** An element type. */
export interface ElementType {
  readonly dtype: string;
  readonly float: FloatDtype | undefined;
  readonly width: number;
  readonly isBigEndian: boolean;
}

const FIXED_POINT = 0;
const FLOAT = 1;
const STRING = 3;
const OPAQUE = 5;
const ENUMERATION = 8;
const VARIABLE = 9;

const classNames: Readonly<Record<number, string>> = {
  2: "time",
  3: "string",
  4: "bits",
  5: "opaque",
  6: "structure",
  7: "reference",
  8: "enumeration",
  9: "variable length",
  10: "array",
};

/**
 * Precision, place and size of exponent and mantissa, and bias: what IEEE 754 and its relatives are. Of a float of two bytes
 * the size alone does not tell which it is.
 */
const layouts: Readonly<Record<string, FloatDtype>> = {
  "64 52 11 0 52 1023": "F64",
  "32 23 8 0 23 127": "F32",
  "16 10 5 0 10 15": "F16",
  "16 7 8 0 7 127": "BF16",
  "8 3 4 0 3 7": "F8_E4M3",
  "8 2 5 0 2 15": "F8_E5M2",
};

/** What Keras says in an attribute of bytes that h5py has no type for. */
const byAttribute: Readonly<Record<string, FloatDtype>> = {
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
};

/** The element type of a dataset. */
export async function elementType(file: Structures, dataset: HdfObject, datatype: Piece): Promise<ElementType> {
  const kind = datatype.u8(0) & 0x0f;
  const width = datatype.u32(4);
  const isBigEndian = (kind === FIXED_POINT || kind === FLOAT) && (datatype.u8(1) & 1) === 1;
  const float = kind === FLOAT ? floatType(datatype, width) : await opaqueFloat(file, dataset, kind, width);
  return { width, float, isBigEndian, dtype: float ?? nameOf(datatype, kind, width) };
}

function nameOf(datatype: Piece, kind: number, width: number): string {
  if (kind === FLOAT) return `float of ${8 * width} bits`;
  if (kind === FIXED_POINT) return `${datatype.u8(1) & 8 ? "I" : "U"}${8 * width}`;
  // h5py writes booleans as an enumeration of the bytes 0 and 1.
  if (kind === ENUMERATION && width === 1) return "BOOL";
  return classNames[kind] ?? `class ${kind}`;
}

async function opaqueFloat(
  file: Structures,
  dataset: HdfObject,
  kind: number,
  width: number,
): Promise<FloatDtype | undefined> {
  if (kind !== OPAQUE) return undefined;
  const named = (await attribute(file, dataset, "dtype")) ?? "";
  const float = Object.hasOwn(byAttribute, named) ? byAttribute[named] : undefined;
  return float !== undefined && widthOf[float] === width ? float : undefined;
}

const VAX_ORDER = 0x40;
const IMPLIED_BIT = 0x20;
const NORMALIZATION = 0x30;

function floatType(datatype: Piece, width: number): FloatDtype | undefined {
  const [order, sign] = [datatype.u8(1), datatype.u8(2)];
  const [offset, precision] = [datatype.u16(8), datatype.u16(10)];
  const fields = [precision, datatype.u8(12), datatype.u8(13), datatype.u8(14), datatype.u8(15), datatype.u32(16)];
  const isPlain = offset === 0 && precision === 8 * width && sign === precision - 1;
  if (!isPlain || order & VAX_ORDER || (order & NORMALIZATION) !== IMPLIED_BIT) return undefined;
  return layouts[fields.join(" ")];
}

/** The text of an attribute, if it has one. */
async function attribute(file: Structures, { all }: HdfObject, wanted: string): Promise<string | undefined> {
  for (const message of all(messages.attribute)) {
    const version = message.u8(0);
    const [nameSize, typeSize, spaceSize] = [message.u16(2), message.u16(4), message.u16(6)];
    // The first version pads its parts to eight bytes, the third says how names are encoded.
    const padded = (size: number) => (version === 1 ? 8 * Math.ceil(size / 8) : size);
    const nameAt = version === 3 ? 9 : 8;
    if (message.from(nameAt, nameSize).string(0) !== wanted) continue;
    const typeAt = nameAt + padded(nameSize);
    const valueAt = typeAt + padded(typeSize) + padded(spaceSize);
    return await textOf(file, message.from(typeAt, typeSize), message.from(valueAt));
  }
  return undefined;
}

async function textOf(file: Structures, datatype: Piece, value: Piece): Promise<string | undefined> {
  const kind = datatype.u8(0) & 0x0f;
  if (kind === STRING) return value.latin1(0, Math.min(datatype.u32(4), 64)).replace(/[\0 ]+$/, "");
  if (kind !== VARIABLE || (datatype.u8(1) & 0x0f) !== 1) return undefined;
  return await heapText(file, value.u64(4), value.u32(12), value.u32(0));
}

const HEAP_HEADER_BYTES = 16;

/** Text in a global heap, which is a list of numbered objects. */
async function heapText(file: Structures, address: number, index: number, length: number): Promise<string | undefined> {
  const header = await file.signed("a global heap", "GCOL", address, HEAP_HEADER_BYTES);
  const heap = await file.piece("a global heap", address, header.u64(8));
  for (let at = HEAP_HEADER_BYTES; at + HEAP_HEADER_BYTES <= heap.length; ) {
    const [number, size] = [heap.u16(at), heap.u64(at + 8)];
    if (number === index) return heap.from(at + HEAP_HEADER_BYTES, size).latin1(0, Math.min(length, 64));
    if (number === 0) return undefined;
    at += HEAP_HEADER_BYTES + 8 * Math.ceil(size / 8);
  }
  return undefined;
}
