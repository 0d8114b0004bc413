/**
 * Values with vectors in them as bytes: JSON, and behind it the numbers of the vectors as they are.
 *
 * @module
 */
import { readNumber, toldNumber } from "./rows.js";

/** No key of anything that is packed. */
const KEY = "#vector";
const WIDTH: number = Float64Array.BYTES_PER_ELEMENT;
const HEAD = 4;

/** A value as bytes, which {@link unpack} reads. */
export function pack(value: unknown): Buffer {
  const vectors: Float64Array[] = [];
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (!(inner instanceof Float64Array)) return toldNumber(inner);
    vectors.push(inner);
    return { [KEY]: inner.length };
  });
  const json = Buffer.from(text);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(json.length);
  const bytes = vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return Buffer.concat([head, json, ...bytes]);
}

/** The value. */
export function unpack(bytes: Buffer): unknown {
  const end = HEAD + bytes.readUInt32LE();
  let at = end;
  // What is read first was written first.
  return JSON.parse(bytes.toString("utf8", HEAD, end), (_, inner: unknown) => {
    const length = typeof inner === "object" && inner !== null ? (inner as { [KEY]?: unknown })[KEY] : undefined;
    if (typeof length !== "number") return readNumber(inner);
    const from = bytes.byteOffset + at;
    at += length * WIDTH;
    // A copy, for the bytes lie at any place.
    return new Float64Array(bytes.buffer.slice(from, from + length * WIDTH) as ArrayBuffer);
  });
}
