/**
 * What a deflated entry of an archive unpacks to, as a source. It is unpacked as far as it is read, a little at a time;
 * going back begins anew.
 *
 * @module
 */
import { Inflate } from "fflate";
import { FormatError } from "../../engine/errors.js";
import type { ByteSource } from "../sources/source.js";
import { crc32 } from "./crc.js";

// Deflate makes at most 1032 bytes of one, so this is at most 17 MB at once.
const PUSH_BYTES = 16_384;
const READ_BYTES = 65_536;
const MOST_EXPANSION = 1032;

/**
 * @param packed The deflated bytes.
 * @param size How many bytes the archive says they are unpacked.
 * @param crc Their checksum.
 * @throws {FormatError} When so many bytes cannot come of them.
 */
export function inflated(packed: ByteSource, size: number, crc: number): ByteSource {
  if (size > MOST_EXPANSION * packed.size) {
    const limit = `${MOST_EXPANSION} times its ${packed.size} compressed bytes`;
    throw new FormatError(`${packed.name}: expected a size of at most ${limit}, got ${size}`);
  }
  let stream: InflatedStream | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const read = async (offset: number, length: number) => {
    if (stream === undefined || offset < stream.start) stream = new InflatedStream(packed, size, crc);
    const bytes = await stream.read(offset, length);
    // Nothing more will be asked for, most likely: its memory can go.
    if (offset + length === size) stream = undefined;
    return bytes;
  };
  return {
    name: packed.name,
    size,
    read(offset, length) {
      // One after the other, for there is one stream.
      const next = last.then(() => read(offset, length));
      last = next.catch(() => undefined);
      return next;
    },
    async close() {
      stream = undefined;
    },
  };
}

class InflatedStream {
  /** The offset of the first byte that is still there. */
  start = 0;
  #end = 0;
  #crc = 0;
  #packedAt = 0;
  #input: Uint8Array = new Uint8Array(0);
  #chunks: Uint8Array[] = [];
  readonly #packed: ByteSource;
  readonly #size: number;
  readonly #expectedCrc: number;
  readonly #inflate: Inflate;

  constructor(packed: ByteSource, size: number, crc: number) {
    this.#packed = packed;
    this.#size = size;
    this.#expectedCrc = crc;
    this.#inflate = new Inflate((chunk) => this.#take(chunk));
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#forget(offset);
    while (this.#end < offset + length) {
      await this.#push();
      this.#forget(offset);
    }
    if (offset + length === this.#size) await this.#finish();
    const bytes = new Uint8Array(length);
    let at = this.start;
    for (const chunk of this.#chunks) {
      const from = Math.max(offset, at);
      const to = Math.min(offset + length, at + chunk.length);
      if (from < to) bytes.set(chunk.subarray(from - at, to - at), from - offset);
      at += chunk.length;
    }
    return bytes;
  }

  /** Drops what lies before `offset`. */
  #forget(offset: number): void {
    for (let first = this.#chunks[0]; first && this.start + first.length <= offset; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.start += first.length;
    }
  }

  #take(chunk: Uint8Array): void {
    this.#end += chunk.length;
    this.#crc = crc32(chunk, this.#crc);
    if (this.#end > this.#size) throw this.#trouble("more");
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  async #push(): Promise<void> {
    const { size } = this.#packed;
    if (this.#input.length === 0) {
      if (this.#packedAt === size) throw this.#trouble(`${this.#end}`);
      this.#input = await this.#packed.read(this.#packedAt, Math.min(READ_BYTES, size - this.#packedAt));
      this.#packedAt += this.#input.length;
    }
    const piece = this.#input.subarray(0, PUSH_BYTES);
    this.#input = this.#input.subarray(piece.length);
    try {
      this.#inflate.push(piece, this.#input.length === 0 && this.#packedAt === size);
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      const { name } = this.#packed;
      throw new FormatError(`${name}: expected deflated data, got ${(cause as Error).message}`, { cause });
    }
  }

  /** All bytes are there; what is left must say no more, and the checksum agree. */
  async #finish(): Promise<void> {
    while (this.#input.length > 0 || this.#packedAt < this.#packed.size) await this.#push();
    if (this.#crc === this.#expectedCrc) return;
    const [expected, got] = [this.#expectedCrc, this.#crc].map((crc) => crc.toString(16).padStart(8, "0"));
    throw new FormatError(`${this.#packed.name}: expected the checksum ${expected}, got ${got}`);
  }

  #trouble(got: string): FormatError {
    return new FormatError(`${this.#packed.name}: expected ${this.#size} bytes when unpacked, got ${got}`);
  }
}
