/**
 * The figures of a report: norms by depth, stable ranks, spectra.
 *
 * @module
 */

import { elements } from "../../tensor.js";
import type { AuditedTensor } from "../../weight.js";
import { formatNumber } from "../text.js";
import { escaped } from "./escape.js";
import { countScale, drawFigure, HEIGHT, type Label, logScale, type Scale, shareScale } from "./plot.js";

/** The figures for these rows, as far as there is anything to draw. */
export function figuresOf(rows: readonly AuditedTensor[]): string {
  const measured = rows.map((row, index) => ({ row, at: index + 1 })).filter(({ row }) => (row.spectralNorm ?? 0) > 0);
  if (measured.length === 0) return "";
  const x = countScale(rows.length);
  return [normsByDepth(measured, x), stableRanks(measured, x), spectra(measured)].join("");
}

interface Placed {
  readonly row: AuditedTensor;
  /** The number of its row in the table. */
  readonly at: number;
}

interface Series {
  readonly name: string;
  readonly label: string;
  readonly value: (row: AuditedTensor) => number | null;
}

const depth = "weight, by its number in the table below";

function normsByDepth(rows: readonly Placed[], x: Scale): string {
  const series: readonly Series[] = [
    { name: "frobenius", label: "Frobenius", value: (row) => row.frobeniusNorm },
    { name: "sigma", label: "spectral", value: (row) => row.spectralNorm },
  ];
  const intervals = rows.flatMap(({ row, at }) => [
    { at, name: "operator", low: row.operator?.lower, high: row.operator?.upper, what: "as run" },
    { at, name: "interval", low: row.lower, high: row.upper, what: "interval" },
  ]);
  const ends = intervals.flatMap(({ low, high }) => [low ?? 0, high ?? 0]);
  const y = logScale([...ends, ...rows.flatMap(({ row }) => series.map(({ value }) => value(row) ?? 0))]);
  const bars = intervals.map(({ at, name, low, high, what }) =>
    low == null || high == null || high <= 0
      ? ""
      : `<line class="${name}" x1="${across(x, at)}" x2="${across(x, at)}" y1="${y.place(low).toFixed(1)}" y2="${y.place(high).toFixed(1)}"><title>${at}: ${what}, ${formatNumber(low)} to ${formatNumber(high)}</title></line>`,
  );
  const last = rows.at(-1) as Placed;
  const largest = rows.reduce((a, b) => ((b.row.spectralNorm ?? 0) > (a.row.spectralNorm ?? 0) ? b : a));
  const lastOperator = rows.filter(({ row }) => row.operator !== null).at(-1)?.row.operator;
  const operatorLabel: readonly Label[] = lastOperator
    ? [{ y: y.place(lastOperator.upper), text: "as run ≤", series: "operator" }]
    : [];
  return drawFigure({
    title: "Norms by depth",
    caption: `Dots are spectral norms, squares Frobenius norms, thin lines intervals that hold the spectral norm${lastOperator ? ", wide bars what holds of the convolution as it runs, with W/σ where a σ is stored" : ""}. The largest spectral norm is ${formatNumber(largest.row.spectralNorm)}, of number ${largest.at}.`,
    x,
    y,
    xTitle: depth,
    yTitle: "norm, logarithmic",
    marks: bars.join("") + series.map((each) => points(rows, each, x, y)).join(""),
    labels: [...series.map((each) => endLabel(each, last, y)), ...operatorLabel],
  });
}

function stableRanks(rows: readonly Placed[], x: Scale): string {
  const series: readonly Series[] = [
    { name: "rank", label: "stable rank", value: (row) => row.stableRank },
    { name: "side", label: "smaller side", value: smallerSide },
  ];
  const y = logScale(rows.flatMap(({ row }) => series.map(({ value }) => value(row) ?? 0)));
  const least = rows.reduce((a, b) => ((b.row.stableRank ?? 0) < (a.row.stableRank ?? 0) ? b : a));
  return drawFigure({
    title: "Stable rank",
    caption: `How many directions share the weight, ‖W‖_F²/σ²: at least 1, at most the smaller side of the matrix, which the squares show. The least is ${formatNumber(least.row.stableRank)}, of number ${least.at}.`,
    x,
    y,
    xTitle: depth,
    yTitle: "stable rank, logarithmic",
    marks: series.map((each) => points(rows, each, x, y)).join(""),
    labels: series.map((each) => endLabel(each, rows.at(-1) as Placed, y)),
  });
}

function smallerSide({ shape, axis }: AuditedTensor): number {
  const rows = shape[axis] ?? 1;
  return Math.min(rows, elements(shape) / rows);
}

function spectra(rows: readonly Placed[]): string {
  const found = rows.filter(({ row }) => (row.singularValues?.length ?? 0) > 1 && (row.singularValues?.[0] ?? 0) > 0);
  if (found.length === 0) return "";
  const longest = found.reduce((most, { row }) => Math.max(most, row.singularValues?.length ?? 0), 0);
  const [x, y] = [countScale(longest), shareScale()];
  const shares = ({ row }: Placed) => (row.singularValues ?? []).map((value) => value / (row.singularValues?.[0] ?? 1));
  const lines = found.map((placed) => {
    const all = shares(placed);
    const parts = all.slice(1).map((share, index) => {
      const [from, to] = [all[index] ?? 0, share];
      return `<line x1="${across(x, index + 1)}" x2="${across(x, index + 2)}" y1="${y.place(from).toFixed(1)}" y2="${y.place(to).toFixed(1)}"/>`;
    });
    return `<g class="spectrum"><title>${placed.at}: ${escaped(placed.row.name)}</title>${parts.join("")}</g>`;
  });
  const ends = found.filter(({ row }) => row.singularValues?.length === longest);
  const lastShare = (placed: Placed) => shares(placed).at(-1) ?? 0;
  const sorted = [...ends].sort((a, b) => lastShare(b) - lastShare(a));
  const shown = sorted.length > 4 ? [sorted[0], sorted.at(-1)] : sorted;
  return drawFigure({
    title: "Leading singular values",
    caption:
      "Each line is a weight, its singular values as shares of the largest. A line that drops at once is a weight of which one direction stands out.",
    x,
    y,
    xTitle: "singular value, by rank",
    yTitle: "share of the largest",
    marks: lines.join(""),
    labels: shown.map((placed) => ({
      y: y.place(lastShare(placed as Placed)),
      text: `no. ${(placed as Placed).at}`,
      series: "spectral",
    })),
  });
}

function across(x: Scale, at: number): string {
  return `${x.place(at).toFixed(2)}%`;
}

function points(rows: readonly Placed[], { name, label, value }: Series, x: Scale, y: Scale): string {
  const marks = rows.map(({ row, at }) => {
    const found = value(row);
    if (found === null || found <= 0) return "";
    const top = Math.min(Math.max(y.place(found), 0), HEIGHT);
    const title = `<title>${at}: ${escaped(row.name)}, ${label} ${formatNumber(found)}</title>`;
    // Squares in the place of dots, so that color is not all that tells series apart.
    return name === "frobenius" || name === "side"
      ? `<svg class="mark" x="${across(x, at)}" y="${top.toFixed(1)}"><rect class="${name}" x="-3.5" y="-3.5" width="7" height="7">${title}</rect></svg>`
      : `<circle class="${name}" cx="${across(x, at)}" cy="${top.toFixed(1)}" r="4">${title}</circle>`;
  });
  return marks.join("");
}

function endLabel({ name, label, value }: Series, { row }: Placed, y: Scale): Label {
  return { y: y.place(value(row) ?? 1), text: label, series: name };
}
