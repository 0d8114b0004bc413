import "../shared/theme.css";
import "../shared/lab.css";
import "../shared/controls.css";
import "../shared/figures.css";
import "./page.css";
import type { ConvolutionNorm } from "spectral-norm";
import { offerLink, presets, radios, slider } from "../shared/controls.ts";
import { eachFrame, find } from "../shared/dom.ts";
import { offerPng, offerSvg } from "../shared/download.ts";
import { notice } from "../shared/notice.ts";
import { keepState, readState } from "../shared/url-state.ts";
import { connect, newest } from "../shared/worker-client.ts";
import { Editor } from "./editor.ts";
import { HeatMap } from "./heat-map.ts";
import { PRESETS, type Preset, presetOf, randomKernel, resized, SIDES, type Side, shapeOf } from "./kernels.ts";
import { showReadings } from "./readings.ts";
import { CODECS, consistent, DEFAULTS, layerOf, MODES, SIZES, type State } from "./state.ts";
import { sweepChart } from "./sweep.ts";
import type { tasks } from "./tasks.ts";

const ask = connect<typeof tasks>(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
const keep = keepState(CODECS, DEFAULTS);

let state = consistent(readState(location.search, CODECS, DEFAULTS));
let norm: ConvolutionNorm | undefined;

const heatMap = new HeatMap(find("heat-map", HTMLElement));
const drawSweep = sweepChart(ask, notice);
const editor = new Editor(find("kernel", HTMLElement), (index, value) => {
  const { side } = shapeOf(state.kernel);
  const at = state.filter * side * side + index;
  change({ kernel: state.kernel.map((entry, place) => (place === at ? value : entry)) });
});

const draw = eachFrame(() => {
  heatMap.draw(state.kernel, state.dilation);
  editor.draw(state);
});

const measure = newest(async (asked: State) => {
  try {
    norm = await ask("norm", layerOf(asked), {});
    notice(undefined);
  } catch (error) {
    norm = undefined;
    notice(error);
  }
  showReadings(asked, norm);
  drawSweep(asked, norm);
});

let seed = 0;
const names = Object.keys(PRESETS) as Preset[];
const markPreset = presets<Preset | "random">(
  "presets",
  [...names.map((name) => [name, PRESETS[name].label] as const), ["random", "Random"]],
  (name) => {
    const { side } = shapeOf(state.kernel);
    if (name === "random") seed += 1;
    const kernel = name === "random" ? randomKernel(side, seed) : (PRESETS[name][side] ?? PRESETS[name][3]);
    // As the critic runs it.
    change(
      name === "critic" ? { kernel, mode: "zeros", padding: "same", stride: 1, dilation: 1, size: 8 } : { kernel },
    );
  },
);
const setSide = radios(
  "side",
  SIDES.map((side) => [String(side), `${side}×${side}`] as const),
  (side) => change({ kernel: resized(state.kernel, Number(side) as Side) }),
);
const setMode = radios(
  "mode",
  MODES.map((mode) => [mode, mode] as const),
  (mode) => change({ mode }),
);
const setPadding = radios("padding", [["same", "same size"] as const, ["none", "none"] as const], (padding) =>
  change({ padding }),
);
const counts = ["1", "2", "3"].map((count) => [count, count] as const);
const setStride = radios("stride", counts, (stride) => change({ stride: Number(stride) }));
const setDilation = radios("dilation", counts, (dilation) => change({ dilation: Number(dilation) }));
const setSize = radios(
  "size",
  SIZES.map((size) => [String(size), size === 0 ? "any" : `${size}×${size}`] as const),
  (size) => change({ size: Number(size) }),
);
const setFilter = slider(find("filter", HTMLInputElement), (filter) => change({ filter: filter - 1 }));

function showControls(): void {
  const { side, filters } = shapeOf(state.kernel);
  markPreset(presetOf(state.kernel));
  setSide(String(side));
  setMode(state.mode);
  setPadding(state.padding);
  setStride(String(state.stride));
  setDilation(String(state.dilation));
  setSize(String(state.size));
  setFilter(state.filter + 1);
  find("filter-field", HTMLElement).hidden = filters === 1;
  find("filter-name", HTMLElement).textContent = `${state.filter + 1} of ${filters}`;
  find("mode-field", HTMLFieldSetElement).disabled = state.padding === "none";
  find("stride-hint", HTMLElement).hidden = state.stride === 1;
}

/** The one way by which the page changes. */
function change(part: Partial<State>): void {
  state = consistent({ ...state, ...part });
  showControls();
  draw();
  measure(state);
  keep(state);
}

offerLink(find("share", HTMLButtonElement));
offerPng(find("save-heat-map", HTMLButtonElement), heatMap.canvas, "frequency-response.png");
offerSvg(
  find("save-sweep", HTMLButtonElement),
  () =>
    find("sweep-chart", HTMLElement).querySelector("svg") ??
    document.createElementNS("http://www.w3.org/2000/svg", "svg"),
  "convolution-norms.svg",
);
change({});
