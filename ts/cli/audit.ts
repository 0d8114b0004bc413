/**
 * `spectral-norm audit FILE...`
 *
 * @module
 */
import {
  type Architecture,
  type Audit,
  type AuditOptions,
  audit,
  checkGates,
  type FailedAudit,
  type Gate,
  type GateOptions,
  gatesOf,
  isComplete,
  parseArchitecture,
} from "../audit.js";
import { formatShape, printable } from "../checkpoint/report/text.js";
import { openFile } from "../checkpoint/sources/file.js";
import { OptionError } from "../engine/errors.js";
import { auditFlags, auditHelp } from "./audit-help.js";
import type { Command, Values } from "./command.js";
import { complain, exitCodes } from "./exit.js";
import { numbersOf } from "./numbers.js";
import { checkOutput, writeAtomically } from "./output.js";
import { createProgress } from "./progress.js";
import { describeRate } from "./rate.js";
import { type Format, formats, printTable, render } from "./render.js";

/** The command. */
export const auditCommand: Command = { ...auditHelp, flags: auditFlags, run: runAudit };

/** What was asked for. */
interface Plan {
  readonly format: Format;
  readonly wide: boolean;
  readonly output: string | undefined;
  readonly options: AuditOptions;
  readonly limits: GateOptions;
}

/**
 * Audits files one after the other and prints a report on each, or one document at the end. A file that cannot be
 * audited does not keep the others from it.
 *
 * @throws {SpectralNormError} `OPTION` or `TYPE`, for a wrong option, before any file is read.
 */
async function runAudit(paths: readonly string[], flags: Values, version: string): Promise<number> {
  if (paths.length === 0) {
    complain("expected at least one file to audit; see spectral-norm audit --help");
    return exitCodes.usage;
  }
  const plan = await planOf(paths, flags);
  const { format, wide, output, options, limits } = plan;
  const results: (Audit | FailedAudit)[] = [];
  const gates = new Map<Audit, readonly Gate[]>();
  // A table can be printed as soon as its file is done, if it goes where it is looked at.
  const printsAtOnce = format === "table" && output === undefined;
  for (const path of paths) {
    const result = await auditFile(path, options);
    if (isAudit(result)) gates.set(result, gatesOf(result, limits));
    else complain(printable(result.error.message));
    if (printsAtOnce && isAudit(result)) printTable(result, results.some(isAudit), wide);
    results.push(result);
  }
  if (!printsAtOnce) {
    const text = await render(format, results, gates, version, wide);
    if (output === undefined) process.stdout.write(text);
    else await writeAtomically(output, text);
  }
  return verdict(results, gates);
}

/** Says which limits were exceeded, and how it all ended. */
function verdict(results: readonly (Audit | FailedAudit)[], gates: ReadonlyMap<Audit, readonly Gate[]>): number {
  const failures = [...gates].flatMap(([{ file }, all]) =>
    all.flatMap(({ gate, failures: texts }) => texts.map((text) => `${file}: --${gate} failed: ${text}`)),
  );
  for (const text of failures) complain(printable(text));
  if (!results.every(isAudit)) return exitCodes.usage;
  return failures.length === 0 && results.every(isComplete) ? exitCodes.ok : exitCodes.findings;
}

function isAudit(result: Audit | FailedAudit): result is Audit {
  return !("error" in result);
}

/** Checks everything that can be checked before a checkpoint is read. */
async function planOf(paths: readonly string[], flags: Values): Promise<Plan> {
  const asked = formats.filter((format) => flags[format] === true);
  if (asked.length > 1) {
    throw new OptionError(`expected one kind of report, got ${asked.map((format) => `--${format}`).join(" and ")}`);
  }
  const [format = "table"] = asked;
  const { output, layers, wide } = flags;
  if (typeof output === "string") checkOutput(output, typeof layers === "string" ? [...paths, layers] : paths);
  const architecture = typeof layers === "string" ? await readArchitecture(layers, paths) : undefined;
  const limits = numbersOf({ maxNorm: flags["max-norm"], maxLipschitz: flags["max-lipschitz"] }) as GateOptions;
  checkGates(limits, architecture);
  const options = { ...auditOptions(flags, limits), architecture };
  const isPlain = format === "table" && wide !== true && limits.maxNorm === undefined;
  return {
    format,
    wide: wide === true,
    output: typeof output === "string" ? output : undefined,
    options:
      isPlain && flags["certainty"] === undefined && flags["values"] === undefined
        ? { ...options, detail: undefined }
        : options,
    limits,
  };
}

async function readArchitecture(path: string, paths: readonly string[]): Promise<Architecture> {
  if (paths.length > 1)
    throw new OptionError(`"layers" expected one file to audit, for it is about that, got ${paths.length}`);
  const file = await openFile(path);
  try {
    return parseArchitecture(path, new TextDecoder().decode(await file.read(0, file.size)));
  } finally {
    await file.close?.();
  }
}

/** What is not given stays undefined, and what is no number stays text: {@link audit} judges, and names the option. */
function auditOptions(flags: Values, { maxNorm }: GateOptions): AuditOptions {
  const { axis, tolerance, "max-iterations": maxIterations, seed, values, "lora-alpha": loraAlpha } = flags;
  // A limit is kept by proof, unless somebody says that less will do.
  const certainty = flags["certainty"] ?? (maxNorm === undefined ? undefined : "rigorous");
  return {
    ...numbersOf({ axis, tolerance, maxIterations, seed, loraAlpha }),
    detail: numbersOf({ certainty, values }),
  };
}

async function auditFile(path: string, options: AuditOptions): Promise<Audit | FailedAudit> {
  const progress = createProgress(process.stderr);
  const start = Date.now();
  const onWeight: AuditOptions["onWeight"] = (job, index, count, done) => {
    const rate = describeRate(done, Date.now() - start);
    const where = `${printable(job.name)} ${formatShape(job.shape)}`;
    progress.show([`${index + 1}/${count}`, rate, where].filter((text) => text !== "").join(" · "));
  };
  try {
    return await audit(path, { ...options, onWeight });
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message: string };
    if (code !== "FORMAT") throw thrown;
    return { file: path, error: { code, message } };
  } finally {
    progress.clear();
  }
}
