/**
 * Tables as they suit a terminal.
 *
 * @module
 */
import { styleText } from "node:util";
import type { Audit } from "../audit.js";
import { renderTable, type TableOptions } from "../checkpoint/report/table.js";

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
