/**
 * What the page asks its workers: each opens the checkpoint for itself, and measures the rows that it is given.
 *
 * @module
 */
import type { Engine } from "spectral-norm";
import {
  type Audit,
  type AuditedTensor,
  type AuditJob,
  fields,
  type OpenAudit,
  type OpenAuditOptions,
  openAudit,
  parseArchitecture,
  renderCsv,
  renderHtml,
  renderJson,
  renderMarkdown,
} from "spectral-norm/audit";
import { version } from "../../../package.json";
import { accessTo, axisOf, fileOf } from "./access.ts";
import { repaired } from "./repairs.ts";
import type { Source } from "./sources.ts";
import type { Settings } from "./state.ts";

/** A column, as the package's reports have it. */
export interface Column {
  readonly key: string;
  readonly head: string;
  readonly meaning: string;
  readonly isNumber: boolean;
}

/** What stands in a column: in full, and for people. */
export interface Cell {
  readonly value: number | string | null;
  readonly text: string;
}

/** A row with its cells, one for each column. */
export interface Measured {
  readonly row: AuditedTensor;
  readonly cells: readonly Cell[];
}

/** What is known of a checkpoint before anything is measured. */
export interface Opened {
  readonly jobs: readonly AuditJob[];
  readonly columns: readonly Column[];
  /** The report without any rows. */
  readonly empty: Audit;
  /** What stands in the place of each row in the report of an audit that was stopped before it came to it. */
  readonly unmeasured: readonly AuditedTensor[];
}

/** The kinds of reports. */
export type ReportKind = "html" | "json" | "csv" | "markdown";

/** No report can be taken for a whole one. */
const CANCELED = { code: "CANCELED", message: "not measured: the audit was stopped before" };

let audit: OpenAudit | undefined;

function optionsOf(engine: Engine, source: Source, settings: Settings): OpenAuditOptions {
  const { intervals, values, alpha, layers } = settings;
  return {
    engine,
    detail: intervals === "none" ? undefined : { certainty: intervals, values: Number(values) },
    loraAlpha: alpha,
    architecture: layers === undefined ? undefined : parseArchitecture(layers.name, layers.text),
    axis: axisOf(settings),
    tolerance: Number(settings.tolerance),
    checkpoint: accessTo(source),
  };
}

/** Opens the checkpoint; `isLead` also tells what the report will be made of. */
export async function open(
  engine: Engine,
  source: Source,
  settings: Settings,
  isLead: boolean,
): Promise<Opened | undefined> {
  const options = optionsOf(engine, source, settings);
  audit = await openAudit(fileOf(source), options);
  if (!isLead) return undefined;
  const columns = fields.map(({ key, head, meaning, isNumber }) => ({ key, head, meaning, isNumber }));
  const { jobs } = audit;
  const unmeasured: AuditedTensor[] = [];
  for (const job of jobs) unmeasured.push(await audit.failed(job, CANCELED));
  return { jobs, columns, empty: await emptyReport(audit, source, options), unmeasured };
}

/** A network has no bound without its rows, and so the report without rows is one without a network. */
async function emptyReport(opened: OpenAudit, source: Source, options: OpenAuditOptions): Promise<Audit> {
  if (options.architecture === undefined) return await opened.finish([]);
  const plain = await openAudit(fileOf(source), { ...options, architecture: undefined });
  try {
    return await plain.finish([]);
  } finally {
    await plain.close();
  }
}

/** Measures a row. */
export async function measure(_engine: Engine, job: AuditJob): Promise<Measured> {
  const row = await (audit as OpenAudit).measure(job);
  return { row, cells: cellsOf(row) };
}

function cellsOf(row: AuditedTensor): readonly Cell[] {
  return fields.map(({ value, text }) => ({ value: value(row), text: text(row) }));
}

/** The report of all rows. */
export function finish(_engine: Engine, rows: readonly AuditedTensor[]): Promise<Audit> {
  return (audit as OpenAudit).finish(rows);
}

/** A report as a file. */
export async function render(_engine: Engine, report: Audit, kind: ReportKind): Promise<string> {
  if (kind === "html") return await renderHtml([report], new Map(), version);
  if (kind === "json") return renderJson([report], version);
  return kind === "csv" ? renderCsv([report]) : renderMarkdown([report], new Map());
}

/** The tasks by name. */
export const tasks = { open, measure, finish, render, repaired };
