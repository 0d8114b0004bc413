/**
 * `spectral-norm audit FILE...`
 *
 * @module
 */

import { type Audit, type FailedAudit, type Gate, gatesOf, isComplete } from "../audit.js";
import { printable } from "../checkpoint/report/text.js";
import { auditFlags, auditHelp } from "./audit-help.js";
import type { Command, Values } from "./command.js";
import { complain, exitCodes } from "./exit.js";
import { auditFile, measureHere, measureInThreads, measureInTwo } from "./measuring.js";
import { writeAtomically } from "./output.js";
import { type Plan, planOf } from "./plan.js";
import { createQueueMeasurer } from "./queue/coordinator.js";
import { render } from "./render.js";
import { inOrder, type Measurer } from "./sharing.js";
import { printTable } from "./terminal.js";
import { createTracker } from "./tracker.js";

/** The command. */
export const auditCommand: Command = { ...auditHelp, flags: auditFlags, run: runAudit };

/**
 * Audits files and prints a report on each, or one document at the end. A file that cannot be audited does not keep the
 * others from it.
 *
 * @throws {SpectralNormError} `OPTION` or `TYPE`, for a wrong option, before any file is read; `QUEUE`.
 */
async function runAudit(paths: readonly string[], flags: Values, version: string): Promise<number> {
  if (paths.length === 0) {
    complain("expected at least one file to audit; see spectral-norm audit --help");
    return exitCodes.usage;
  }
  const plan = await planOf(paths, flags);
  const measurer = await measurerOf(plan, version);
  try {
    return await auditAll(paths, plan, measurer, version);
  } finally {
    await measurer.close();
  }
}

async function measurerOf({ workers, queue, settings }: Plan, version: string): Promise<Measurer> {
  if (queue !== undefined) return await createQueueMeasurer(queue, version);
  // What is asked beyond norms takes copies of weights, for two of which there may be no memory.
  const isBare = settings.detail === undefined && settings.layers === undefined;
  if (workers === undefined && isBare) return measureInTwo();
  return workers === undefined || workers === 1 ? measureHere : measureInThreads(workers);
}

async function auditAll(paths: readonly string[], plan: Plan, measurer: Measurer, version: string): Promise<number> {
  const { format, wide, output, settings, limits } = plan;
  const results: (Audit | FailedAudit)[] = [];
  const gates = new Map<Audit, readonly Gate[]>();
  // A table can be printed as soon as its file is done, if it goes where it is looked at.
  const printsAtOnce = format === "table" && output === undefined;
  const tracker = createTracker(process.stderr);
  const audits = inOrder(paths, measurer.ahead, (path) => auditFile(path, settings, measurer, tracker));
  for await (const result of audits) {
    tracker.clear();
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
