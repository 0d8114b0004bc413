/**
 * Where the bytes of a checkpoint come from: anything that knows its size and gives pieces of itself.
 *
 * @module
 */

/** Bytes to be read in pieces, so that no file is ever in memory as a whole. */
export interface ByteSource {
  /** What messages and reports call it, e.g. the path of the file. */
  readonly name: string;
  /** How many bytes there are. */
  readonly size: number;
  /**
   * Exactly `length` bytes from byte `offset` on, which both lie within {@link ByteSource.size}.
   *
   * @throws {FormatError} When there are fewer, e.g. because the file shrank meanwhile.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * A file that a user picked or dropped in a browser, or any other Blob. Nothing is read before it is asked for.
 *
 * @param blob The bytes.
 * @param name What to call them; a `File` has a name of its own to pass.
 */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}
