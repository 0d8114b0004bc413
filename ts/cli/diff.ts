/**
 * `spectral-norm diff A B`
 *
 * @module
 */

import { printable } from "../checkpoint/report/text.js";
import { OptionError } from "../engine/errors.js";
import { complaint, readNonNegative } from "../engine/validate.js";
import { load } from "../node.js";
import { type Diff, diffCheckpoints } from "../repair.js";
import type { Command, Values } from "./command.js";
import { type DiffFormat, diffFormats, failuresOf, renderDiff } from "./diff-report.js";
import { complain, exitCodes } from "./exit.js";
import { numbersOf } from "./numbers.js";
import { checkOutput, interruptible, writeAtomically } from "./output.js";
import { memoryFlag, normFlags, searchOf, streaming, withProgress } from "./repair.js";
import { selectFlags, selection } from "./select.js";

/** The command. */
export const diffCommand: Command = {
  usage: "A B [options]",
  summary: "Compare two checkpoints: the norms of the differences of their tensors.",
  takesFiles: true,
  flags: {
    json: {
      help: "Print JSON: { version, files, tensors, onlyInFirst, onlyInSecond, mismatched, skipped, frobeniusNorm }",
    },
    csv: { help: "Print CSV, a line a tensor, numbers in full" },
    markdown: { help: "Print a table for GitHub" },
    output: { value: "FILE", isFile: true, help: "Write the report to a file instead, as a whole or not at all" },
    "max-difference": {
      value: "LIMIT",
      help: "Fail when ‖A − B‖₂ is more than LIMIT times ‖A‖₂ for a tensor, or when a tensor of one has none in the other to compare with",
    },
    ...selectFlags,
    ...normFlags,
    memory: memoryFlag,
  },
  description: [
    "For each tensor of floats that both have, by name and shape, the spectral norm and the Frobenius norm of A − B, the former relative to that of A, and the shares that the tensor has of the sum of all of these spectral norms and of the sum of the squares of all of the Frobenius norms. What quantization, pruning or fine-tuning has changed, and where.",
    "A and B may be of different formats and types: numbers are compared as they are stored. Kernels are read as matrices along their output axis; the spectral norm of a vector is its length.",
  ],
  examples: [
    ["What quantization does", "spectral-norm diff model.safetensors model-f8.safetensors"],
    ["A check in CI", "spectral-norm diff model.safetensors model.onnx --max-difference 0.01"],
  ],
  run: runDiff,
};

async function runDiff(paths: readonly string[], flags: Values, version: string): Promise<number> {
  const [first, second] = paths;
  if (first === undefined || second === undefined || paths.length !== 2) {
    complain(`expected two files, got ${paths.length}; see spectral-norm diff --help`);
    return exitCodes.usage;
  }
  const format = formatOf(flags);
  const { output } = flags;
  if (typeof output === "string") checkOutput(output, paths);
  const limit = limitOf(flags);
  const only = selection(flags);
  const engine = await load();
  const diff = await interruptible((signal) =>
    withProgress(first, { ...searchOf(flags), ...streaming(flags), only, signal }, (_, options) =>
      diffCheckpoints(engine, first, second, options),
    ),
  );
  const { stdout } = process;
  const width = stdout.isTTY && output === undefined ? stdout.columns : Number.POSITIVE_INFINITY;
  const text = renderDiff(format, diff, version, width);
  if (typeof output === "string") await writeAtomically(output, text);
  else stdout.write(text);
  return verdict(diff, limit);
}

function formatOf(flags: Values): DiffFormat {
  const asked = diffFormats.filter((format) => flags[format] === true);
  if (asked.length <= 1) return asked[0] ?? "table";
  throw new OptionError(`expected one kind of report, got ${asked.map((format) => `--${format}`).join(" and ")}`);
}

function limitOf(flags: Values): number | undefined {
  const { maxDifference } = numbersOf({ maxDifference: flags["max-difference"] });
  if (maxDifference === undefined) return undefined;
  if (typeof maxDifference === "string") {
    throw new OptionError(complaint("maxDifference", "a finite number of at least 0", maxDifference));
  }
  return readNonNegative("maxDifference", maxDifference, 0);
}

function verdict(diff: Diff, limit: number | undefined): number {
  const failures = limit === undefined ? [] : failuresOf(diff, limit);
  for (const text of failures) complain(`--max-difference failed: ${printable(text)}`);
  const errors = diff.tensors.filter(({ error }) => error !== null);
  return failures.length === 0 && errors.length === 0 ? exitCodes.ok : exitCodes.findings;
}
