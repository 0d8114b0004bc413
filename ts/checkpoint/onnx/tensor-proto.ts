/**
 * ONNX's TensorProto: which numbers a tensor has, in one of five fields or in another file.
 *
 * @module
 */
import { PbfReader } from "pbf";
import { describe } from "../../engine/describe.js";
import { FormatError } from "../../engine/errors.js";
import { type FloatDtype, isFloatDtype, widthOf } from "../decode.js";
import { at, byteLength, checkPath, checkShape, isCount, type Surroundings, unread } from "../formats/format.js";
import { bytesSource } from "../sources/memory.js";
import { type ByteSource, joined, part } from "../sources/source.js";
import { plainTensor, type Tensor } from "../tensor.js";
import { type Field, fieldsOf, type Message, stringOf, varint } from "./wire.js";

/** TensorProto.DataType, from 1 on, by safetensors names where there are such. */
const dtypes: readonly string[] = (
  "F32 U8 I8 U16 I16 I32 I64 string BOOL F16 F64 U32 U64 C64 C128 BF16 F8_E4M3 F8_E4M3FNUZ F8_E5M2 F8_E5M2FNUZ " +
  "U4 I4 F4 F8_E8M0 U2 I2"
).split(" ");

const DIMS = 1;
const DATA_TYPE = 2;
const SEGMENT = 3;
const FLOAT_DATA = 4;
const INT32_DATA = 5;
const NAME = 8;
const RAW_DATA = 9;
const DOUBLE_DATA = 10;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const EXTERNAL = 1;

/** The fields of a tensor, those that may be repeated as lists. */
interface Proto {
  readonly dims: number[];
  readonly single: Map<number, Field>;
  readonly external: Map<string, string>;
  /** Where the numbers are, by field. */
  readonly data: Map<number, Field[]>;
}

/** Reads what a tensor says of itself, not its numbers. */
export async function readTensorProto(message: Message, surroundings: Surroundings): Promise<Tensor> {
  const { source } = message;
  const proto = await readFields(message);
  const nameField = proto.single.get(NAME);
  const name = nameField === undefined ? "" : await stringOf(source, nameField);
  if (name === "") throw new FormatError(`${source.name}: expected a name of the tensor at byte ${message.start}`);
  const where = at(source.name, name);
  const shape = checkShape(where, proto.dims);
  const type = proto.single.get(DATA_TYPE)?.value ?? 0;
  const dtype = dtypes[type - 1];
  if (dtype === undefined) {
    throw new FormatError(`${where}: "data_type" expected 1 to ${dtypes.length}, got ${describe(type)}`);
  }
  if (proto.single.has(SEGMENT)) throw new FormatError(`${where}: expected a whole tensor, got a segment`);
  if (!isFloatDtype(dtype)) return unread(name, dtype, shape);
  const size = byteLength(where, shape, 8 * widthOf[dtype]);
  return plainTensor(name, dtype, shape, await bytesOf(where, { source, proto, dtype, size }, surroundings));
}

async function readFields(message: Message): Promise<Proto> {
  const proto: Proto = { dims: [], single: new Map(), external: new Map(), data: new Map() };
  for await (const field of fieldsOf(message)) {
    const { number } = field;
    if (number === DIMS) proto.dims.push(...(await integersOf(message.source, field)));
    else if (number === EXTERNAL_DATA) await addEntry(message.source, field, proto.external);
    else if ([FLOAT_DATA, INT32_DATA, DOUBLE_DATA].includes(number)) {
      proto.data.set(number, [...(proto.data.get(number) ?? []), field]);
    } else if ([DATA_TYPE, SEGMENT, NAME, RAW_DATA, DATA_LOCATION].includes(number)) {
      if (proto.single.has(number)) throw twice(message.source.name, field);
      proto.single.set(number, field);
    }
  }
  return proto;
}

function twice(name: string, { number, start }: Field): FormatError {
  return new FormatError(`${name}: expected field ${number} of a tensor once, got another at byte ${start}`);
}

const MOST_PACKED = 640;

/** Integers, packed or one alone. */
async function integersOf(source: ByteSource, field: Field): Promise<number[]> {
  const { start, end, value, hasLength } = field;
  if (value !== undefined) return [value];
  // As many dimensions as are allowed, of ten bytes each.
  if (!hasLength || end - start > MOST_PACKED) {
    throw new FormatError(`${source.name}: "dims" expected at most 64 integers at byte ${start}, got other bytes`);
  }
  return varints(source.name, start, await source.read(start, end - start));
}

function varints(name: string, start: number, bytes: Uint8Array): number[] {
  const reader = new PbfReader(bytes);
  const values: number[] = [];
  while (reader.pos < bytes.length) values.push(varint(name, start + reader.pos, reader, true));
  return values;
}

