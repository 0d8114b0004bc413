/**
 * What the options of `audit` ask for.
 *
 * @module
 */
import { type Architecture, checkGates, type GateOptions, parseArchitecture, parseHeads } from "../audit.js";
import { openFile } from "../checkpoint/sources/file.js";
import { OptionError } from "../engine/errors.js";
import { readInteger } from "../engine/validate.js";
import type { Values } from "./command.js";
import { bytesOf, numbersOf, toNumber } from "./numbers.js";
import { checkOutput } from "./output.js";
import type { QueueOptions } from "./queue/coordinator.js";
import { askerFlags, queueOptions } from "./queue-flags.js";
import { type Format, formats } from "./render.js";
import type { Settings } from "./task.js";

/** What was asked for. */
export interface Plan {
  readonly format: Format;
  readonly wide: boolean;
  readonly output: string | undefined;
  readonly settings: Settings;
  readonly limits: GateOptions;
  /** How many threads measure; 1 is the one that is there anyway, undefined as many as are of use. */
  readonly workers: number | undefined;
  /** The queue whose workers measure. */
  readonly queue: QueueOptions | undefined;
}

const MOST_WORKERS = 256;

/**
 * Checks everything that can be checked before a checkpoint is read.
 *
 * @throws {SpectralNormError} `OPTION` or `TYPE`.
 */
export async function planOf(paths: readonly string[], flags: Values): Promise<Plan> {
  const asked = formats.filter((format) => flags[format] === true);
  if (asked.length > 1) {
    throw new OptionError(`expected one kind of report, got ${asked.map((format) => `--${format}`).join(" and ")}`);
  }
  const [format = "table"] = asked;
  const { output, layers: path, wide } = flags;
  const others = [path, flags["base"], flags["heads"]].filter((other) => typeof other === "string");
  if (typeof output === "string") checkOutput(output, [...paths, ...others]);
  const hands = handsOf(flags);
  const layers = typeof path === "string" ? await readLayers(path, paths) : undefined;
  const limits = numbersOf({ maxNorm: flags["max-norm"], maxLipschitz: flags["max-lipschitz"] }) as GateOptions;
  checkGates(limits, layers?.architecture);
  const { detail, ...settings } = settingsOf(flags, limits, await readHeads(flags["heads"]));
  const isPlain = format === "table" && wide !== true && limits.maxNorm === undefined;
  const isDetailed = !isPlain || flags["certainty"] !== undefined || flags["values"] !== undefined;
  return {
    format,
    wide: wide === true,
    output: typeof output === "string" ? output : undefined,
    settings: { ...settings, ...(isDetailed && { detail }), ...(layers && { layers: layers.file }) },
    limits,
    ...hands,
  };
}

/** Who is to measure. */
function handsOf(flags: Values): Pick<Plan, "workers" | "queue"> {
  const asked = readInteger("workers", toNumber(flags["workers"]), 1, 1, MOST_WORKERS);
  const workers = flags["workers"] === undefined ? undefined : asked;
  if (flags["queue"] === undefined) {
    const surplus = Object.keys(askerFlags).find((name) => flags[name] !== undefined);
    if (surplus !== undefined) throw new OptionError(`--${surplus} expected --queue beside it, got none`);
    return { workers, queue: undefined };
  }
  if (flags["workers"] !== undefined) {
    throw new OptionError("expected --workers or --queue, got both: at a queue others measure");
  }
  return { workers, queue: queueOptions(flags) };
}

interface Layers {
  readonly file: { readonly name: string; readonly text: string };
  readonly architecture: Architecture;
}

async function readLayers(path: string, paths: readonly string[]): Promise<Layers> {
  if (paths.length > 1)
    throw new OptionError(`"layers" expected one file to audit, for it is about that, got ${paths.length}`);
  const text = await readText(path);
  return { file: { name: path, text }, architecture: parseArchitecture(path, text) };
}

/** A number, or what a file that describes the model calls it. */
async function readHeads(given: Values[string]): Promise<number | undefined> {
  const number = toNumber(given);
  return typeof number === "string" ? parseHeads(number, await readText(number)) : (number as number | undefined);
}

async function readText(path: string): Promise<string> {
  const file = await openFile(path);
  try {
    return new TextDecoder().decode(await file.read(0, file.size));
  } finally {
    await file.close?.();
  }
}

/** What is not given stays undefined, and what is no number stays text: `openAudit` judges, and names the option. */
function settingsOf(flags: Values, { maxNorm }: GateOptions, heads: number | undefined): Settings {
  const { axis, tolerance, "max-iterations": maxIterations, seed, values, "lora-alpha": loraAlpha } = flags;
  // A limit is kept by proof, unless somebody says that less will do.
  const certainty = flags["certainty"] ?? (maxNorm === undefined ? undefined : "rigorous");
  return {
    ...numbersOf({ axis, tolerance, maxIterations, seed, loraAlpha }),
    memory: bytesOf(flags["memory"]),
    base: flags["base"] as string | undefined,
    heads,
    detail: numbersOf({ certainty, values }),
  };
}
