/**
 * The kinds of reports, by name.
 *
 * @module
 */
import {
  type Audit,
  type FailedAudit,
  type Gate,
  renderCsv,
  renderHtml,
  renderJson,
  renderMarkdown,
} from "../audit.js";
import { renderTable } from "../checkpoint/report/table.js";

/** The kinds that are asked for by a switch. */
export const formats = ["json", "csv", "markdown", "html"] as const;

/** A kind of report. */
export type Format = (typeof formats)[number] | "table";

/** A report on all files as one text, without color. */
export async function render(
  format: Format,
  files: readonly (Audit | FailedAudit)[],
  gates: ReadonlyMap<Audit, readonly Gate[]>,
  version: string,
  wide: boolean,
): Promise<string> {
  if (format === "json") return renderJson(files, version, gates);
  if (format === "csv") return renderCsv(files);
  if (format === "markdown") return renderMarkdown(files, gates);
  if (format === "html") return await renderHtml(files, gates, version);
  const audits = files.filter((file): file is Audit => !("error" in file));
  return audits.map((audit) => renderTable(audit, { wide })).join("\n");
}
