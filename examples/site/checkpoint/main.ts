import "../shared/theme.css";
import "../shared/lab.css";
import "../shared/controls.css";
import "../shared/figures.css";
import "./page.css";
import "./reading.css";
import "./table.css";
import { offerLink } from "../shared/controls.ts";
import { eachFrame, find } from "../shared/dom.ts";
import { counted } from "../shared/format.ts";
import { keepState, readState } from "../shared/url-state.ts";
import { columnControls, exampleButtons, filterControls, layersControl, settingControls } from "./choices.ts";
import { offerReports } from "./downloads.ts";
import { exampleOf, fetchExample } from "./examples.ts";
import { Figures } from "./figures.ts";
import { acceptCheckpoints } from "./intake.ts";
import { type Placed, placedOf } from "./plots.ts";
import { arrange, type Item } from "./rows.ts";
import { Run } from "./run.ts";
import type { Source } from "./sources.ts";
import { CODECS, DEFAULTS, type LayersFile, type State, settingsOf } from "./state.ts";
import { showSummary } from "./summary.ts";
import { type ShownColumn, Table } from "./table.ts";
import type { Column } from "./tasks.ts";
import { offerCheckpoints } from "./writing.ts";

const keep = keepState(CODECS, DEFAULTS);

let state = readState(location.search, CODECS, DEFAULTS);
/** Files of the own machine; while there are some, neither the example nor the address is shown. */
let picked: Source | undefined;
/** A file of layers of the own machine. */
let layers: LayersFile | undefined;
let run: Run | undefined;
let attempt = 0;

const layersInUse = (): LayersFile | undefined =>
  layers ?? (picked !== undefined || state.url !== "" ? undefined : exampleOf(state.example).layers);

function complain(error: unknown): void {
  const place = find("notice", HTMLElement);
  place.hidden = error === undefined;
  place.textContent = error === undefined ? "" : (error as Error).message;
}

/** Audits what the state and the files say, in the place of what was audited before. */
async function start(): Promise<void> {
  attempt += 1;
  const mine = attempt;
  run?.cancel();
  complain(undefined);
  try {
    const source =
      picked ??
      (state.url === "" ? await fetchExample(exampleOf(state.example)) : ({ kind: "url", url: state.url } as const));
    // Something else may have been asked for meanwhile.
    if (mine !== attempt) return;
    table.clear();
    run = new Run(source, settingsOf(state, layersInUse()), drawSoon);
    draw();
  } catch (error) {
    if (mine === attempt) complain(error);
  }
}

const table = new Table({
  sort(key) {
    const isNew = key !== state.sort;
    const isNumber = run?.columns.find((column) => column.key === key)?.isNumber ?? false;
    // What one looks for in numbers are the largest.
    const first = isNumber ? "down" : "up";
    table.rewind();
    change({ sort: key, order: isNew ? first : state.order === "up" ? "down" : "up" });
  },
  open: (no) => change({ row: state.row === no ? 0 : no }),
});

/** Opens a row from elsewhere on the page, even if the filter hides it. */
function reveal(no: number): void {
  const isHidden = !arrange(run?.items ?? [], run?.columns ?? [], state).some((item) => item.no === no);
  change(isHidden ? { row: no, search: "", kind: "all", only: "everything", above: undefined } : { row: no });
  drawTable();
  table.reveal(no);
}

const figures = new Figures(reveal);
const enableReports = offerReports(() => run?.audit, complain);

const isStored = (): boolean =>
  run?.items.some(({ measured }) => (measured?.row.normalization ?? null) !== null) ?? false;
const enableCheckpoints = offerCheckpoints(
  () => run && { source: run.source, settings: settingsOf(state, undefined), isStored: isStored() },
);

