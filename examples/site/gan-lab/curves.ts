/**
 * Curves of all runs, while they grow.
 *
 * @module
 */
import { type Axis, type Chart, chart, label, line, type Point, roundTicks } from "../shared/chart.ts";
import { svg } from "../shared/dom.ts";
import { number, powerOfTen } from "../shared/format.ts";
import { METHODS } from "./methods.ts";
import type { Measured } from "./protocol.ts";
import type { Run } from "./session.ts";
import type { State } from "./state.ts";

const HEIGHT = 280;
/** Points of a line that is drawn; more cannot be told apart. */
const POINTS = 300;

/** The charts, by what they show. */
export const CHARTS = ["distance", "constant", "pace"] as const;
export type ChartName = (typeof CHARTS)[number];

/** A run as its curves need it. */
export interface Traced {
  readonly place: number;
  readonly name: string;
  readonly history: readonly Measured[];
}

/** The runs that are there, with their places. */
export function traced(runs: readonly (Run | undefined)[]): Traced[] {
  return runs.flatMap((run, place) =>
    run === undefined ? [] : [{ place, name: METHODS[run.method].label, history: run.history }],
  );
}

/** Every so-many-th of many points, and the last. */
export function thinned<T>(points: readonly T[], most: number = POINTS): readonly T[] {
  if (points.length <= most) return points;
  const step = Math.ceil(points.length / most);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

export const along = (axis: State["axis"], { step, time }: Measured): number => (axis === "steps" ? step : time);

/** The measurement of a run at a place of the axis: the last that is not beyond it. */
export function at(history: readonly Measured[], axis: State["axis"], place: number): Measured | undefined {
  let [low, high] = [0, history.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const measured = history[middle];
    if (measured !== undefined && along(axis, measured) <= place) low = middle + 1;
    else high = middle;
  }
  return history[low - 1];
}

/** Where the horizontal axis ends: a round number, so that it does not move with every point. */
export function reachOf(runs: readonly Traced[], axis: State["axis"]): number {
  const last = Math.max(0, ...runs.map(({ history }) => along(axis, history.at(-1) ?? { ...NONE })));
  const least = axis === "steps" ? 50 : 1;
  const power = 10 ** Math.floor(Math.log10(Math.max(last, least)));
  return Math.max(
    least,
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((size) => size >= last) ?? last,
  );
}

const NONE: Measured = { step: 0, time: 0, milliseconds: 0, distance: 0, covered: 0, modes: 0, lower: 0, upper: 0 };

function horizontal(reach: number, axis: State["axis"], width: number): Axis {
  const unit = axis === "steps" ? "steps of the generator" : "seconds of training";
  return { scale: "linear", domain: [0, reach], ticks: roundTicks(reach, width < 340 ? 3 : 5), label: unit };
}

/** Powers of ten around some values; `least` decades at least. */
export function decades(values: readonly number[]): { domain: readonly [number, number]; ticks: readonly number[] } {
  const exponents = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  const low = Math.max(-12, Math.floor(Math.min(0, ...exponents)));
  const high = Math.min(30, Math.ceil(Math.max(1, ...exponents)));
  const step = Math.ceil((high - low) / 6);
  const ticks = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => 10 ** (low + index * step));
  return { domain: [10 ** low, 10 ** high], ticks };
}

/** Names stand at the right of lines where there is room for both, else above their ends. */
const roomFor = (width: number): number => (width > 480 ? 146 : 0);

/** Labels at the lines' ends, moved apart. */
function names(
  figure: Chart,
  runs: readonly Traced[],
  key: "distance" | "milliseconds" | "upper",
  { reach, room }: { readonly reach: number; readonly room: number },
): void {
  const tops = runs.flatMap(({ place, name, history }) => {
    const end = history.at(-1)?.[key];
    return end === undefined || !Number.isFinite(end) ? [] : [{ place, name, y: figure.y(end) }];
  });
  let last = Number.NEGATIVE_INFINITY;
  const sorted = tops.sort((a, b) => a.y - b.y);
  // Pushed down by the one above, but never below the axis.
  const overflow = Math.max(0, 15 * (sorted.length - 1) + (sorted[0]?.y ?? 0) - figure.frame.bottom);
  for (const { place, name, y } of sorted) {
    last = Math.max(y - overflow, last + 15);
    const dy = last - figure.y(0);
    const where = room > 0 ? { dx: 8, dy: dy + 4 } : { dx: 0, dy: dy - 5, anchor: "end" };
    label(figure, [reach, 0], name, `slot-${place}`, where);
  }
}

