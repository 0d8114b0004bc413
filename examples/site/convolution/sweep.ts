/**
 * The norm as it runs by size and padding, beside that of the reshaped kernel.
 *
 * @module
 */
import type { ConvolutionNorm } from "spectral-norm";
import { type Chart, chart, dots, label, line, type Point, responsive, roundTicks } from "../shared/chart.ts";
import { find, svg } from "../shared/dom.ts";
import { number } from "../shared/format.ts";
import { type Ask, newest, Refusal } from "../shared/worker-client.ts";
import { layerOf, MODES, type Mode, type State } from "./state.ts";
import type { tasks } from "./tasks.ts";

/** Sides of the input along the axis. */
const SIDES = [4, 6, 8, 12, 16, 24, 32] as const;

/** How the modes are drawn. */
const CLASSES: Readonly<Record<Mode, string>> = { zeros: "alternating", circular: "gram", reflect: "other" };

/** σ for each mode and size, as far as it is known; NaN where the layer does not fit the input. */
type Sweep = ReadonlyMap<Mode, readonly Point[]>;

/** Labels of lines that end close to each other, moved apart. */
function apart(ends: readonly { readonly mode: Mode; readonly y: number }[]): { mode: Mode; y: number }[] {
  const placed: { mode: Mode; y: number }[] = [];
  for (const { mode, y } of [...ends].sort((a, b) => a.y - b.y)) {
    placed.push({ mode, y: Math.max(y, (placed.at(-1)?.y ?? Number.NEGATIVE_INFINITY) + 16) });
  }
  return placed;
}

function drawModes(figure: Chart, sweep: Sweep, state: State): void {
  const ends: { mode: Mode; y: number }[] = [];
  for (const mode of MODES) {
    const points = sweep.get(mode) ?? [];
    line(figure, points, CLASSES[mode]);
    dots(figure, points, CLASSES[mode], mode === state.mode ? 5 : 3);
    const last = points.filter(([, norm]) => Number.isFinite(norm)).at(-1);
    if (last !== undefined) ends.push({ mode, y: figure.y(last[1]) });
  }
  for (const { mode, y } of apart(ends)) {
    label(figure, [32, 0], mode, CLASSES[mode], { dx: 8, dy: y - figure.y(0) + 4 });
  }
}

/** A level across the whole chart, named at its left. */
function level(figure: Chart, value: number, text: string, name: string, dy: number): void {
  if (!Number.isFinite(value)) return;
  line(
    figure,
    [SIDES[0], 32].map((x): Point => [x, value]),
    name,
  );
  label(figure, [SIDES[0], value], text, name, { dx: 4, dy });
}

function draw(
  state: State,
  sweep: Sweep,
  norm: ConvolutionNorm | undefined,
  supremum: number,
  width: number,
): SVGSVGElement {
  const norms = [...sweep.values()].flat().map(([, value]) => value);
  const known = [...norms, norm?.reshaped.upper ?? 0, norm?.upper ?? 0, supremum].filter(Number.isFinite);
  const most = 1.15 * Math.max(1e-9, ...known);
  const figure = chart(
    { width, height: 340, room: 62 },
    "Norm of the convolution as it runs, by size of the input and padding",
    { scale: "log", domain: [SIDES[0], 32], ticks: SIDES, label: "side of the input, in pixels" },
    { scale: "linear", domain: [0, most], ticks: roundTicks(most), label: "norm" },
  );
  level(figure, supremum, `any size, certified: ${number(supremum)}`, "proof", -7);
  level(
    figure,
    norm?.reshaped.upper ?? Number.NaN,
    `reshaped kernel: ${number(norm?.reshaped.upper ?? 0)}`,
    "plain dashed",
    16,
  );
  drawModes(figure, sweep, state);
  return figure.figure;
}

/** One point; NaN for an input that the layer does not fit. */
async function point(ask: Ask<typeof tasks>, state: State, mode: Mode, size: number): Promise<number> {
  try {
    const options = { certainty: size === 0 ? "rigorous" : "cheap" } as const;
    const norm = await ask("norm", layerOf(state, { mode, size }), options);
    return size === 0 ? norm.upper : norm.sigma;
  } catch (error) {
    if (error instanceof Refusal && error.code !== "LOAD") return Number.NaN;
    throw error;
  }
}

/** All points of a state, as long as they are wanted. */
async function measureAll(
  ask: Ask<typeof tasks>,
  state: State,
  isWanted: () => boolean,
): Promise<{ readonly sweep: Sweep; readonly supremum: number } | undefined> {
  const sweep = new Map<Mode, Point[]>(MODES.map((mode) => [mode, []]));
  const supremum = await point(ask, state, "zeros", 0);
  for (const size of SIDES) {
    for (const mode of MODES) {
      if (!isWanted()) return;
      sweep.get(mode)?.push([size, await point(ask, state, mode, size)]);
    }
  }
  return { sweep, supremum };
}

/** Puts the chart into the page; returns what draws it for a state, and the norm shown beside it. */
export function sweepChart(
  ask: Ask<typeof tasks>,
  fail: (error: unknown) => void,
): (state: State, norm: ConvolutionNorm | undefined) => void {
  let shown: { readonly state: State; readonly sweep: Sweep; readonly supremum: number } | undefined;
  let beside: ConvolutionNorm | undefined;
  let wanted: State | undefined;
  const redraw = responsive(find("sweep-chart", HTMLElement), (width) =>
    shown === undefined
      ? svg("svg", { viewBox: `0 0 ${width} 340` })
      : draw(shown.state, shown.sweep, beside, shown.supremum, width),
  );
  const measure = newest(async (state: State) => {
    try {
      const measured = await measureAll(ask, state, () => state === wanted);
      if (measured === undefined) return;
      shown = { state, ...measured };
      redraw();
    } catch (error) {
      fail(error);
    }
  });

  return (state, norm) => {
    beside = norm;
    if (wanted === undefined || !isSameLayer(state, wanted)) {
      wanted = state;
      return measure(state);
    }
    // Only which line is the chosen one has changed.
    if (shown !== undefined) shown = { ...shown, state: { ...shown.state, mode: state.mode } };
    redraw();
  };
}

/** Whether two states differ in nothing that the chart does not show anyway. */
function isSameLayer(a: State, b: State): boolean {
  return (["kernel", "padding", "stride", "dilation"] as const).every((key) => a[key] === b[key]);
}