async function addEntry(source: ByteSource, entry: Field, entries: Map<string, string>): Promise<void> {
  const pair: Record<number, string> = {};
  for await (const field of fieldsOf({ source, start: entry.start, end: entry.end })) {
    pair[field.number] = await stringOf(source, field);
  }
  const { 1: key = "", 2: value = "" } = pair;
  if (entries.has(key)) throw twice(source.name, entry);
  entries.set(key, value);
}

interface Data {
  readonly source: ByteSource;
  readonly proto: Proto;
  readonly dtype: FloatDtype;
  readonly size: number;
}

/** The bytes of the elements as raw_data has them, wherever they are. */
async function bytesOf(where: string, data: Data, surroundings: Surroundings): Promise<ByteSource> {
  const { source, proto, dtype, size } = data;
  const raw = proto.single.get(RAW_DATA);
  const isExternal = proto.single.get(DATA_LOCATION)?.value === EXTERNAL;
  const lists = [...proto.data.keys()];
  if (lists.length + (raw === undefined ? 0 : 1) + (isExternal ? 1 : 0) > 1) {
    throw new FormatError(`${where}: expected its numbers in one place, got several`);
  }
  if (isExternal) return await externalBytes(where, proto.external, size, surroundings);
  if (raw !== undefined) return sized(where, "raw_data", partOf(source, raw), size);
  const fields = [...proto.data.values()].flat();
  const [number] = lists;
  const list = dtype === "F32" ? FLOAT_DATA : dtype === "F64" ? DOUBLE_DATA : INT32_DATA;
  if (number !== undefined && number !== list) {
    throw new FormatError(`${where}: expected numbers of ${dtype} in field ${list}, got field ${number}`);
  }
  if (number === INT32_DATA) return await narrowed(where, source, fields, data, surroundings.maxWhole);
  return sized(where, "the list of its numbers", joinedParts(source, fields), size);
}

function partOf(source: ByteSource, { start, end }: Field): ByteSource {
  return part(source, start, end - start);
}

function joinedParts(source: ByteSource, fields: readonly Field[]): ByteSource {
  if (fields.length === 1) return partOf(source, fields[0] as Field);
  return joined(
    fields.map((field) => partOf(source, field)),
    source.name,
  );
}

function sized(where: string, what: string, bytes: ByteSource, size: number): ByteSource {
  if (bytes.size === size) return bytes;
  throw new FormatError(`${where}: expected ${size} bytes in ${what} for its shape, got ${bytes.size}`);
}

/** Half precision as integers of variable length, whose places are known only to who has read them all. */
async function narrowed(
  where: string,
  source: ByteSource,
  fields: readonly Field[],
  { dtype, size }: Data,
  maxWhole: number,
): Promise<ByteSource> {
  const packed = fields.reduce((sum, { start, end }) => sum + end - start, 0);
  if (packed > maxWhole || size > maxWhole) {
    throw new FormatError(`${where}: expected at most ${maxWhole} bytes (maxWhole) of int32_data, got ${packed}`);
  }
  const values: number[] = [];
  for (const { start, end, value } of fields) {
    if (value !== undefined) values.push(value);
    else for (const one of varints(source.name, start, await source.read(start, end - start))) values.push(one);
  }
  const width = widthOf[dtype];
  if (values.length !== size / width) {
    throw new FormatError(`${where}: expected ${size / width} integers in int32_data, got ${values.length}`);
  }
  return bytesSource(narrow(where, values, width), source.name);
}

function narrow(where: string, values: readonly number[], width: number): Uint8Array {
  const limit = 256 ** width;
  const wrong = values.find((value) => value < 0 || value >= limit);
  if (wrong !== undefined) throw new FormatError(`${where}: expected integers below ${limit}, got ${wrong}`);
  const bytes = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries()) {
    bytes[i * width] = value & 0xff;
    if (width === 2) bytes[2 * i + 1] = value >> 8;
  }
  return bytes;
}

/** Numbers in a file of their own, beside the model. */
async function externalBytes(
  where: string,
  entries: ReadonlyMap<string, string>,
  size: number,
  surroundings: Surroundings,
): Promise<ByteSource> {
  const file = await surroundings.companion(checkPath(`${where}: "location"`, entries.get("location")));
  const number = (key: string, otherwise: number) => {
    const value = entries.get(key);
    const parsed = value === undefined ? otherwise : /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (isCount(parsed)) return parsed;
    throw new FormatError(`${where}: "${key}" expected a non-negative integer, got ${describe(value)}`);
  };
  const offset = number("offset", 0);
  const length = number("length", size);
  if (length !== size) throw new FormatError(`${where}: "length" expected ${size} bytes for its shape, got ${length}`);
  if (offset + size > file.size) {
    const range = `bytes ${offset} to ${offset + size} within ${file.name}`;
    throw new FormatError(`${where}: "offset" expected ${range}, got a file of ${file.size} bytes`);
  }
  return part(file, offset, size);
}
