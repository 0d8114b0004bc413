/**
 * Finds the central directory of a zip archive, whose place is written at the end.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import type { ByteSource } from "../sources/source.js";

const END_SIGNATURE = 0x06054b50;
const WIDE_LOCATOR = 0x07064b50;
const WIDE_END = 0x06064b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const WIDE_END_BYTES = 56;
const MOST_COMMENT = 0xffff;
const MAX_DIRECTORY_BYTES = 100_000_000;

/** Where the directory is. */
export interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/** @throws {FormatError} When there is none, or it does not lie where it says. */
export async function findDirectory(source: ByteSource): Promise<Directory> {
  const { name, size } = source;
  const tailBytes = Math.min(size, END_BYTES + MOST_COMMENT + LOCATOR_BYTES);
  const tail = await source.read(size - tailBytes, tailBytes);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const at = endRecord(view);
  if (at === undefined) {
    throw new FormatError(`${name}: expected the directory of a zip archive at the end, got none: it is truncated`);
  }
  const narrow = { count: view.getUint16(at + 10, true), ...range(view, at + 12) };
  const isWide = narrow.count === 0xffff || narrow.size === 0xffffffff || narrow.offset === 0xffffffff;
  const end = size - tailBytes + at;
  const hasLocator = at >= LOCATOR_BYTES && view.getUint32(at - LOCATOR_BYTES, true) === WIDE_LOCATOR;
  if (!(isWide && hasLocator)) return checked(name, narrow, end);
  const wideAt = wide(name, view, at - LOCATOR_BYTES + 8);
  if (wideAt + WIDE_END_BYTES > end) {
    throw new FormatError(`${name}: expected the end of a zip64 archive before byte ${end}, got byte ${wideAt}`);
  }
  const bytes = await source.read(wideAt, WIDE_END_BYTES);
  const record = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (record.getUint32(0, true) !== WIDE_END) {
    throw new FormatError(`${name}: expected the end of a zip64 archive at byte ${wideAt}, got other bytes`);
  }
  const [count, directoryBytes, offset] = [32, 40, 48].map((field) => wide(name, record, field)) as [
    number,
    number,
    number,
  ];
  return checked(name, { count, size: directoryBytes, offset }, wideAt);
}

function range(view: DataView, at: number): { readonly size: number; readonly offset: number } {
  return { size: view.getUint32(at, true), offset: view.getUint32(at + 4, true) };
}

/** The last record whose comment ends where the file does. */
function endRecord(view: DataView): number | undefined {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    const isEnd = view.getUint32(at, true) === END_SIGNATURE;
    if (isEnd && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return undefined;
}

function wide(name: string, view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new FormatError(`${name}: expected sizes of a zip64 archive below 2^53, got ${value}`);
}

function checked(name: string, directory: Directory, end: number): Directory {
  const { offset, size } = directory;
  if (offset + size !== end || size > MAX_DIRECTORY_BYTES) {
    const what = `the archive's directory of at most ${MAX_DIRECTORY_BYTES} bytes to end at byte ${end}`;
    throw new FormatError(`${name}: expected ${what}, got ${size} bytes from byte ${offset} on`);
  }
  return directory;
}
