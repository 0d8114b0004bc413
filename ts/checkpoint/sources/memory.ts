/**
 * Bytes in memory, and Blobs, as sources.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import type { BlobLike, ByteSource } from "./source.js";

/**
 * Bytes that are in memory already; what is read of them is not copied.
 *
 * @param name What to call them.
 */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) };
}

/**
 * A file that a user picked or dropped in a browser, or any other Blob. Nothing is read before it is asked for.
 *
 * @param blob The bytes.
 * @param name What to call them; a `File` has a name of its own to pass.
 */
export function blobSource(blob: BlobLike, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (cause) {
        // A file that was changed or deleted after it was picked.
        throw new FormatError(`${name}: expected ${length} bytes from byte ${offset} on: ${(cause as Error).message}`, {
          cause,
        });
      }
    },
  };
}
