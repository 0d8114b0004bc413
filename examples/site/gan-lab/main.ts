import "../shared/theme.css";
import "../shared/lab.css";
import "../shared/controls.css";
import "../shared/figures.css";
import "./page.css";
import "./runs.css";
import { offerLink } from "../shared/controls.ts";
import { eachFrame, find, nextTask } from "../shared/dom.ts";
import { keepState, readState } from "../shared/url-state.ts";
import { controls } from "./choices.ts";
import { onSchemeChange, themeColors } from "./colors.ts";
import { traced } from "./curves.ts";
import { css } from "./field.ts";
import { Pad } from "./pad.ts";
import { Painter } from "./painter.ts";
import { Panel } from "./panel.ts";
import { Reader } from "./reader.ts";
import { Session } from "./session.ts";
import { CODECS, DEFAULTS, type State } from "./state.ts";

/** Milliseconds between drawings of the curves while runs go on. */
const CURVES = 500;

/** What changes nothing of how runs go. */
const VIEWS: readonly string[] = ["field", "layers", "axis", "pace", "until"] satisfies (keyof State)[];

// The page itself takes its time to be parsed and styled, and so do the controls below.
await nextTask();

const keep = keepState(CODECS, DEFAULTS);
const painter = new Painter();
const panels = new Map<number, Panel>();
const reader = new Reader();
const start = find("start", HTMLButtonElement);

let state = readState(location.search, CODECS, DEFAULTS);
let colors = themeColors();

const session = new Session(
  () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
  () => draw(),
);

/** There is nothing to learn from an empty pad. */
const canTrain = (): boolean => state.data !== "own" || state.own.length > 0;

function drawPanels(): void {
  const home = find("runs", HTMLElement);
  for (const [place, run] of session.runs.entries()) {
    const panel = panels.get(place);
    if (run === undefined) {
      panel?.element.remove();
      panels.delete(place);
      continue;
    }
    const shown = panel ?? new Panel(place, painter);
    if (panel === undefined) {
      panels.set(place, shown);
      // In the order of places, whatever the order of their coming.
      const next = [...panels.keys()].sort((a, b) => a - b).find((other) => other > place);
      home.insertBefore(shown.element, next === undefined ? null : (panels.get(next)?.element ?? null));
    }
    shown.draw(run, state, colors);
  }
  home.style.setProperty("--count", String(panels.size));
}

let timer: ReturnType<typeof setTimeout> | undefined;
let drawnAt = 0;

/** Curves grow by a few points a second, and are drawn no more often. */
function drawCurves(): void {
  if (timer !== undefined) return;
  timer = setTimeout(
    () => {
      timer = undefined;
      drawnAt = performance.now();
      reader.draw(traced(session.runs), state.axis);
    },
    Math.max(0, drawnAt + CURVES - performance.now()),
  );
}

const draw = eachFrame(() => {
  const { isRunning } = session;
  start.textContent = isRunning ? "Pause" : "Start";
  start.disabled = !canTrain();
  find("step-once", HTMLButtonElement).disabled = isRunning || !canTrain();
  drawPanels();
  drawCurves();
});

const pad = new Pad((own) => change({ own }));
const showControls = controls(
  () => state,
  (part) => change(part),
);

function drawKey(): void {
  for (const name of ["scores", "slopes"] as const) {
    find(`${name}-scale`, HTMLElement).style.background =
      `linear-gradient(to right, ${colors[name].map(css).join(", ")})`;
  }
}

/** The one way by which the page changes; runs go on or begin anew as they must. */
function change(part: Partial<State>): void {
  const before = state;
  state = { ...state, ...part };
  showControls(state);
  pad.draw(state.own, colors);
  keep(state);
  const changed = (Object.keys(part) as (keyof State)[]).filter((key) => state[key] !== before[key]);
  const isAll = changed.some((key) => key !== "methods" && !VIEWS.includes(key));
  if (!canTrain()) session.pause();
  else if (isAll || changed.includes("methods")) session.begin(state, isAll);
  if (changed.includes("field") || changed.includes("layers")) session.look(state);
  if (changed.includes("pace") || changed.includes("until")) session.hurry(state);
  draw();
}

function toggle(): void {
  if (!canTrain()) return;
  if (session.isRunning) session.pause();
  else session.run(state);
}

start.addEventListener("click", toggle);
find("step-once", HTMLButtonElement).addEventListener("click", () => session.step());
find("reset", HTMLButtonElement).addEventListener("click", () => {
  if (canTrain()) session.begin(state, true);
});
document.addEventListener("keydown", (event) => {
  // A key that a control listens to is the control's.
  if (event.key !== " " || event.target !== document.body) return;
  event.preventDefault();
  toggle();
});
onSchemeChange(() => {
  colors = themeColors();
  drawKey();
  pad.draw(state.own, colors);
  draw();
});
offerLink(find("share", HTMLButtonElement));
await nextTask();
drawKey();
change({});
if (canTrain()) session.begin(state, true);
