/**
 * Walks the fields of a protobuf message in a source, without reading what the fields hold.
 *
 * @module
 */
import { PbfReader } from "pbf";
import { FormatError } from "../../engine/errors.js";
import { text } from "../formats/format.js";
import type { ByteSource } from "../sources/source.js";

// Generous for models, which have tens of thousands; a message of nothing but empty fields must not take minutes.
const MAX_FIELDS = 1_000_000;
const MAX_TEXT = 1_000_000;
// A key and a length, of at most ten bytes each.
const HEAD_BYTES = 20;

/** A field: its number, and what it holds. */
export interface Field {
  readonly number: number;
  /** The bytes of what it holds, those of numbers included. */
  readonly start: number;
  readonly end: number;
  /** Of varints: signed, as protobuf's int64. */
  readonly value: number | undefined;
  /** Whether it is a string, bytes, a message or a packed list. */
  readonly hasLength: boolean;
}

/** A range of a source that holds a message. */
export interface Message {
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
}

/** The fields of a message in order. */
export async function* fieldsOf({ source, start, end }: Message): AsyncGenerator<Field> {
  let at = start;
  for (let count = 0; at < end; count++) {
    if (count === MAX_FIELDS) {
      throw new FormatError(
        `${source.name}: expected at most ${MAX_FIELDS} fields in the message at byte ${start}, got more`,
      );
    }
    const field = parseField(source.name, at, await source.read(at, Math.min(HEAD_BYTES, end - at)));
    if (field.end > end) {
      const what = `field ${field.number} at byte ${at} to end within its message at byte ${end}`;
      throw new FormatError(`${source.name}: expected ${what}, got byte ${field.end}`);
    }
    yield field;
    at = field.end;
  }
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

function parseField(name: string, at: number, head: Uint8Array): Field {
  const reader = new PbfReader(head);
  const key = varint(name, at, reader);
  const number = Math.floor(key / 8);
  const start = at + reader.pos;
  if (number === 0) throw new FormatError(`${name}: expected a field of protobuf at byte ${at}, got the number 0`);
  switch (key % 8) {
    case VARINT: {
      const value = varint(name, start, reader, true);
      return { number, start, end: at + reader.pos, value, hasLength: false };
    }
    case FIXED64:
      return { number, start, end: start + 8, value: undefined, hasLength: false };
    case BYTES: {
      const length = varint(name, start, reader);
      const from = at + reader.pos;
      return { number, start: from, end: from + length, value: undefined, hasLength: true };
    }
    case FIXED32:
      return { number, start, end: start + 4, value: undefined, hasLength: false };
    default:
      throw new FormatError(`${name}: expected a field of protobuf at byte ${at}, got wire type ${key % 8}`);
  }
}

/** @param at Where the reader's next byte lies in the file. */
export function varint(name: string, at: number, reader: PbfReader, isSigned = false): number {
  let value = Number.NaN;
  try {
    value = reader.readVarint(isSigned);
  } catch {
    // pbf's sentence is about ten bytes; what matters is where.
  }
  if (Number.isSafeInteger(value) && reader.pos <= reader.length) return value;
  throw new FormatError(`${name}: expected an integer of protobuf below 2^53 at byte ${at}, got other bytes`);
}

/** A string. */
export async function stringOf(source: ByteSource, { start, end, number, hasLength }: Field): Promise<string> {
  if (!hasLength || end - start > MAX_TEXT) {
    throw new FormatError(
      `${source.name}: expected a string of at most ${MAX_TEXT} bytes in field ${number} at byte ${start}`,
    );
  }
  return text(source.name, await source.read(start, end - start), `a string at byte ${start}`);
}
