/**
 * `spectral-norm bake FILE` and `spectral-norm strip FILE`.
 *
 * @module
 */
import { load } from "../node.js";
import { bakeCheckpoint, type Repair, stripCheckpoint } from "../repair.js";
import type { Command } from "./command.js";
import { complain } from "./exit.js";
import { memoryFlag, normFlags, repairFlags, repairNotes, runRepair, searchOf, streaming } from "./repair.js";

const dialects =
  "Known are parametrizations.NAME.original with 0._u and 0._v of PyTorch and NAME_orig with NAME_u and NAME_v of its older hook; vector_u of Keras; u and sigma in batch_stats of Flax. Formats whose tensors can be removed are safetensors, also in shards, npz and model.json; from the others write to a name that ends in .safetensors.";

/** Resolves spectral normalization. */
export const bakeCommand: Command = {
  usage: "FILE --output FILE [options]",
  summary: "Write a checkpoint without spectral normalization that computes the same.",
  takesFiles: true,
  flags: { ...repairFlags, ...normFlags, memory: memoryFlag },
  description: [
    "Weights are written as the network uses them in evaluation, under their plain names: divided by uᵀWv as PyTorch divides, by the σ of a step from the stored u as Flax does, and as they are with Keras, which has divided already. The vectors are gone.",
    dialects,
    ...repairNotes,
  ],
  examples: [["For a model without the hook", "spectral-norm bake critic.safetensors --output plain.safetensors"]],
  run: (paths, flags, version) =>
    runRepair("bake", paths, flags, version, "baked", async (path, options) =>
      told(await bakeCheckpoint(await load(), path, { ...options, ...searchOf(flags), ...streaming(flags) })),
    ),
};

/** Removes spectral normalization. */
export const stripCommand: Command = {
  usage: "FILE --output FILE [options]",
  summary: "Write a checkpoint freed of spectral normalization, with the raw weights.",
  takesFiles: true,
  flags: repairFlags,
  description: [
    "The raw weights are written under their plain names, without dividing, and the vectors are gone: to go on with another constraint. For a network that computes the same, see bake.",
    dialects,
    ...repairNotes,
  ],
  examples: [["The raw weights", "spectral-norm strip critic.safetensors --output raw.safetensors"]],
  run: (paths, flags, version) =>
    runRepair("strip", paths, flags, version, "stripped", async (path, options) =>
      told(await stripCheckpoint(path, options)),
    ),
};

/** A copy is not what was asked for. */
function told(repair: Repair): Repair {
  if (repair.tensors.length === 0) complain("no weight under spectral normalization was found");
  return repair;
}
