/**
 * Where the bytes of a checkpoint come from: anything that knows its size and gives pieces of itself.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";

/** Memory that a reader lends to a source, for bytes that it needs only until it lends the same memory again. */
export interface Room {
  /**
   * Memory for this many bytes.
   *
   * @example new Uint8Array(8).set(room.take(8)) // what was read before is overwritten
   */
  take(length: number): Uint8Array<ArrayBuffer>;
  /** Tells what the memory has become after it was transferred, as streams do with what they read into. */
  moved(buffer: ArrayBuffer): void;
}

/** Bytes to be read in pieces, so that no file is ever in memory as a whole. */
export interface ByteSource {
  /** What messages and reports call it, e.g. the path of the file. */
  readonly name: string;
  /** How many bytes there are. */
  readonly size: number;
  /**
   * Exactly `length` bytes from byte `offset` on, which both lie within {@link ByteSource.size}.
   *
   * @param room Memory that the bytes may be put in, if they have to be copied anyway.
   * @throws {FormatError} When there are fewer, e.g. because the file shrank meanwhile.
   */
  read(offset: number, length: number, room?: Room): Promise<Uint8Array>;
  /** How many reads at a time it is best asked for, of pieces that are the smaller. Default 1. */
  readonly ahead?: number | undefined;
  /** Gives back what the source holds open. */
  close?(): Promise<void>;
  /** Another file beside this one, by a relative path with forward slashes. */
  companion?(path: string): Promise<ByteSource>;
}

/** A `URL`; declared here because not every library of TypeScript has it. */
export interface UrlLike {
  readonly href: string;
  readonly protocol: string;
}

/** A `Blob` or a `File`; declared here because not every library of TypeScript has it. */
export interface BlobLike {
  readonly size: number;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * A checkpoint: a path or a `file:` URL (Node, Deno, Bun); an http(s) address, as a string or a URL; a Blob; bytes; or a
 * source of one's own.
 */
export type CheckpointSource = string | UrlLike | BlobLike | Uint8Array | ArrayBuffer | ByteSource;

/** Bytes that lie in one piece, in a source that is no part of another. */
export interface Extent {
  readonly source: ByteSource;
  readonly offset: number;
  readonly size: number;
}

const origins = new WeakMap<ByteSource, (offset: number, size: number) => readonly Extent[]>();

/** A source whose bytes are those of others: writers have to know where a tensor lies in the files themselves. */
export function derived(source: ByteSource, origin: (offset: number, size: number) => readonly Extent[]): ByteSource {
  origins.set(source, origin);
  return source;
}

/** Where the bytes of a source lie, in their order. */
export function extentsOf(source: ByteSource, offset = 0, size: number = source.size): readonly Extent[] {
  return origins.get(source)?.(offset, size) ?? [{ source, offset, size }];
}

const immediates = new WeakSet<ByteSource>();

/**
 * Marks a source that puts what it reads in the room that it is lent, and before it returns its promise. It may be lent memory that
 * moves, as that of WebAssembly does. This is no property, for numbers would be lost if a source of somebody else's only said so.
 */
export function immediate(source: ByteSource): ByteSource {
  immediates.add(source);
  return source;
}

/** Whether it is one of those. */
export function isImmediate(source: ByteSource): boolean {
  return immediates.has(source);
}

/** A source that is asked for nothing beyond its end, and believed nothing that is not as long as asked for. */
export function checked(source: ByteSource): ByteSource {
  const { name, size, ahead } = source;
  return alike(source, {
    name,
    size,
    ahead,
    async read(offset, length, room) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        throw new FormatError(
          `${name}: expected bytes ${offset} to ${offset + length} to lie within the file, got a size of ${size}`,
        );
      }
      if (length === 0) return new Uint8Array(0);
      const bytes = await source.read(offset, length, room);
      if (bytes.length === length) return bytes;
      throw new FormatError(
        `${name}: expected ${length} bytes from byte ${offset} on, got ${bytes.length}: the file was shortened`,
      );
    },
  });
}

/** What passes reads on to another source is immediate if that is. */
function alike(source: ByteSource, other: ByteSource): ByteSource {
  return isImmediate(source) ? immediate(other) : other;
}

/** A part of a source, as a source of its own. */
export function part(source: ByteSource, offset: number, size: number, name: string = source.name): ByteSource {
  const { ahead } = source;
  const cut: ByteSource = { name, size, ahead, read: (start, ...rest) => source.read(offset + start, ...rest) };
  return derived(alike(source, cut), (start, length) => extentsOf(source, offset + start, length));
}

/** Sources one after the other, as one. */
export function joined(sources: readonly ByteSource[], name: string): ByteSource {
  const all: ByteSource = {
    name,
    size: sources.reduce((sum, { size }) => sum + size, 0),
    async read(offset, length, room) {
      const bytes = room?.take(length) ?? new Uint8Array(length);
      for (const { source, start, from, size } of overlaps(sources, offset, length)) {
        bytes.set(await source.read(from, size), start);
      }
      return bytes;
    },
  };
  return derived(all, (offset, length) =>
    overlaps(sources, offset, length).flatMap(({ source, from, size }) => extentsOf(source, from, size)),
  );
}

/** What a range of all sources together is of each, and where in the range that begins. */
function overlaps(sources: readonly ByteSource[], offset: number, length: number) {
  let begin = 0;
  return sources.flatMap((source) => {
    const from = Math.max(offset, begin);
    const size = Math.min(offset + length, begin + source.size) - from;
    const overlap = { source, start: from - offset, from: from - begin, size };
    begin += source.size;
    return size > 0 ? [overlap] : [];
  });
}
