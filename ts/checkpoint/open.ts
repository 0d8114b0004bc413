/**
 * Opens checkpoints for users.
 *
 * @module
 */
import { checkpointOf, openContents } from "./opened.js";
import type { CheckpointSource } from "./sources/source.js";
import type { Checkpoint, CheckpointOptions } from "./types.js";

/**
 * Opens a checkpoint of any format, by what it holds, and reads its headers; numbers are read when they are asked for.
 *
 * @param source A path or a `file:` URL, an http(s) address, a Blob, bytes, or an object `{ name, size, read }`.
 * @throws {SpectralNormError} `FORMAT`: there is no such file, or it is no checkpoint, or one that contradicts itself; the
 *   message says where. `OPTION` and `TYPE`: an argument is wrong.
 * @example (await openCheckpoint(file)).tensors // [{"name":"w","dtype":"F32","shape":[2,2]}]
 */
export async function openCheckpoint(source: CheckpointSource, options: CheckpointOptions = {}): Promise<Checkpoint> {
  return checkpointOf(await openContents(source, options));
}
