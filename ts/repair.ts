/**
 * Writes checkpoints with their norms repaired, and compares them: `spectral-norm/repair`.
 *
 * @module
 */

export { diffCheckpoints } from "./checkpoint/repair/diff.js";
export { bakeCheckpoint, stripCheckpoint } from "./checkpoint/repair/stored.js";
export type * from "./checkpoint/repair/types.js";
export { clipCheckpoint, normalizeCheckpoint } from "./checkpoint/repair/weights.js";
export type { BlobLike, ByteSource, CheckpointSource, UrlLike } from "./checkpoint/sources/source.js";
export type { CheckpointFormat, CheckpointOptions, CheckpointTensor, UnreadTensor } from "./checkpoint/types.js";
export type { Overwrite } from "./checkpoint/write/files.js";
export type { WrittenFile } from "./checkpoint/write/sink.js";