/** The columns that say anything about these rows. */
function usedColumns(items: readonly Item[], columns: readonly Column[]): readonly ShownColumn[] {
  const measured = items.flatMap((item) => (item.measured === undefined ? [] : [item.measured]));
  return columns
    .map((column, index) => ({ column, index }))
    .filter(
      ({ index }) => measured.length === 0 || measured.some(({ cells }) => (cells[index]?.value ?? null) !== null),
    );
}

function drawTable(): void {
  const { items = [], columns = [] } = run ?? {};
  const used = usedColumns(items, columns);
  const arranged = arrange(items, columns, state);
  showColumns(
    used.map(({ column }) => column),
    state.columns,
  );
  const most = items.reduce((least, { measured }) => Math.max(least, measured?.row.spectralNorm ?? 0), 0);
  find("rows", HTMLElement).style.setProperty("--most", String(most === 0 ? 1 : most));
  table.show({
    items: arranged,
    columns: used.filter(({ column }) => state.columns.includes(column.key)),
    allColumns: columns,
    state,
  });
  find("count", HTMLElement).textContent =
    arranged.length === items.length
      ? counted(items.length, "row")
      : `${arranged.length} of ${counted(items.length, "row")}`;
  const nothing = find("nothing", HTMLElement);
  nothing.hidden = arranged.length > 0;
  nothing.textContent = items.length === 0 ? "No weights yet." : "No row passes the filter.";
}

/** The weight whose spectrum is drawn: the open one, or else that of the largest norm. */
function chosenOf(placed: readonly Placed[]): Placed | undefined {
  const opened = placed.find(({ no }) => no === state.row);
  const [first, ...others] = placed;
  return (
    opened ??
    others.reduce((best, each) => ((each.row.spectralNorm ?? 0) > (best?.row.spectralNorm ?? 0) ? each : best), first)
  );
}

const draw = eachFrame(() => {
  if (run === undefined) return;
  showSummary(run, reveal);
  enableReports(run.audit !== undefined);
  enableCheckpoints(run.status === "finished" && run.items.length > 0, isStored());
  drawTable();
  const placed = placedOf(run.items);
  figures.show(placed, run.items.length, chosenOf(placed));
});

/** Rows come faster than anybody reads, and drawing takes the time in which workers wait for their next. */
const PAUSE = 150;
let isDrawn = true;

function drawSoon(): void {
  if (run?.isOver !== false || run.progress.rows === 0) {
    draw();
    return;
  }
  if (!isDrawn) return;
  isDrawn = false;
  setTimeout(() => {
    isDrawn = true;
    draw();
  }, PAUSE);
}

const showSettings = settingControls((part) => change(part, true));
const showFilter = filterControls((part) => {
  table.rewind();
  change(part);
});
const showColumns = columnControls((key) => {
  const has = state.columns.includes(key);
  change({ columns: has ? state.columns.filter((column) => column !== key) : [...state.columns, key] });
});
const markExample = exampleButtons((example) => {
  picked = undefined;
  forget();
  change({ example, url: "", row: 0 }, true);
});
const showLayers = layersControl((given) => {
  layers = given;
  change({}, true);
});
const forget = acceptCheckpoints({
  take(source) {
    picked = source;
    change({ url: "", example: DEFAULTS.example, row: 0 }, true);
  },
  visit(url) {
    picked = undefined;
    forget();
    change({ url, row: 0 }, true);
  },
  refuse: complain,
});

/** The one way by which the page changes; `again` audits anew. */
function change(part: Partial<State>, again = false): void {
  state = { ...state, ...part };
  showSettings(state);
  showFilter(state);
  showLayers(layersInUse()?.name, layers !== undefined);
  markExample(picked === undefined && state.url === "" ? state.example : undefined);
  keep(state);
  if (again) void start();
  else draw();
}

find("cancel", HTMLButtonElement).addEventListener("click", () => {
  run?.cancel();
  draw();
});
// The rate and the time that is left change between rows, too.
setInterval(() => run?.isOver === false && draw(), 1000);
offerLink(find("share", HTMLButtonElement));
find("url", HTMLInputElement).value = state.url;
change({}, true);
