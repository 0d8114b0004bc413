/**
 * The kinds of reports, by name.
 *
 * @module
 */
import { styleText } from "node:util";
import {
  type Audit,
  type FailedAudit,
  type Gate,
  renderCsv,
  renderHtml,
  renderJson,
  renderMarkdown,
} from "../audit.js";
import { renderTable, type TableOptions } from "../checkpoint/report/table.js";

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

/** Prints the table of one file as it suits the terminal. */
export function printTable(audit: Audit, isLater: boolean, wide: boolean): void {
  process.stdout.write((isLater ? "\n" : "") + renderTable(audit, { ...tableOptions(process.stdout), wide }));
}

/** How a table suits a stream: as wide as it is and in color on a terminal, plain elsewhere. */
export function tableOptions(stream: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "hasColors">): TableOptions {
  // Node's hasColors knows NO_COLOR, FORCE_COLOR and terminals that cannot.
  const hasColors = stream.isTTY && stream.hasColors();
  return {
    width: stream.isTTY ? stream.columns : undefined,
    paint: hasColors ? (style, text) => styleText(style, text) : undefined,
  };
}
