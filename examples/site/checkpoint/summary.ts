/**
 * What became of it, in a sentence and a few numbers.
 *
 * @module
 */
import type { AuditedTensor } from "spectral-norm/audit";
import { find, html } from "../shared/dom.ts";
import { counted, number, percent } from "../shared/format.ts";
import { Refusal } from "../shared/worker-client.ts";
import { smallerSide } from "./plots.ts";
import { type Item, problemsOf } from "./rows.ts";
import type { Run } from "./run.ts";
import type { Source } from "./sources.ts";
import { bytesText, layerName, progressText, shortened, timeText, visible } from "./words.ts";

/** Why an audit failed: what the package says, and what can be done about it. */
export function explain(error: unknown, source: Source): string {
  const { message } = error as Error;
  const said = visible(message);
  if (error instanceof Refusal && error.code === "LOAD") {
    return `The engine did not start: ${said}. It needs a browser with WebAssembly SIMD and module workers: Chromium 91, Firefox 114 or Safari 16.4.`;
  }
  if (source.kind === "url" && /the request failed/.test(message)) {
    return `${said}. Browsers let a page read another site only where that site allows it (CORS), and say no more about why. Download the file and drop it here, or ask npx spectral-norm audit, which needs no permission.`;
  }
  return said;
}

interface Extreme {
  readonly no: number;
  readonly row: AuditedTensor;
  readonly value: number;
}

/** The row with the largest value. */
function largest(items: readonly Item[], value: (row: AuditedTensor) => number | null): Extreme | undefined {
  let most: Extreme | undefined;
  for (const { no, measured } of items) {
    const found = measured === undefined ? null : value(measured.row);
    if (measured !== undefined && found !== null && found > (most?.value ?? Number.NEGATIVE_INFINITY)) {
      most = { no, row: measured.row, value: found };
    }
  }
  return most;
}

/** A number with its meaning, and where it is from. */
interface Tile {
  readonly id: string;
  readonly head: string;
  readonly value: number;
  readonly text: string;
  readonly from: { readonly no: number; readonly name: string } | string;
  readonly isBad?: boolean;
}

function extremeTile(id: string, head: string, found: Extreme | undefined, text: (value: number) => string): Tile[] {
  if (found === undefined) return [];
  return [{ id, head, value: found.value, text: text(found.value), from: { no: found.no, name: found.row.name } }];
}

/** How few directions share a weight; of a single row or column there is nothing to tell. */
function collapse(row: AuditedTensor): number | null {
  return row.stableRank === null || row.stableRank === 0 || smallerSide(row) === 1 ? null : -row.stableRank;
}

/** What stands out, in words; nothing where nothing does. */
export function findings(items: readonly Item[]): string {
  const rows = items.flatMap(({ measured }) => (measured === undefined ? [] : [measured.row]));
  const graves = rows.filter((row) => problemsOf(row).some(({ isGrave }) => isGrave));
  const normalized = rows.filter(
    ({ normalization, effectiveNorm }) => normalization !== null && effectiveNorm !== null,
  );
  const stale = normalized.filter((row) => problemsOf(row).some(({ mark }) => mark.startsWith("stale")));
  const said: string[] = [];
  if (graves.length > 0) said.push(`${counted(graves.length, "row")} could not be measured rightly.`);
  if (stale.length > 0) {
    const most = stale.reduce((largest, { effectiveNorm }) => Math.max(largest, effectiveNorm ?? 0), 0);
    const which = `${stale.length} of ${counted(normalized.length, "normalized weight")}`;
    said.push(`Spectral normalization is out of date in ${which}: norms in use are up to ${number(most)}, not 1.`);
  }
  return said.join(" ");
}

