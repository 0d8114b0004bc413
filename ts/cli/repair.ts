/**
 * What the commands that write a checkpoint share: their options, the run, and what it tells.
 *
 * @module
 */
import type { Done } from "../checkpoint/audit.js";
import { formatShape, printable } from "../checkpoint/report/text.js";
import { SpectralNormError } from "../engine/errors.js";
import { dominantTriplet } from "../node.js";
import type { Repair, RepairOptions, RepairProgress, StreamOptions } from "../repair.js";
import type { Flag, Values } from "./command.js";
import { complain, exitCodes } from "./exit.js";
import { bytesOf, numbersOf } from "./numbers.js";
import { interruptible } from "./output.js";
import { createProgress } from "./progress.js";
import { describeRate } from "./rate.js";
import { renderRepair } from "./repair-report.js";
import { selectFlags, selection } from "./select.js";

/** Where results go. */
export const writeFlags: Readonly<Record<string, Flag>> = {
  output: {
    value: "FILE",
    isFile: true,
    help: "Where the result goes. A name that ends in .safetensors or .npz says what to write, any other has the format of FILE. Checkpoints of several files go to a folder",
  },
  "in-place": { help: "Replace the input itself, when all is written" },
  force: { help: "Replace a file that is there already" },
  "dry-run": { help: "Compute and tell everything, but write nothing" },
  json: { help: "Print JSON: { version, file, format, tensors, removed, omitted, files }" },
};

/** How norms are found. */
export const normFlags: Readonly<Record<string, Flag>> = {
  axis: {
    value: "AXIS",
    choices: ["0", "1", "last"],
    help: "Output axis of kernels: 0 (default) for PyTorch, last for Keras and TensorFlow, 1 for transposed convolutions of PyTorch",
  },
  tolerance: { value: "NUMBER", help: "Relative accuracy of the spectral norm (default: 1e-6)" },
  "max-iterations": { value: "COUNT", help: "Passes over a weight after which to give up (default: 20000)" },
  seed: { value: "INTEGER", help: "Seed of the random start (default: 0)" },
};

/** How large a weight may be before it is worked on in pieces. */
export const memoryFlag: Flag = {
  value: "MB",
  help: "Megabytes that a weight may take in memory (default: 117, with which the process stays below 250). A larger one is read piece by piece, and anew for each pass of the search for its norm",
};

/** How sure results are to be. */
export const certaintyFlag: Flag = {
  value: "WORD",
  choices: ["estimate", "rigorous"],
  help: "estimate (default), norms to the tolerance; rigorous, a proof for each weight as its type stores it, rounding included",
};

/** What every one of these commands says about itself. */
export const repairNotes: readonly string[] = [
  "FILE is what audit reads. In its own format, all bytes of the result but those of the weights that change are the same; so are the order and what the file says about itself. Numbers are rounded to the type of each weight, and the norms that are printed are those of the result as it is stored.",
  "The result is written beside its place and put there when it is whole. Nothing is written when a weight has NaN in it, or its norm cannot be found: see --exclude. A file that is there is replaced only with --force, FILE itself only with --in-place.",
];

/** The options of {@link repairNotes}, selection included. */
export const repairFlags: Readonly<Record<string, Flag>> = { ...writeFlags, ...selectFlags };

type Run = (path: string, options: RepairOptions) => Promise<Repair>;

/**
 * Runs a command.
 *
 * @param done What was done to a tensor, as in "3 weights normalized".
 */
export async function runRepair(
  command: string,
  paths: readonly string[],
  flags: Values,
  version: string,
  done: string,
  run: Run,
): Promise<number> {
  const path = onePath(command, paths, flags);
  if (path === undefined) return exitCodes.usage;
  const only = selection(flags);
  try {
    const repaired = await interruptible((signal) =>
      withProgress(path, { ...placeOf(path, flags), only, signal }, run),
    );
    const isDry = flags["dry-run"] === true;
    const { stdout } = process;
    if (flags["json"] === true) stdout.write(`${JSON.stringify({ version, ...repaired }, undefined, 2)}\n`);
    else stdout.write(renderRepair(repaired, done, isDry, stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY));
    return exitCodes.ok;
  } catch (thrown) {
    return explained(thrown);
  }
}

function onePath(command: string, paths: readonly string[], flags: Values): string | undefined {
  const [path] = paths;
  const places = [flags["output"] !== undefined, flags["in-place"] === true].filter((given) => given).length;
  const trouble =
    paths.length !== 1 || path === undefined
      ? `expected one file, got ${paths.length}`
      : places === 2 || (places === 0 && flags["dry-run"] !== true)
        ? `expected one of --output FILE and --in-place, got ${places === 2 ? "both" : "neither"}`
        : flags["in-place"] === true && /^https?:/i.test(path)
          ? "expected --output with an address, got --in-place"
          : undefined;
  if (trouble === undefined) return path;
  complain(`${trouble}; see spectral-norm ${command} --help`);
  return undefined;
}

function placeOf(path: string, flags: Values): Pick<RepairOptions, "output" | "overwrite" | "dryRun"> {
  const dryRun = flags["dry-run"] === true;
  if (flags["in-place"] === true) return { output: path, overwrite: "input", dryRun };
  const output = flags["output"] as string | undefined;
  return { output, overwrite: flags["force"] === true ? "files" : "nothing", dryRun };
}

/** Runs with a line on the terminal that says how far it is. */
export async function withProgress<O extends object, R>(
  path: string,
  options: O,
  run: (path: string, options: O & Pick<RepairOptions, "onTensor">) => Promise<R>,
): Promise<R> {
  const progress = createProgress(process.stderr);
  const start = Date.now();
  const onTensor: RepairOptions["onTensor"] = ({ name, shape }, told) => {
    const rate = describeRate(doneOf(told), Date.now() - start);
    const where = `${printable(name)} ${formatShape(shape)}`;
    progress.show([`${told.index + 1}/${told.count}`, rate, where].filter((text) => text !== "").join(" · "));
  };
  try {
    return await run(path, { ...options, onTensor });
  } finally {
    progress.clear();
  }
}

function doneOf({ bytes, allBytes }: RepairProgress): Done {
  return { bytes, allBytes };
}

/** The options that are numbers. */
export function searchOf(flags: Values): Readonly<Record<string, never>> {
  const { axis, tolerance, "max-iterations": maxIterations, seed } = flags;
  return numbersOf({ axis, tolerance, maxIterations, seed });
}

/** What is done with weights that are larger than memory. */
export function streaming(flags: Values): Pick<StreamOptions, "memory" | "dominantTriplet"> {
  return { memory: bytesOf(flags["memory"]), dominantTriplet };
}

const aboutNumbers: ReadonlySet<unknown> = new Set(["NON_FINITE", "CONVERGENCE"]);

/** Numbers that are wrong are a finding; what else is expected goes on to who explains it. */
function explained(thrown: unknown): number {
  const { code, message } = thrown as { readonly code?: unknown; readonly message: string };
  if (aboutNumbers.has(code)) {
    complain(`${printable(message)}; nothing was written`);
    return exitCodes.findings;
  }
  if (code === "SHAPE") throw new SpectralNormError("FORMAT", message, { cause: thrown });
  if (code !== "OPTION" || !message.includes('"overwrite"')) throw thrown;
  const flag = message.includes("another file") ? "--in-place" : "--force";
  throw new SpectralNormError("OPTION", message.replace('"overwrite" allows it', `${flag} allows it`), {
    cause: thrown,
  });
}
