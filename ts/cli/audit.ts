/**
 * `spectral-norm audit FILE...`
 *
 * @module
 */
import { styleText } from "node:util";
import { type Audit, type AuditOptions, audit, isComplete } from "../checkpoint/audit.js";
import { type FailedAudit, renderJson } from "../checkpoint/report/json.js";
import { renderTable, type TableOptions } from "../checkpoint/report/table.js";
import { formatShape, printable } from "../checkpoint/report/text.js";
import { load } from "../index.js";
import type { Engine } from "../types.js";
import type { Command, Values } from "./command.js";
import { complain, exitCodes } from "./exit.js";
import { createProgress } from "./progress.js";

/** The command. */
export const auditCommand: Command = {
  usage: "FILE... [options]",
  summary: "The norms of every weight in checkpoints: files, or http(s) addresses.",
  flags: {
    json: { help: "Print JSON instead of a table: { version, files: [{ file, axis, tensors, skipped }] }" },
    axis: {
      value: "AXIS",
      help: "Output axis of kernels: 0 (default) for PyTorch, last for Keras and TensorFlow, 1 for transposed convolutions of PyTorch, which a checkpoint does not tell from others",
    },
    tolerance: { value: "NUMBER", help: "Relative accuracy of the spectral norm (default: 1e-6)" },
    "max-iterations": { value: "COUNT", help: "Passes over a weight after which to give up (default: 20000)" },
    seed: { value: "INTEGER", help: "Seed of the random start (default: 0)" },
  },
  run: runAudit,
};

/**
 * Audits files one after the other and prints a report on each, or one JSON document at the end. A file that cannot be
 * audited does not keep the others from it.
 *
 * @throws {SpectralNormError} `OPTION` or `TYPE`, for a wrong option, before any file is read.
 */
async function runAudit(paths: readonly string[], flags: Values, version: string): Promise<number> {
  if (paths.length === 0) {
    complain("expected at least one file to audit; see spectral-norm audit --help");
    return exitCodes.usage;
  }
  const { json } = flags;
  const engine = await load();
  const results: (Audit | FailedAudit)[] = [];
  for (const path of paths) {
    const result = await auditFile(engine, path, auditOptions(flags));
    if (!isAudit(result)) complain(printable(result.error.message));
    else if (json !== true) print(result, results.some(isAudit));
    results.push(result);
  }
  if (json === true) process.stdout.write(renderJson(results, version));
  if (!results.every(isAudit)) return exitCodes.usage;
  return results.every(isComplete) ? exitCodes.ok : exitCodes.findings;
}

function print(result: Audit, isLater: boolean): void {
  process.stdout.write((isLater ? "\n" : "") + renderTable(result, terminal()));
}

function isAudit(result: Audit | FailedAudit): result is Audit {
  return !("error" in result);
}

/** What is not given stays undefined, and what is no number stays text: {@link audit} judges, and names the option. */
function auditOptions({ axis, tolerance, "max-iterations": maxIterations, seed }: Values): AuditOptions {
  const numeric = { axis, tolerance, maxIterations, seed };
  return Object.fromEntries(Object.entries(numeric).map(([name, value]) => [name, toNumber(value)]));
}

function toNumber(value: string | boolean | undefined): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? value : number;
}

async function auditFile(engine: Engine, path: string, options: AuditOptions): Promise<Audit | FailedAudit> {
  const progress = createProgress(process.stderr);
  const onWeight: AuditOptions["onWeight"] = (tensor, index, count) =>
    progress.show(`${index + 1}/${count} ${printable(tensor.name)} ${formatShape(tensor.shape)}`);
  try {
    return await audit(engine, path, { ...options, onWeight });
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message: string };
    if (code !== "FORMAT") throw thrown;
    return { file: path, error: { code, message } };
  } finally {
    progress.clear();
  }
}

function terminal(): TableOptions {
  const { stdout } = process;
  // Node's hasColors knows NO_COLOR, FORCE_COLOR and terminals that cannot.
  const hasColors = stdout.isTTY && stdout.hasColors();
  return {
    width: stdout.isTTY ? stdout.columns : undefined,
    paint: hasColors ? (style, text) => styleText(style, text) : undefined,
  };
}