function tilesOf(run: Run): readonly Tile[] {
  const { items } = run;
  const problems = items.filter(({ measured }) => measured !== undefined && problemsOf(measured.row).length > 0);
  const graves = problems.filter(
    ({ measured }) => measured !== undefined && problemsOf(measured.row).some(({ isGrave }) => isGrave),
  );
  const rank = largest(items, collapse);
  const stale = largest(items, ({ staleness }) => (staleness === null ? null : Math.abs(staleness)));
  const network = run.audit?.network ?? null;
  const tiles: Tile[] = [
    ...extremeTile(
      "largest",
      "largest norm",
      largest(items, ({ spectralNorm }) => spectralNorm),
      number,
    ),
    ...extremeTile(
      "used",
      "largest norm in use",
      largest(items, ({ effectiveNorm }) => effectiveNorm),
      number,
    ),
    ...extremeTile("stale", "stored σ misses up to", stale, percent),
    ...extremeTile("rank", "least stable rank", rank && { ...rank, value: -rank.value }, number),
  ];
  if (network !== null && network.upper !== null) {
    const from = "Lipschitz constant, certified";
    tiles.push({
      id: "network",
      head: "whole network, at most",
      value: network.upper,
      text: number(network.upper),
      from,
    });
  }
  const words =
    graves.length > 0 ? `${graves.length} without right numbers` : problems.length > 0 ? "worth a look" : "none so far";
  const from = run.status === "finished" && problems.length === 0 ? "nothing found" : words;
  return [
    ...tiles,
    {
      id: "problems",
      head: "marked rows",
      value: problems.length,
      text: String(problems.length),
      from,
      isBad: graves.length > 0,
    },
  ];
}

/** A sentence on where the audit stands. */
export function sentence(run: Run): string {
  const { progress, tensors = 0 } = run;
  const name = shortened(run.name, 80);
  const found = `${counted(progress.allRows, "row")} from ${counted(tensors, "tensor")}`;
  switch (run.status) {
    case "opening":
      return `Opening ${name}.`;
    case "running":
      return `Measuring ${name}: ${found}.`;
    case "finished": {
      if (progress.allRows === 0)
        return `${name} has ${counted(tensors, "tensor")}, and no weights of two or more dimensions among them.`;
      const measured = `${name}: ${found}, ${bytesText(progress.allBytes)}, measured in ${timeText(progress.seconds)}.`;
      return `${measured} ${findings(run.items) || "Nothing stands out."}`;
    }
    case "canceled":
      return progress.allRows === 0
        ? `Stopped before ${name} was open.`
        : `Stopped: ${progress.rows} of ${found} are measured, and stay.`;
    case "failed":
      return explain(run.error, run.source);
  }
}

/** Shows where the audit stands; `open` is called with the number of a row that a tile leads to. */
export function showSummary(run: Run, open: (no: number) => void): void {
  const words = find("verdict", HTMLElement);
  const said = sentence(run);
  // Only what changes is read out.
  if (words.textContent !== said) words.textContent = said;
  words.classList.toggle("is-warning", run.status === "failed" || run.status === "canceled");
  find("progress-row", HTMLElement).hidden = run.isOver;
  const bar = find("progress", HTMLProgressElement);
  const { progress } = run;
  if (run.status === "opening" || progress.allBytes === 0) bar.removeAttribute("value");
  else bar.value = progress.bytes / progress.allBytes;
  const now = run.working.map(({ name, shape }) => `${shortened(name, 60)} ${shape.join("×")}`).join(" and ");
  find("progress-words", HTMLElement).textContent = run.status === "running" ? progressText(progress) : "";
  find("working", HTMLElement).textContent = run.isOver ? "" : now;
  find("tiles", HTMLElement).replaceChildren(
    ...(progress.rows === 0 ? [] : tilesOf(run).map((tile) => tileOf(tile, open))),
  );
}

function tileOf({ id, head, value, text, from, isBad = false }: Tile, open: (no: number) => void): HTMLElement {
  const data = html("data", { id: `tile-${id}`, value }, text);
  const origin = typeof from === "string" ? html("small", {}, from) : linkTo(from, open);
  return html("li", { class: isBad ? "tile is-grave" : "tile" }, html("span", {}, head), data, origin);
}

function linkTo({ no, name }: { readonly no: number; readonly name: string }, open: (no: number) => void): HTMLElement {
  const button = html(
    "button",
    { type: "button", class: "quiet", title: visible(name).slice(0, 1000) },
    shortened(layerName(name), 30),
  );
  button.addEventListener("click", () => open(no));
  return button;
}
