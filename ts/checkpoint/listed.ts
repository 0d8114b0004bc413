/**
 * The tensors that an open checkpoint lists, by name.
 *
 * @module
 */
import type { Checkpoint, CheckpointTensor, UnreadTensor } from "./types.js";

/** A tensor of a checkpoint, whether it is read or not. */
export type ListedTensor = CheckpointTensor | UnreadTensor;

/** All of them in the order of the file, by which adapters and stored vectors are found. */
export function listTensors({ names, tensors, skipped }: Checkpoint): ReadonlyMap<string, ListedTensor> {
  const named = new Map([...tensors, ...skipped].map((tensor) => [tensor.name, tensor]));
  return new Map(names.map((name) => [name, named.get(name) as ListedTensor]));
}

/** Whether its numbers can be read. */
export function isRead(tensor: ListedTensor): tensor is CheckpointTensor {
  return !("reason" in tensor);
}
