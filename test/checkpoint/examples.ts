/**
 * The example checkpoints, read by the package's own reader.
 */
import { readFileSync } from "node:fs";
import { readSafetensors } from "../../ts/checkpoint/formats/safetensors.js";
import { elements, readTensor, SLICE_BYTES } from "../../ts/checkpoint/tensor.js";
import { RecordingSource } from "./writer.js";

/** A float32 tensor. */
export interface Example {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** The folder of the checkpoints. */
export const exampleFolder = new URL("../../examples/data/", import.meta.url);

/** Every float32 tensor of a checkpoint, by name. */
export async function readExample(file: string): Promise<Readonly<Record<string, Example>>> {
  const source = new RecordingSource(new Uint8Array(readFileSync(new URL(file, exampleFolder))));
  const found: Record<string, Example> = {};
  for (const tensor of await readSafetensors(source)) {
    if (tensor.dtype !== "F32") continue;
    const data = new Float32Array(elements(tensor.shape));
    await readTensor(source, tensor, "F32", () => data, SLICE_BYTES);
    found[tensor.name] = { data, shape: tensor.shape };
  }
  return found;
}
