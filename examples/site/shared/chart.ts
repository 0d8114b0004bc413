/**
 * Line charts in SVG. A library for them would be a long task by itself, on the main thread, before anything is drawn.
 *
 * @module
 */
import { html, svg } from "./dom.ts";
import { number } from "./format.ts";

/** One axis: what is on it, from where to where. */
export interface Axis {
  readonly scale: "linear" | "log";
  readonly domain: readonly [least: number, most: number];
  readonly ticks: readonly number[];
  readonly label: string;
  /** How ticks are written. Default {@link number}. */
  readonly format?: (value: number) => string;
}

/** A chart with axes, to draw into. */
export interface Chart {
  readonly figure: SVGSVGElement;
  /** Pixels from the left and the top of where lines may be, and the height of the whole. */
  readonly frame: { readonly left: number; readonly right: number; readonly bottom: number; readonly height: number };
  /** Pixels from the left of a value of the horizontal axis. */
  x(value: number): number;
  /** Pixels from the top of a value of the vertical axis. */
  y(value: number): number;
}

/** A point of the data. */
export type Point = readonly [x: number, y: number];

const MARGIN = { top: 34, right: 16, bottom: 44, left: 54 };

/** Values to pixels; what lies outside of the domain is put on its border. */
function toPixels({ scale, domain }: Axis, from: number, to: number): (value: number) => number {
  const place = scale === "log" ? Math.log : (value: number) => value;
  const [least, most] = [place(domain[0]), place(domain[1])];
  return (value) => {
    const share = (place(value) - least) / (most - least);
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  };
}

/** About `count` round numbers from 0 to `most`. */
export function roundTicks(most: number, count = 5): number[] {
  const power = 10 ** Math.floor(Math.log10(most / count));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => most / size <= count) ?? 10 * power;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  );
}

function axes({ figure, frame, x, y }: Chart, horizontal: Axis, vertical: Axis): void {
  const { left, right, bottom, height } = frame;
  const grid = svg("g", { class: "grid", "aria-hidden": "true" });
  const words = svg("g", { class: "tick", "aria-hidden": "true" });
  for (const tick of vertical.ticks) {
    grid.append(svg("line", { x1: left, x2: right, y1: y(tick), y2: y(tick) }));
    words.append(svg("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, (vertical.format ?? number)(tick)));
  }
  for (const tick of horizontal.ticks) {
    grid.append(svg("line", { x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5 }));
    words.append(
      svg("text", { x: x(tick), y: bottom + 19, "text-anchor": "middle" }, (horizontal.format ?? number)(tick)),
    );
  }
  grid.append(svg("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }));
  words.append(
    svg(
      "text",
      { class: "axis-label", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" },
      horizontal.label,
    ),
    svg("text", { class: "axis-label", x: 4, y: 16 }, vertical.label),
  );
  figure.append(grid, words);
}

/** An empty chart. `label` says to readers what it shows; `room` is kept at the right, for names of lines. */
export function chart(
  { width, height, room = 0 }: { readonly width: number; readonly height: number; readonly room?: number },
  label: string,
  horizontal: Axis,
  vertical: Axis,
): Chart {
  const frame = { left: MARGIN.left, right: width - MARGIN.right - room, bottom: height - MARGIN.bottom, height };
  const figure = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  const drawn = {
    figure,
    frame,
    x: toPixels(horizontal, frame.left, frame.right),
    y: toPixels(vertical, frame.bottom, MARGIN.top),
  };
  axes(drawn, horizontal, vertical);
  return drawn;
}

/** A line through points, interrupted where one is no number. */
export function line({ figure, x, y }: Chart, points: readonly Point[], name: string): void {
  let path = "";
  let isDown = false;
  for (const [horizontal, vertical] of points) {
    const isPoint = Number.isFinite(vertical);
    if (isPoint) path += `${isDown ? "L" : "M"}${x(horizontal).toFixed(2)},${y(vertical).toFixed(2)}`;
    isDown = isPoint;
  }
  figure.append(svg("path", { class: `line ${name}`, d: path }));
}

/** A dot for each point. */
export function dots({ figure, x, y }: Chart, points: readonly Point[], name: string, radius = 3.5): void {
  for (const [horizontal, vertical] of points) {
    if (!Number.isFinite(vertical)) continue;
    figure.append(svg("circle", { class: `dot ${name}`, cx: x(horizontal), cy: y(vertical), r: radius }));
  }
}

/** A word beside what it names, instead of a legend. */
export function label(
  { figure, x, y }: Chart,
  [horizontal, vertical]: Point,
  text: string,
  name: string,
  { dx = 0, dy = 0, anchor = "start" }: { readonly dx?: number; readonly dy?: number; readonly anchor?: string } = {},
): void {
  if (!Number.isFinite(vertical)) return;
  const attributes = { class: `label ${name}`, x: x(horizontal) + dx, y: y(vertical) + dy, "text-anchor": anchor };
  figure.append(svg("text", attributes, text));
}

/** Draws a figure as wide as its place is, and anew when that changes; returns what draws it anew at once. */
export function responsive(place: HTMLElement, draw: (width: number) => SVGSVGElement): () => void {
  const frame = html("div", { class: "frame" });
  place.append(frame);
  let width = 0;
  // As it was last observed: to ask for it would have all that changed in the page laid out at once, once a drawing.
  const redraw = (): void => {
    if (width > 0) frame.replaceChildren(draw(width));
  };
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    redraw();
  }).observe(place);
  return redraw;
}
