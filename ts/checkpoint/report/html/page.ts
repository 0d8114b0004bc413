/**
 * The audit as a page: one file that asks nothing of anybody else, and opens from a disk.
 *
 * @module
 */
import type { Audit } from "../../audit.js";
import type { Gate } from "../../gates.js";
import type { AuditedTensor } from "../../weight.js";
import { type Field, rowsOf, usedFields } from "../fields.js";
import type { FailedAudit } from "../json.js";
import { notes, title } from "../notes.js";
import { script, style } from "./assets.js";
import { escaped } from "./escape.js";
import { figuresOf } from "./figures.js";

/** The page on these files. Names of strangers are text in it; and no script may run in it but its own. */
export async function renderHtml(
  files: readonly (Audit | FailedAudit)[],
  gates: ReadonlyMap<Audit, readonly Gate[]>,
  version: string,
): Promise<string> {
  const sections = files.map((audit) =>
    "error" in audit
      ? `<section><p class="bad">${escaped(audit.error.message)}</p></section>`
      : section(audit, gates.get(audit) ?? []),
  );
  const names = files.map(({ file }) => file.split(/[/\\]/).at(-1)).join(", ");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${await digest(script)}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(names)}: norms</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<h1>Norms of the weights</h1>
<p class="soft">By spectral-norm ${escaped(version)}. Headings sort the tables; figures tell numbers where a pointer rests.</p>
${sections.join("\n")}
<script>${script}</script>
</body>
</html>
`;
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}

function section(audit: Audit, gates: readonly Gate[]): string {
  const rows = rowsOf(audit);
  const failures = gates.flatMap((gate) =>
    gate.failures.map((text) => `<li class="bad">--${gate.gate}: ${escaped(text)}</li>`),
  );
  const passed = gates.filter((gate) => gate.passed).map(({ gate, limit }) => `<li>--${gate} ${limit}: kept</li>`);
  const remarks = notes(audit).map(({ isError, text }) => `<li${isError ? ' class="bad"' : ""}>${escaped(text)}</li>`);
  return `<section>
<h2>${escaped(title(audit))}</h2>
<ul>${[...failures, ...passed].join("")}</ul>
<div class="figures">${figuresOf(rows)}</div>
${rows.length === 0 ? "" : tableOf(audit.file, rows)}
<ul class="soft">${remarks.join("")}</ul>
</section>`;
}

function tableOf(file: string, rows: readonly AuditedTensor[]): string {
  const columns = usedFields(rows);
  const head = (text: string, isNumber: boolean) =>
    `<th scope="col" aria-sort="none" class="${isNumber ? "number" : "text"}"><button type="button">${escaped(text)}</button></th>`;
  const heads = [head("no.", true), head("weight", false), ...columns.map((field) => head(field.head, field.isNumber))];
  const lines = rows.map((row, index) => {
    const cells = columns.map((field) => cellOf(field, row));
    return `<tr><td class="number" data-value="${index + 1}">${index + 1}</td><td class="name">${breakable(row.name)}</td>${cells.join("")}</tr>`;
  });
  const meanings = columns.map(({ head: name, meaning }) => `<dt>${escaped(name)}</dt><dd>${escaped(meaning)}</dd>`);
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(`Weights of ${file}`)}"><table>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>${lines.join("\n")}</tbody>
</table></div>
<details><summary>What the columns mean</summary><dl>${meanings.join("")}</dl></details>`;
}

/** Names of weights are long paths, which break between their parts. */
function breakable(name: string): string {
  return escaped(name).replaceAll(".", ".<wbr>");
}

function cellOf(field: Field, row: AuditedTensor): string {
  const value = field.value(row);
  const text = escaped(field.text(row));
  if (field.isNumber) return `<td class="number" data-value="${value ?? ""}">${text}</td>`;
  return `<td${field.key === "note" || field.key === "error" ? ' class="words"' : ""}>${text}</td>`;
}
