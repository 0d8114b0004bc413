/**
 * Where the files of a checkpoint are written to: nothing here knows of a file system.
 *
 * @module
 */
import { reusing } from "../sources/room.js";
import type { BlobLike, ByteSource } from "../sources/source.js";
import { SLICE_BYTES } from "../tensor.js";

/** A file that is being written, from its beginning to its end. */
export interface Sink {
  /** How many bytes there are so far. */
  readonly size: number;
  /** Takes bytes, which may be overwritten when it has settled. */
  append(bytes: Uint8Array): Promise<void>;
  /** Replaces bytes that are there. */
  patch(at: number, bytes: Uint8Array): Promise<void>;
}

/** A file that was written. */
export interface WrittenFile {
  /** Its path; that of a file in memory is its name, or relative to the first file. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Its content, where it is in memory. */
  readonly blob?: BlobLike | undefined;
}

/** The files of a result, which appear together, or not at all. */
export interface Target {
  /** @param path Relative to the first file; undefined for that itself. */
  create(path: string | undefined): Promise<Sink>;
  /** Puts all of them where they belong. */
  finish(): Promise<readonly WrittenFile[]>;
  /** Leaves nothing of them. */
  discard(): Promise<void>;
}

/** Appends a range of a source, a slice at a time. */
export async function copyRange(
  source: ByteSource,
  from: number,
  to: number,
  append: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const reused = reusing(source, 1);
  for (let at = from; at < to; at += SLICE_BYTES) await append(await reused.read(at, Math.min(SLICE_BYTES, to - at)));
  reused.end();
}
