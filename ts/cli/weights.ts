/**
 * `spectral-norm normalize FILE` and `spectral-norm clip FILE`.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import { load } from "../node.js";
import { type ClipCheckpointOptions, clipCheckpoint, normalizeCheckpoint } from "../repair.js";
import type { Command, Flag } from "./command.js";
import { numbersOf } from "./numbers.js";
import {
  certaintyFlag,
  memoryFlag,
  normFlags,
  repairFlags,
  repairNotes,
  runRepair,
  searchOf,
  streaming,
} from "./repair.js";

const divisionFlag: Flag = { ...memoryFlag, help: `${memoryFlag.help}; it can be neither projected nor proved` };

/** Brings every weight to a norm. */
export const normalizeCommand: Command = {
  usage: "FILE --output FILE [options]",
  summary: "Write a checkpoint in which every weight W is W/σ, of spectral norm 1.",
  takesFiles: true,
  flags: {
    target: { value: "NUMBER", help: "The norm to reach (default: 1)" },
    certainty: certaintyFlag,
    ...repairFlags,
    ...normFlags,
    memory: divisionFlag,
  },
  description: [
    "A weight is a tensor of at least two dimensions, read as a matrix along its output axis; vectors that spectral normalization left behind are none. Weights under PyTorch's spectral normalization are divided by their stored σ when they are used, whatever they are here: see bake.",
    ...repairNotes,
  ],
  examples: [
    ["Every weight to norm 1", "spectral-norm normalize model.safetensors --output normalized.safetensors"],
    [
      "By proof, but not the embeddings",
      "spectral-norm normalize m.npz --in-place --certainty rigorous --exclude 'e*'",
    ],
  ],
  run: (paths, flags, version) =>
    runRepair("normalize", paths, flags, version, "normalized", async (path, options) => {
      const { certainty } = flags;
      const given = { ...options, ...searchOf(flags), ...numbersOf({ target: flags["target"] }), ...streaming(flags) };
      return await normalizeCheckpoint(await load(), path, {
        ...given,
        certainty: certainty as "estimate" | undefined,
      });
    }),
};

/** Keeps every weight below a norm. */
export const clipCommand: Command = {
  usage: "FILE --max-norm LIMIT --output FILE [options]",
  summary: "Write a checkpoint in which no weight has a spectral norm above a limit.",
  takesFiles: true,
  flags: {
    "max-norm": { value: "LIMIT", help: "The norm that no weight is to exceed" },
    scale: { help: "Divide weights that exceed it as a whole, instead of projecting them" },
    certainty: certaintyFlag,
    ...repairFlags,
    ...normFlags,
    memory: divisionFlag,
  },
  description: [
    "Weights are projected: singular values above the limit become the limit, and the others stay, which is the nearest weight within it. Weights within the limit stay as they are, bit by bit.",
    ...repairNotes,
  ],
  examples: [
    ["No norm above 2", "spectral-norm clip m.safetensors --max-norm 2 --output clipped.safetensors"],
    ["What would become of it", "spectral-norm clip model.safetensors --max-norm 1 --scale --dry-run"],
  ],
  run: (paths, flags, version) =>
    runRepair("clip", paths, flags, version, `held to ${flags["max-norm"]}`, async (path, options) => {
      if (flags["max-norm"] === undefined) throw new OptionError('"maxNorm" expected a number above 0, got nothing');
      const given = {
        ...options,
        ...searchOf(flags),
        ...numbersOf({ maxNorm: flags["max-norm"] }),
        ...streaming(flags),
      };
      const by = flags["scale"] === true ? "scale" : "projection";
      const certainty = flags["certainty"] as "estimate" | undefined;
      return await clipCheckpoint(await load(), path, { ...given, by, certainty } as ClipCheckpointOptions);
    }),
};
