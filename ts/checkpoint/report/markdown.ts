/**
 * The audit for a pull request or a model card: GitHub's tables.
 *
 * @module
 */
import type { Audit } from "../audit.js";
import type { Gate } from "../gates.js";
import { rowsOf, usedFields } from "./fields.js";
import type { FailedAudit } from "./json.js";
import { notes, title } from "./notes.js";
import { printable } from "./text.js";

/** A section a file. */
export function renderMarkdown(
  files: readonly (Audit | FailedAudit)[],
  gates: ReadonlyMap<Audit, readonly Gate[]>,
): string {
  const sections = files.map((audit) =>
    "error" in audit ? `**${escaped(audit.error.message)}**\n` : sectionOf(audit, gates.get(audit) ?? []),
  );
  return sections.join("\n");
}

function sectionOf(audit: Audit, gates: readonly Gate[]): string {
  const rows = rowsOf(audit);
  const columns = usedFields(rows);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [
    line(["weight", ...columns.map(({ head }) => escaped(head))]),
    line(["---", ...columns.map(({ isNumber }) => (isNumber ? "---:" : "---"))]),
    ...rows.map((row) => line([escaped(row.name), ...columns.map(({ text }) => escaped(text(row)))])),
  ];
  const failures = gates.flatMap((gate) => gate.failures.map((text) => `- **--${gate.gate}: ${escaped(text)}.**`));
  const remarks = notes(audit).map(({ text }) => `- ${escaped(text)}`);
  const parts = [`### ${escaped(title(audit))}`, ...(rows.length > 0 ? [table.join("\n")] : [])];
  return `${[...parts, ...[[...failures, ...remarks].join("\n")].filter((text) => text !== "")].join("\n\n")}\n`;
}

/** Text that Markdown takes for text. Entities, for a backslash before a pipe is read in two ways. */
export function escaped(text: string): string {
  return printable(text).replace(
    /[\\`*[\]<>|&~$#]|^_|_$|(?<=\W)_|_(?=\W)/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