/** A vertical line at what is read. */
function drawCursor(figure: Chart, cursor: number | undefined): void {
  if (cursor === undefined) return;
  const x = figure.x(cursor);
  figure.figure.append(svg("line", { class: "cursor-line", x1: x, x2: x, y1: 30, y2: figure.frame.bottom }));
}

function pointsOf({ history }: Traced, axis: State["axis"], key: keyof Measured): readonly Point[] {
  return thinned(history).map((measured): Point => [along(axis, measured), measured[key]]);
}

/** What a chart is drawn from. */
export interface Curves {
  readonly runs: readonly Traced[];
  readonly axis: State["axis"];
  readonly cursor: number | undefined;
}

const finite = (values: readonly number[]): readonly number[] => values.filter(Number.isFinite);
const valuesOf = (runs: readonly Traced[], key: keyof Measured): readonly number[] =>
  runs.flatMap(({ history }) => history.map((measured) => measured[key]));

function linear(name: "distance" | "milliseconds", title: string, unit: string) {
  return ({ runs, axis, cursor }: Curves, width: number): Chart => {
    const [reach, room] = [reachOf(runs, axis), roomFor(width)];
    const most = 1.1 * finite(valuesOf(runs, name)).reduce((high, value) => Math.max(high, value), 1e-3);
    const vertical: Axis = { scale: "linear", domain: [0, most], ticks: roundTicks(most), label: unit };
    const figure = chart({ width, height: HEIGHT, room }, title, horizontal(reach, axis, width), vertical);
    drawCursor(figure, cursor);
    for (const run of runs) line(figure, pointsOf(run, axis, name), `slot-${run.place}`);
    names(figure, runs, name, { reach, room });
    return figure;
  };
}

/** The certified bound as a line, what was found as a dashed one, and what is not known between them as a band. */
function drawInterval(figure: Chart, run: Traced, axis: State["axis"]): void {
  const [upper, lower] = [pointsOf(run, axis, "upper"), pointsOf(run, axis, "lower")];
  const corners = [...upper, ...[...lower].reverse()].filter(([, y]) => Number.isFinite(y) && y > 0);
  const points = corners.map(([x, y]) => `${figure.x(x).toFixed(1)},${figure.y(y).toFixed(1)}`).join(" ");
  figure.figure.append(svg("polygon", { class: `band slot-${run.place}`, points }));
  line(figure, upper, `slot-${run.place}`);
  line(figure, lower, `slot-${run.place} dashed`);
}

function constant({ runs, axis, cursor }: Curves, width: number): Chart {
  const [reach, room] = [reachOf(runs, axis), roomFor(width)];
  const scale = decades([...valuesOf(runs, "lower"), ...valuesOf(runs, "upper")]);
  const format = (value: number): string =>
    value >= 0.01 && value <= 1000 ? number(value) : powerOfTen(Math.round(Math.log10(value)));
  const vertical: Axis = { scale: "log", ...scale, label: "Lipschitz constant", format };
  const title = "The critic’s Lipschitz constant, from below and certified from above";
  const figure = chart({ width, height: HEIGHT, room }, title, horizontal(reach, axis, width), vertical);
  line(
    figure,
    [0, reach].map((x): Point => [x, 1]),
    "plain thin",
  );
  drawCursor(figure, cursor);
  for (const run of runs) drawInterval(figure, run, axis);
  names(figure, runs, "upper", { reach, room });
  return figure;
}

/** Draws each chart. */
export const DRAW: Readonly<Record<ChartName, (curves: Curves, width: number) => Chart>> = {
  distance: linear("distance", "Distance of generated from real samples", "sliced Wasserstein distance"),
  constant,
  pace: linear("milliseconds", "Time that a step takes", "milliseconds a step"),
};
