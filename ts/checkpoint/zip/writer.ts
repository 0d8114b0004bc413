/**
 * Writes zip archives, entry after entry, of any size: fflate's own writer knows no archives beyond 4 GB.
 *
 * @module
 */
import type { Sink } from "../write/sink.js";
import { crc32 } from "./crc.js";

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const WIDE_END = 0x06064b50;
const WIDE_LOCATOR = 0x07064b50;
const ZIP64_EXTRA = 0x0001;
/** The version that knows 64-bit sizes. */
const VERSION = 45;
const IN_UTF8 = 0x0800;
const STORED = 0;
const DEFLATED = 8;
const BEYOND = 0xffffffff;
/** 1 January 1980, where time begins for DOS. */
const EPOCH = 0x00210000;

/** What the directory will say of an entry. */
export interface EntryOptions {
  readonly name: string;
  readonly isDeflated: boolean;
  /** Time and date as DOS has them. Default the earliest. */
  readonly time?: number | undefined;
}

interface Written extends EntryOptions {
  readonly time: number;
  readonly offset: number;
  readonly crc: number;
  readonly size: number;
  readonly packedSize: number;
}

/** Takes the bytes of an entry. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/** An archive that is being written. */
export class ZipWriter {
  readonly #sink: Sink;
  readonly #entries: Written[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Adds an entry, whose bytes `write` appends; they are compressed here. */
  async add(options: EntryOptions, write: (append: Append) => Promise<void>): Promise<void> {
    let [crc, size] = [0, 0];
    const packed = options.isDeflated ? this.#deflate() : undefined;
    await this.#entry(options, async () => {
      await write(async (bytes) => {
        crc = crc32(bytes, crc);
        size += bytes.length;
        await (packed?.push(bytes) ?? this.#sink.append(bytes));
      });
      await packed?.finish();
      return { crc, size };
    });
  }

  /** Adds an entry whose bytes, which `write` appends, are as the archive is to have them. */
  async addPacked(
    options: EntryOptions,
    { crc, size }: { readonly crc: number; readonly size: number },
    write: (append: Append) => Promise<void>,
  ): Promise<void> {
    await this.#entry(options, async () => {
      await write((bytes) => this.#sink.append(bytes));
      return { crc, size };
    });
  }

  async #entry(options: EntryOptions, write: () => Promise<{ crc: number; size: number }>): Promise<void> {
    const { name, isDeflated, time = EPOCH } = options;
    const offset = this.#sink.size;
    await this.#sink.append(localHeader({ name, isDeflated, time }, { crc: 0, size: 0, packedSize: 0 }));
    const start = this.#sink.size;
    const { crc, size } = await write();
    const packedSize = this.#sink.size - start;
    const entry = { name, isDeflated, time, offset, crc, size, packedSize };
    // What was not known before.
    await this.#sink.patch(offset, localHeader(entry, entry));
    this.#entries.push(entry);
  }

  /** By the platform's own compressor, which every runtime has. */
  #deflate(): { push(bytes: Uint8Array): Promise<void>; finish(): Promise<void> } {
    const { readable, writable } = new CompressionStream("deflate-raw");
    const writer = writable.getWriter();
    const drained = this.#drain(readable.getReader());
    // A full disk shows there first; the writer would only know that nobody reads.
    const unless = async (done: Promise<void>) => void (await Promise.race([done, drained]));
    drained.catch(() => undefined);
    return {
      push: (bytes) => unless(writer.write(bytes as Uint8Array<ArrayBuffer>)),
      async finish() {
        await unless(writer.close());
        await drained;
      },
    };
  }

  async #drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (let next = await reader.read(); !next.done; next = await reader.read()) await this.#sink.append(next.value);
  }

  /** Writes the directory. */
  async finish(): Promise<void> {
    const offset = this.#sink.size;
    for (const entry of this.#entries) await this.#sink.append(centralRecord(entry));
    const size = this.#sink.size - offset;
    const count = this.#entries.length;
    if (count >= 0xffff || offset >= BEYOND || size >= BEYOND) {
      await this.#sink.append(wideEnd(count, size, offset));
    }
    await this.#sink.append(narrowEnd(count, size, offset));
  }
}

const u16 = (value: number): Uint8Array => littleEndian(value, 2);
const u32 = (value: number): Uint8Array => littleEndian(value, 4);
const u64 = (value: number): Uint8Array => littleEndian(value, 8);

function littleEndian(value: number, bytes: number): Uint8Array {
  const field = new Uint8Array(8);
  new DataView(field.buffer).setBigUint64(0, BigInt(value), true);
  return field.subarray(0, bytes);
}

function record(...fields: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [...field]));
}

type Begun = Pick<Written, "name" | "isDeflated" | "time">;
type Ended = Pick<Written, "crc" | "size" | "packedSize">;

/** Always with 64-bit sizes, as NumPy writes it, so that it has the same length before they are known. */
function localHeader({ name, isDeflated, time }: Begun, { crc, size, packedSize }: Ended): Uint8Array {
  const text = new TextEncoder().encode(name);
  const method = u16(isDeflated ? DEFLATED : STORED);
  const about = record(u32(LOCAL_SIGNATURE), u16(VERSION), u16(IN_UTF8), method, u32(time), u32(crc));
  const lengths = record(u32(BEYOND), u32(BEYOND), u16(text.length), u16(20));
  return record(about, lengths, text, u16(ZIP64_EXTRA), u16(16), u64(size), u64(packedSize));
}

function centralRecord({ name, isDeflated, time, offset, crc, size, packedSize }: Written): Uint8Array {
  const text = new TextEncoder().encode(name);
  const wide = [size, packedSize, offset].filter((value) => value >= BEYOND).map(u64);
  const extra = wide.length === 0 ? record() : record(u16(ZIP64_EXTRA), u16(8 * wide.length), ...wide);
  const method = u16(isDeflated ? DEFLATED : STORED);
  const about = record(u32(CENTRAL_SIGNATURE), u16(VERSION), u16(VERSION), u16(IN_UTF8), method, u32(time), u32(crc));
  const sizes = record(u32(Math.min(packedSize, BEYOND)), u32(Math.min(size, BEYOND)));
  // No comment, one volume, and no attributes.
  const rest = record(u16(text.length), u16(extra.length), u16(0), u16(0), u16(0), u32(0));
  return record(about, sizes, rest, u32(Math.min(offset, BEYOND)), text, extra);
}

function wideEnd(count: number, size: number, offset: number): Uint8Array {
  const head = record(u32(WIDE_END), u64(44), u16(VERSION), u16(VERSION), u32(0), u32(0));
  const locator = record(u32(WIDE_LOCATOR), u32(0), u64(offset + size), u32(1));
  return record(head, u64(count), u64(count), u64(size), u64(offset), locator);
}

function narrowEnd(count: number, size: number, offset: number): Uint8Array {
  const counted = u16(Math.min(count, 0xffff));
  const range = record(u32(Math.min(size, BEYOND)), u32(Math.min(offset, BEYOND)));
  return record(u32(END_SIGNATURE), u32(0), counted, counted, range, u16(0));
}
