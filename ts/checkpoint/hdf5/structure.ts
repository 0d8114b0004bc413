/**
 * Pieces of an HDF5 file, each checked before it is believed, and no more of them than a file of weights has.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { paged } from "../sources/pages.js";
import type { ByteSource } from "../sources/source.js";

// A file of weights has some ten pieces a tensor. A lie must not have us follow pointers for minutes.
const MAX_PIECES = 1_000_000;
const MAX_PIECE_BYTES = 16 * 2 ** 20;

/** The address of what is nowhere. */
export const UNDEFINED_ADDRESS: number = Number.POSITIVE_INFINITY;

/** A file, read by its structures. */
export class Structures {
  readonly source: ByteSource;
  readonly #pages: ByteSource;
  #pieces = 0;

  constructor(source: ByteSource) {
    this.source = source;
    this.#pages = paged(source);
  }

  /** @param what What is expected there, for messages. */
  async piece(what: string, address: number, length: number): Promise<Piece> {
    if (++this.#pieces > MAX_PIECES) throw this.trouble(`at most ${MAX_PIECES} structures`, "more");
    if (!(address >= 0 && length >= 0 && address + length <= this.source.size)) {
      throw this.trouble(`${what} of ${length} bytes at byte ${address}`, `a file of ${this.source.size} bytes`);
    }
    if (length > MAX_PIECE_BYTES) {
      throw this.trouble(`${what} at byte ${address} of at most ${MAX_PIECE_BYTES} bytes`, `${length}`);
    }
    return new Piece(this, what, address, await this.#pages.read(address, length));
  }

  /** A piece that begins with four letters. */
  async signed(what: string, signature: string, address: number, length: number): Promise<Piece> {
    const piece = await this.piece(what, address, length);
    const got = piece.latin1(0, signature.length);
    if (got === signature) return piece;
    throw this.trouble(`${what}, which begins with "${signature}", at byte ${address}`, JSON.stringify(got));
  }

  trouble(expected: string, got: string): FormatError {
    return new FormatError(`${this.source.name}: expected ${expected}, got ${got}`);
  }
}

/** Bytes of a file that are little-endian numbers. */
export class Piece {
  readonly bytes: Uint8Array;
  readonly #file: Structures;
  readonly #what: string;
  readonly #address: number;
  readonly #view: DataView;

  constructor(file: Structures, what: string, address: number, bytes: Uint8Array) {
    this.#file = file;
    this.#what = what;
    this.#address = address;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get address(): number {
    return this.#address;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return this.#view.getUint8(this.#checked(at, 1));
  }

  u16(at: number): number {
    return this.#view.getUint16(this.#checked(at, 2), true);
  }

  u32(at: number): number {
    return this.#view.getUint32(this.#checked(at, 4), true);
  }

  /** An address or a length; all ones is {@link UNDEFINED_ADDRESS}. */
  u64(at: number): number {
    const value = this.#view.getBigUint64(this.#checked(at, 8), true);
    if (value === 2n ** 64n - 1n) return UNDEFINED_ADDRESS;
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.trouble("a number below 2^53", at, `${value}`);
  }

  latin1(at: number, length: number): string {
    return String.fromCharCode(...this.bytes.subarray(at, at + length));
  }

  /** A part of it, as a piece. */
  from(at: number, length: number = this.length - at): Piece {
    this.#checked(at, length);
    return new Piece(this.#file, this.#what, this.#address + at, this.bytes.subarray(at, at + length));
  }

  /** Text up to a zero byte, which must be there. */
  string(at: number): string {
    const end = this.bytes.indexOf(0, at);
    if (at > this.length || end < 0) throw this.trouble("text that ends", at, "none");
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes.subarray(at, end));
    } catch {
      throw this.trouble("text in UTF-8", at, "other bytes");
    }
  }

  trouble(expected: string, at: number, got: string): FormatError {
    return this.#file.trouble(`${expected} in ${this.#what}, at byte ${this.#address + at}`, got);
  }

  #checked(at: number, length: number): number {
    if (at >= 0 && length >= 0 && at + length <= this.length) return at;
    throw this.trouble(`${length} bytes`, at, `${Math.max(0, this.length - at)}`);
  }
}
