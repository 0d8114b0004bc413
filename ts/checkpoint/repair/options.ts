/**
 * The checks of options that repairs share.
 *
 * @module
 */
import { describe } from "../../engine/describe.js";
import { OptionError, TypeMismatchError } from "../../engine/errors.js";
import { complaint, readChoice, readFlag, readOptions } from "../../engine/validate.js";
import type { Engine, SpectralNormOptions } from "../../types.js";
import { MEMORY_BYTES } from "../budget.js";
import type { CheckpointOptions } from "../types.js";
import type { Axis } from "../weight.js";
import type { Asked } from "./destination.js";
import type { NormOptions, RepairOptions, StreamOptions } from "./types.js";

const openKeys = ["companion", "headers", "fetch", "signal", "maxWhole"] as const;
const writeKeys = ["output", "format", "overwrite", "dryRun", "only", "onTensor"] as const;
const streamKeys = ["memory", "dominantTriplet"] as const;
const normKeys = ["axis", "tolerance", "maxIterations", "seed"] as const;

/** The keys of {@link RepairOptions}. */
export const repairKeys: readonly string[] = [...openKeys, ...writeKeys];
/** Those that the norms of weights of any size need, too. */
export const streamingKeys: readonly string[] = [...repairKeys, ...normKeys, ...streamKeys];
/** Those of comparisons. */
export const diffKeys: readonly string[] = [...openKeys, ...normKeys, ...streamKeys, "only", "onTensor"];

/** The options as an object of known keys; functions are functions. */
export function readKeys<T extends object>(options: unknown, known: readonly string[]): Partial<T> {
  const given = readOptions<T & RepairOptions>(options, known);
  for (const name of ["only", "onTensor"] as const) {
    const value = given[name];
    if (value !== undefined && typeof value !== "function") {
      throw new TypeMismatchError(complaint(`options.${name}`, "a function", value));
    }
  }
  return given;
}

/** The options of opening, and no others. */
export function openOptions(given: Partial<CheckpointOptions>): CheckpointOptions {
  return Object.fromEntries(openKeys.filter((key) => key in given).map((key) => [key, given[key]]));
}

/** The options of writing, with defaults. */
export function writeOptions({ output, format, overwrite, dryRun }: Partial<RepairOptions>): Asked {
  if (output !== undefined && (typeof output !== "string" || output === "")) {
    throw new TypeMismatchError(complaint("options.output", "a path", output));
  }
  return {
    output,
    format: format === undefined ? undefined : readChoice("options.format", format, ["safetensors", "npz"]),
    overwrite: readChoice("options.overwrite", overwrite, ["nothing", "files", "input"]),
    dryRun: readFlag("options.dryRun", dryRun, false),
  };
}

/** The tolerance of norms unless another is asked for. */
export const USUAL_TOLERANCE = 1e-6;

/** How norms are found. */
export interface Norms {
  readonly engine: Engine;
  readonly axis: Axis;
  /** The bytes that a weight may take in memory, beyond which it stays in its file if there is a search for that. */
  readonly memory: number;
  readonly dominantTriplet: StreamOptions["dominantTriplet"];
  readonly search: Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed">;
}

/** The options of norms, which the engine itself judges, before a file is opened. */
export function normOptions(engine: Engine, given: Partial<NormOptions & StreamOptions>): Norms {
  if (typeof (engine as Partial<Engine> | undefined)?.dominantTriplet !== "function") {
    throw new TypeMismatchError(complaint("engine", "an engine, as load() gives it", engine));
  }
  const { axis = 0, tolerance, maxIterations, seed } = given;
  if (axis !== 0 && axis !== 1 && axis !== "last") {
    throw new OptionError(`"axis" expected 0 (PyTorch), 1 or "last" (Keras, TensorFlow), got ${describe(axis)}`);
  }
  const search = { tolerance, maxIterations, seed };
  engine.dominantTriplet([[1]], search);
  return { engine, axis, search, ...streamOptions(given) };
}

function streamOptions({ memory = MEMORY_BYTES, dominantTriplet }: Partial<StreamOptions>) {
  if (!(typeof memory === "number" && memory >= 0)) {
    throw new OptionError(complaint("options.memory", "a number of bytes of at least 0", memory));
  }
  if (dominantTriplet !== undefined && typeof dominantTriplet !== "function") {
    throw new TypeMismatchError(complaint("options.dominantTriplet", "the package's function", dominantTriplet));
  }
  return { memory, dominantTriplet };
}
