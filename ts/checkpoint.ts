/**
 * Reads checkpoints of seven formats, piece by piece, from files, addresses, Blobs and bytes.
 *
 * @module
 */

export type { FloatDtype } from "./checkpoint/decode.js";
export { openCheckpoint } from "./checkpoint/open.js";
export type { BlobLike, ByteSource, CheckpointSource, Room, UrlLike } from "./checkpoint/sources/source.js";
export type { Block } from "./checkpoint/tensor.js";
export type * from "./checkpoint/types.js";
