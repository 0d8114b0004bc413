/**
 * Zip archives, read from their central directory, so that entries are found without reading what lies before them.
 * fflate unpacks, but knows archives only as a whole or as a stream from the beginning.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { type ByteSource, part } from "../sources/source.js";
import { type Directory, findDirectory } from "./directory.js";
import { inflated } from "./inflated.js";

/** The first bytes of an archive, as Latin-1. */
export const ZIP_MAGIC = "PK\x03\x04";

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const ZIP64_EXTRA = 0x0001;
const STORED = 0;
const DEFLATED = 8;

/** An entry of an archive. */
export interface Entry {
  readonly name: string;
  readonly size: number;
  readonly isDeflated: boolean;
  /** Its bytes. */
  open(): Promise<ByteSource>;
}

/** What the directory says of an entry. */
export interface Record {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  /** Time and date as DOS has them. */
  readonly time: number;
  /** Where its own record in the directory is. */
  readonly recordAt: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly offset: number;
}

/** The records of an archive in the order of its directory, each with where it must have ended. */
export async function readRecords(source: ByteSource): Promise<ReadonlyMap<Record, number>> {
  const directory = await findDirectory(source);
  const records = parseDirectory(source.name, await source.read(directory.offset, directory.size), directory);
  const limits = checkRanges(source.name, records, directory.offset);
  return new Map(records.map((record) => [record, limits.get(record) as number]));
}

/** The entries of an archive in the order of its directory, by name. */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  for (const [record, limit] of await readRecords(source)) {
    const { name, size } = record;
    if (entries.has(name)) {
      throw new FormatError(`${source.name}: expected every entry once, got ${JSON.stringify(name)} twice`);
    }
    entries.set(name, {
      name,
      size,
      isDeflated: record.method === DEFLATED,
      open: () => openEntry(source, record, limit),
    });
  }
  return entries;
}

function parseDirectory(where: string, bytes: Uint8Array, { offset, count }: Directory): Record[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Record[] = [];
  let at = 0;
  while (at < bytes.length) {
    const fits = at + CENTRAL_BYTES <= bytes.length && view.getUint32(at, true) === CENTRAL_SIGNATURE;
    const [name, extra, comment] = fits ? [28, 30, 32].map((field) => view.getUint16(at + field, true)) : [];
    const end = at + CENTRAL_BYTES + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
    if (name === undefined || extra === undefined || end > bytes.length) {
      throw new FormatError(`${where}: expected an entry of the archive's directory at byte ${offset + at}, got none`);
    }
    records.push(parseRecord(where, offset + at, bytes.subarray(at, end), name, extra));
    at = end;
  }
  if (records.length === count) return records;
  throw new FormatError(`${where}: expected ${count} entries in the archive's directory, got ${records.length}`);
}

function parseRecord(
  archive: string,
  recordAt: number,
  bytes: Uint8Array,
  nameLength: number,
  extraLength: number,
): Record {
  const where = `${archive}: entry at byte ${recordAt}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [flags, method] = [view.getUint16(8, true), view.getUint16(10, true)];
  const nameBytes = bytes.subarray(CENTRAL_BYTES, CENTRAL_BYTES + nameLength);
  const extra = bytes.subarray(CENTRAL_BYTES + nameLength, CENTRAL_BYTES + nameLength + extraLength);
  const narrow = [24, 20, 42].map((field) => view.getUint32(field, true));
  const [size = 0, packedSize = 0, offset = 0] = widened(where, narrow, extra);
  const name = new TextDecoder().decode(nameBytes);
  if (flags & 1) throw new FormatError(`${where}: expected ${JSON.stringify(name)} not to be encrypted`);
  if (method !== STORED && method !== DEFLATED) {
    throw new FormatError(`${where}: expected method 0 (stored) or 8 (deflated), got ${method}`);
  }
  if (method === STORED && size !== packedSize) {
    throw new FormatError(`${where}: expected ${size} bytes stored as they are, got ${packedSize}`);
  }
  const [time, crc] = [view.getUint32(12, true), view.getUint32(16, true)];
  return { name, flags, method, time, recordAt, crc, packedSize, size, offset };
}

/** Sizes and offset, those of 2^32 - 1 replaced by the next of the 64 bits that the extra field holds. */
function widened(where: string, narrow: readonly number[], extra: Uint8Array): number[] {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
  let wide: bigint[] = [];
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (id !== ZIP64_EXTRA || at + 4 + length > extra.length) continue;
    wide = Array.from({ length: Math.floor(length / 8) }, (_, i) => view.getBigUint64(at + 4 + 8 * i, true));
  }
  return narrow.map((value) => {
    const exact = value === 0xffffffff ? wide.shift() : BigInt(value);
    if (exact !== undefined && exact <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(exact);
    throw new FormatError(`${where}: expected sizes below 2^53 in its extra field, got ${exact ?? "none"}`);
  });
}

/**
 * That no byte of the archive belongs to two entries, by which small archives unpack to enormous ones.
 *
 * @returns Where each must have ended.
 */
function checkRanges(where: string, records: readonly Record[], directory: number): ReadonlyMap<Record, number> {
  const ordered = [...records].sort((a, b) => a.offset - b.offset);
  const limits = new Map<Record, number>();
  for (const [index, record] of ordered.entries()) {
    const limit = ordered[index + 1]?.offset ?? directory;
    if (record.offset + LOCAL_BYTES + record.packedSize > limit) {
      const what = `entry ${JSON.stringify(record.name)} at byte ${record.offset}`;
      throw new FormatError(`${where}: expected ${what} to end before byte ${limit}, got ${record.packedSize} bytes`);
    }
    limits.set(record, limit);
  }
  return limits;
}

async function openEntry(source: ByteSource, record: Record, limit: number): Promise<ByteSource> {
  const packed = await openPacked(source, record, limit);
  return record.method === STORED ? packed : inflated(packed, record.size, record.crc);
}

/** The bytes of an entry as the archive has them. */
export async function openPacked(source: ByteSource, record: Record, limit: number): Promise<ByteSource> {
  const { name, offset, packedSize } = record;
  const bytes = await source.read(offset, LOCAL_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = offset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE || start + packedSize > limit) {
    throw new FormatError(
      `${source.name}: expected entry ${JSON.stringify(name)} at byte ${offset}, within ${limit} bytes, got none`,
    );
  }
  return part(source, start, packedSize, `${source.name}: ${name}`);
}
