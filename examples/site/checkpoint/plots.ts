/**
 * The figures: norms by depth, stable ranks, and the spectrum of one weight.
 *
 * @module
 */
import type { AuditedTensor } from "spectral-norm/audit";
import { type Chart, chart, dots, line, type Point, roundTicks } from "../shared/chart.ts";
import { svg } from "../shared/dom.ts";
import type { Item } from "./rows.ts";

/** A weight in a figure: its number in the file, and its row. */
export interface Placed {
  readonly no: number;
  readonly row: AuditedTensor;
}

/** The weights that have a norm that a logarithm can show. */
export function placedOf(items: readonly Item[]): readonly Placed[] {
  return items.flatMap(({ no, measured }) =>
    measured !== undefined && (measured.row.spectralNorm ?? 0) > 0 ? [{ no, row: measured.row }] : [],
  );
}

const HEIGHT = 300;

/** Some of 1, 2 and 5 times powers of ten from `least` to `most`, at most about seven. */
export function logTicks(least: number, most: number): readonly number[] {
  const steps: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++) {
    // By text, for powers are not exact everywhere.
    for (const digit of [1, 2, 5]) steps.push(Number(`${digit}e${power}`));
  }
  const inside = steps.filter((step) => step >= least && step <= most);
  if (inside.length <= 7) return inside;
  const decades = inside.filter((step) => step.toExponential().startsWith("1e"));
  const stride = Math.ceil(decades.length / 7);
  return decades.filter((_, index) => index % stride === 0);
}

/** The smallest and the largest positive number; spread arguments have a limit, and a model may have as many weights. */
function extent(values: readonly number[]): readonly [number, number] {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [1, 10];
  return positive.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, 0],
  );
}

interface Frame {
  readonly width: number;
  /** Of all rows, measured or not, so that what is there stays where it is while more comes. */
  readonly count: number;
  readonly name: string;
  readonly unit: string;
}

function depthChart({ width, count, name, unit }: Frame, values: readonly number[]): Chart {
  const [low, high] = extent(values);
  const [least, most] = [low / 1.25, high * 1.25];
  const ticks = roundTicks(count, width < 500 ? 4 : 8).filter((tick) => tick >= 1 && Number.isInteger(tick));
  return chart(
    { width, height: HEIGHT, room: 74 },
    `${name}. Left and right arrow keys read it.`,
    {
      scale: "linear",
      domain: [0.4, count + 0.6],
      ticks: count < 4 ? Array.from({ length: count }, (_, at) => at + 1) : ticks,
      label: "weight, by its number in the file",
    },
    { scale: "log", domain: [least, most], ticks: logTicks(least, most), label: unit },
  );
}

/** All marks of a series as one path, for a model may have thousands: lines of no length have round or square ends. */
function marks({ figure, x, y }: Chart, points: readonly Point[], name: string): void {
  const shown = points.filter(([, value]) => value > 0 && Number.isFinite(value));
  const path = shown.map(([at, value]) => `M${x(at).toFixed(1)},${y(value).toFixed(1)}h0`).join("");
  const size = points.length > 400 ? "small" : "large";
  figure.append(svg("path", { class: `marks ${size} ${name}`, d: path }));
}

/** Of a norm that is known to many digits there is no interval to see, and so a bar is never shorter than wide. */
function bars({ figure, x, y }: Chart, ranges: readonly (readonly [at: number, low: number, high: number])[]): void {
  const path = ranges.map(([at, low, high]) => {
    const [bottom, top] = [y(low), y(high)];
    const more = Math.max(0, 7 - (bottom - top)) / 2;
    return `M${x(at).toFixed(1)},${(bottom + more).toFixed(1)}V${(top - more).toFixed(1)}`;
  });
  figure.append(svg("path", { class: "bars proof", d: path.join("") }));
}

/** Names beside the last points, moved apart where they would lie on one another. */
function names(
  drawn: Chart,
  ends: readonly { readonly text: string; readonly name: string; readonly value: number }[],
): void {
  const known = ends.filter(({ value }) => value > 0 && Number.isFinite(value));
  let free = Number.NEGATIVE_INFINITY;
  for (const { text, name, value } of known.sort((a, b) => b.value - a.value)) {
    const y = Math.max(drawn.y(value), free);
    free = y + 16;
    drawn.figure.append(svg("text", { class: `label ${name}`, x: drawn.frame.right + 8, y: y + 4 }, text));
  }
}

