import "../shared/theme.css";
import "../shared/lab.css";
import "../shared/controls.css";
import "../shared/figures.css";
import "./page.css";
import { responsive } from "../shared/chart.ts";
import { numberField, offerLink, presets, radios, slider } from "../shared/controls.ts";
import { eachFrame, find } from "../shared/dom.ts";
import { offerSvg } from "../shared/download.ts";
import { notice } from "../shared/notice.ts";
import { keepState, readState } from "../shared/url-state.ts";
import { connect, newest } from "../shared/worker-client.ts";
import { coldStart } from "./cold-start.ts";
import { makeMovable } from "./drag.ts";
import { drawChart } from "./estimates.ts";
import { Plane, reachOf } from "./plane.ts";
import { player } from "./player.ts";
import { showReadings, showStep } from "./readings.ts";
import { CODECS, DEFAULTS, PRESETS, type Preset, presetOf, SIDES, type State } from "./state.ts";
import type { Matrix, Reading, tasks } from "./tasks.ts";

/** Before the engine's first answer: axes without lines. */
const EMPTY: Reading = {
  matrix: DEFAULTS.matrix,
  alternating: { history: [], vectors: [], restarted: false },
  gram: { history: [], vectors: [], restarted: false },
  lower: Number.NaN,
  upper: Number.NaN,
  sigma: Number.NaN,
  second: Number.NaN,
  direction: [0, 0],
  radius: Number.NaN,
  frobenius: Number.NaN,
};

const ask = connect<typeof tasks>(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
const keep = keepState(CODECS, DEFAULTS);

let state = readState(location.search, CODECS, DEFAULTS);
let reach = reachOf(state.matrix);
let reading: Reading | undefined;

const plane = new Plane();
find("plane", HTMLElement).append(plane.figure);
const redrawChart = responsive(find("estimates-chart", HTMLElement), (width) =>
  drawChart(state, reading ?? EMPTY, width),
);
const measureColdStart = coldStart(ask, notice);

const draw = eachFrame(() => {
  plane.draw({ matrix: state.matrix, step: state.step, reach, reading });
  redrawChart();
  showStep(state.step);
  if (reading !== undefined) showReadings(state, reading);
});

const measure = newest(async ({ matrix, start, seed }: State) => {
  try {
    reading = await ask("read", matrix, { start, seed });
    notice(undefined);
    draw();
  } catch (error) {
    notice(error);
  }
});

const fields = ["a", "b", "c", "d"].map((id, index) =>
  numberField(find(id, HTMLInputElement), (value) => {
    change({ matrix: state.matrix.map((entry, at) => (at === index ? value : entry)) as unknown as Matrix });
  }),
);
const names = Object.keys(PRESETS) as Preset[];
const markPreset = presets(
  "presets",
  names.map((name) => [name, PRESETS[name].label] as const),
  (name) => change({ matrix: PRESETS[name].matrix, start: "ones" }),
);
const setStep = slider(find("step", HTMLInputElement), (step) => change({ step }));
const setSeed = slider(find("seed", HTMLInputElement), (seed) => change({ seed }));
const setStart = radios("start", [["ones", "all ones"] as const, ["random", "random"] as const], (start) =>
  change({ start }),
);
const setView = radios("view", [["estimate", "estimate"] as const, ["missing", "what is missing"] as const], (view) =>
  change({ view }),
);
const setForm = radios("form", [["alternating", "alternating"] as const, ["gram", "Gram"] as const], (form) =>
  change({ form }),
);
const setSide = radios(
  "side",
  SIDES.map((side) => [String(side), `${side}×${side}`] as const),
  (side) => change({ side: Number(side) }),
);

function showControls(): void {
  for (const [index, field] of fields.entries()) field(state.matrix[index] ?? 0);
  markPreset(presetOf(state.matrix));
  setStep(state.step);
  setSeed(state.seed);
  setStart(state.start);
  setView(state.view);
  setForm(state.form);
  setSide(String(state.side));
  find("seed-field", HTMLElement).hidden = state.start !== "random";
}

/** The one way by which the page changes. `isHeld` keeps the view still. */
function change(part: Partial<State>, isHeld = false): void {
  state = { ...state, ...part };
  if (!isHeld) reach = reachOf(state.matrix);
  if (reading === undefined || ["matrix", "start", "seed"].some((key) => key in part)) measure(state);
  measureColdStart(state);
  showControls();
  draw();
  keep(state);
}

new ResizeObserver(draw).observe(plane.figure);
makeMovable(plane, {
  matrix: () => state.matrix,
  move: (matrix, isHeld) => change({ matrix }, isHeld),
  reach: () => reach,
});
player(
  () => state.step,
  (step) => change({ step }),
);
offerLink(find("share", HTMLButtonElement));
offerSvg(find("save-plane", HTMLButtonElement), () => plane.figure, "power-iteration.svg");
for (const [button, place] of [
  ["save-estimates", "estimates-chart"],
  ["save-cold-start", "cold-start-chart"],
] as const) {
  const figure = (): SVGSVGElement => find(place, HTMLElement).querySelector("svg") ?? plane.figure;
  offerSvg(find(button, HTMLButtonElement), figure, `${place}.svg`);
}
change({});
