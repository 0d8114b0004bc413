/**
 * The checksums of zip entries, computed as a copy of the archive goes by.
 *
 * @module
 */
import type { ByteSource, Extent } from "../sources/source.js";
import { extentsOf } from "../sources/source.js";
import { openPacked, type Record, readRecords } from "../zip/archive.js";
import { crc32 } from "../zip/crc.js";

/** An entry whose bytes will be others. */
interface Changing {
  readonly start: number;
  readonly end: number;
  /** Where its checksum is written down. */
  readonly places: readonly number[];
}

const LOCAL_CHECKSUM = 14;
const CENTRAL_CHECKSUM = 16;
const HAS_DESCRIPTOR = 8;
const DESCRIPTOR_SIGNATURE = 0x08074b50;

/** The entries of an archive in which something changes. */
export async function checksumsOf(source: ByteSource, changes: readonly Extent[]): Promise<readonly Changing[]> {
  const found: Changing[] = [];
  for (const [record, limit] of await readRecords(source)) {
    const [extent] = extentsOf(await openPacked(source, record, limit));
    const { offset: start = 0, size = 0 } = extent ?? {};
    if (!changes.some(({ offset }) => offset >= start && offset < start + size)) continue;
    found.push({ start, end: start + size, places: await placesOf(source, record, start + size, limit) });
  }
  return found;
}

async function placesOf(source: ByteSource, record: Record, end: number, limit: number): Promise<readonly number[]> {
  const central = record.recordAt + CENTRAL_CHECKSUM;
  if (!(record.flags & HAS_DESCRIPTOR)) return [record.offset + LOCAL_CHECKSUM, central];
  // Behind the data instead, with a signature or without.
  if (end + 4 > limit) return [central];
  const bytes = await source.read(end, 4);
  const isSigned = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) === DESCRIPTOR_SIGNATURE;
  return [isSigned ? end + 4 : end, central];
}

/** Checksums that grow with the bytes that go by. */
export class Checksums {
  readonly #sums: Map<Changing, number>;

  constructor(entries: readonly Changing[]) {
    this.#sums = new Map(entries.map((entry) => [entry, 0]));
  }

  /** @param at Where in the archive the bytes are. */
  add(at: number, bytes: Uint8Array): void {
    for (const [entry, sum] of this.#sums) {
      const own = bytes.subarray(Math.max(0, entry.start - at), Math.max(0, entry.end - at));
      if (own.length > 0) this.#sums.set(entry, crc32(own, sum));
    }
  }

  /** What to write where. */
  results(): readonly { readonly place: number; readonly bytes: Uint8Array }[] {
    return [...this.#sums].flatMap(([{ places }, sum]) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, sum, true);
      return places.map((place) => ({ place, bytes }));
    });
  }
}