/** Where the reader is: a line through the figure, and rings around what it crosses. */
function cursorAt({ figure, frame, x, y }: Chart, no: number, values: readonly (number | null)[]): void {
  const at = x(no);
  figure.append(svg("line", { class: "cursor-line", x1: at, x2: at, y1: 30, y2: frame.bottom }));
  for (const value of values) {
    if (value !== null && value > 0) figure.append(svg("circle", { class: "cursor-ring", cx: at, cy: y(value), r: 7 }));
  }
}

/** Spectral and Frobenius norms, and what holds of convolutions as they run. */
export function normsByDepth(
  placed: readonly Placed[],
  count: number,
  cursor: Placed | undefined,
  width: number,
): Chart {
  const ranges = placed.flatMap(({ no, row: { operator } }) =>
    operator === null || operator.upper <= 0
      ? []
      : [[no, Math.max(operator.lower, operator.upper / 1e6), operator.upper] as const],
  );
  const sigmas = placed.map(({ no, row }): Point => [no, row.spectralNorm ?? 0]);
  const sums = placed.map(({ no, row }): Point => [no, row.frobeniusNorm ?? 0]);
  const values = [...sigmas, ...sums].map(([, value]) => value);
  const drawn = depthChart({ width, count, name: "Norms by depth", unit: "norm" }, [
    ...values,
    ...ranges.flatMap(([, low, high]) => [low, high]),
  ]);
  bars(drawn, ranges);
  marks(drawn, sums, "gram square");
  marks(drawn, sigmas, "alternating");
  names(drawn, [
    { text: "spectral", name: "alternating", value: sigmas.at(-1)?.[1] ?? 0 },
    { text: "Frobenius", name: "gram", value: sums.at(-1)?.[1] ?? 0 },
    { text: "as run", name: "proof", value: ranges.at(-1)?.[2] ?? 0 },
  ]);
  if (cursor !== undefined) cursorAt(drawn, cursor.no, [cursor.row.spectralNorm, cursor.row.frobeniusNorm]);
  return drawn;
}

/** The smaller side of the matrix that a weight is read as: what its stable rank is at most. */
export function smallerSide({ shape, axis }: AuditedTensor): number {
  const rows = shape[axis] ?? 1;
  return Math.min(rows, shape.reduce((product, side) => product * side, 1) / rows);
}

/** Stable ranks, and what they could be at most. */
export function stableRanks(
  placed: readonly Placed[],
  count: number,
  cursor: Placed | undefined,
  width: number,
): Chart {
  const ranks = placed.map(({ no, row }): Point => [no, row.stableRank ?? 0]);
  const sides = placed.map(({ no, row }): Point => [no, smallerSide(row)]);
  const drawn = depthChart(
    { width, count, name: "Stable rank by depth", unit: "stable rank" },
    [...ranks, ...sides].map(([, value]) => value),
  );
  marks(drawn, sides, "plain square");
  marks(drawn, ranks, "other");
  names(drawn, [
    { text: "stable", name: "other", value: ranks.at(-1)?.[1] ?? 0 },
    { text: "at most", name: "plain", value: sides.at(-1)?.[1] ?? 0 },
  ]);
  if (cursor !== undefined) cursorAt(drawn, cursor.no, [cursor.row.stableRank, smallerSide(cursor.row)]);
  return drawn;
}

/** The leading singular values of one weight, by rank. */
export function spectrum(values: readonly number[], cursor: number | undefined, width: number): Chart {
  // Of a weight of zeros, and of none, there is a frame all the same.
  const most = 1.12 * (values[0] || 1);
  const count = Math.max(1, values.length);
  const ticks = count <= 8 ? values.map((_, at) => at + 1) : roundTicks(count, 8).filter((tick) => tick >= 1);
  const drawn = chart(
    { width, height: HEIGHT },
    "Leading singular values. Left and right arrow keys read them.",
    { scale: "linear", domain: [0.6, count + 0.4], ticks, label: "rank" },
    { scale: "linear", domain: [0, most], ticks: roundTicks(most), label: "singular value" },
  );
  const points = values.map((value, at): Point => [at + 1, value]);
  line(drawn, points, "other");
  dots(drawn, points, "other", count > 40 ? 2.5 : 4);
  if (cursor !== undefined) cursorAt(drawn, cursor, [values[cursor - 1] ?? null]);
  return drawn;
}
