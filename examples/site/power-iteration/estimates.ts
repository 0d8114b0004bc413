/**
 * The chart of σ̂ by step, beside the certified interval and the spectral radius.
 *
 * @module
 */
import { type Axis, type Chart, chart, dots, label, line, type Point, roundTicks } from "../shared/chart.ts";
import { number, powerOfTen } from "../shared/format.ts";
import type { State } from "./state.ts";
import { FORMS, type Reading, STEPS } from "./tasks.ts";

/** Where the logarithmic axis ends: rounding of float64. */
const FLOOR = 1e-15;

const HEIGHT = 420;

const steps: Axis = { scale: "linear", domain: [1, STEPS], ticks: [1, 5, 10, 15, 20], label: "steps" };

/** Estimates that agree overlap, and those of the second form are drawn smaller, so that both are seen. */
function drawForms(figure: Chart, { step }: State, values: (form: "alternating" | "gram") => readonly Point[]): void {
  for (const [index, form] of FORMS.entries()) {
    const points = values(form);
    line(figure, points, form);
    dots(figure, points, form, 4 - index);
    dots(figure, points.slice(Math.max(0, step - 1), step), form, 8 - 2 * index);
  }
}

function drawEstimates(state: State, reading: Reading, width: number): Chart {
  const most = 1.12 * Math.max(...[reading.upper, reading.radius, 1e-9].filter(Number.isFinite));
  const figure = chart({ width, height: HEIGHT }, "Estimates of the norm by step", steps, {
    scale: "linear",
    domain: [0, most],
    ticks: roundTicks(most),
    label: "σ̂, the estimate of the norm",
  });
  line(
    figure,
    [1, STEPS].map((x): Point => [x, reading.upper]),
    "proof",
  );
  line(
    figure,
    [1, STEPS].map((x): Point => [x, reading.radius]),
    "other dashed",
  );
  drawForms(figure, state, (form) => reading[form].history.map((value, index): Point => [index + 1, value]));
  const end = { anchor: "end" };
  label(figure, [STEPS, reading.upper], `certified: ${number(reading.upper, 5)}`, "proof", { ...end, dy: -9 });
  if (reading.radius < 0.9 * reading.upper) {
    const text = `spectral radius: ${number(reading.radius)}`;
    label(figure, [STEPS, reading.radius], text, "other", { ...end, dy: -8 });
  }
  return figure;
}

/** 1 − σ̂/σ; what rounding leaves of an exact one is not drawn. */
function shortfall(estimate: number, sigma: number): number {
  const share = 1 - estimate / sigma;
  return share > FLOOR ? share : Number.NaN;
}

/** A step turns the vector by (σ₂/σ₁)² closer, and σ̂ errs by the square of that: (σ₂/σ₁)⁴. */
function drawMissing(state: State, reading: Reading, width: number): Chart {
  const figure = chart({ width, height: HEIGHT }, "Share of the norm that the estimate misses, by step", steps, {
    scale: "log",
    domain: [FLOOR, 1],
    ticks: [1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15],
    label: "1 − σ̂/σ, the share that is missing",
    format: (share) => powerOfTen(Math.round(Math.log10(share))),
  });
  drawForms(figure, state, (form) =>
    reading[form].history.map((value, index): Point => [index + 1, shortfall(value, reading.sigma)]),
  );
  const ratio = (reading.second / reading.sigma) ** 4;
  const text = `each step multiplies it by (σ₂/σ₁)⁴ = ${number(ratio, 2)}`;
  if (ratio > 0) label(figure, [STEPS, 1], text, "plain", { anchor: "end", dy: 16 });
  return figure;
}

/** The chart that the state asks for. */
export function drawChart(state: State, reading: Reading, width: number): SVGSVGElement {
  return (state.view === "estimate" ? drawEstimates : drawMissing)(state, reading, width).figure;
}
