/**
 * The example checkpoints, read by the package's own reader.
 */
import { readFileSync } from "node:fs";
import { openCheckpoint } from "../../ts/checkpoint.js";

/** A float32 tensor. */
export interface Example {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** The folder of the checkpoints. */
export const exampleFolder = new URL("../../examples/data/", import.meta.url);

/** Every float32 tensor of a checkpoint, by name. */
export async function readExample(file: string): Promise<Readonly<Record<string, Example>>> {
  const checkpoint = await openCheckpoint(new Uint8Array(readFileSync(new URL(file, exampleFolder))));
  const found: Record<string, Example> = {};
  for (const { name, dtype, shape } of checkpoint.tensors) {
    if (dtype === "F32") found[name] = { data: (await checkpoint.read(name)).data as Float32Array, shape };
  }
  return found;
}
