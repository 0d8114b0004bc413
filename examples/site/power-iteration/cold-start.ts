/**
 * The cold-start law, and matrices that are measured against it now.
 *
 * @module
 */
import { type Chart, chart, dots, label, line, type Point, responsive } from "../shared/chart.ts";
import { find, svg } from "../shared/dom.ts";
import { number, show } from "../shared/format.ts";
import { type Ask, newest } from "../shared/worker-client.ts";
import type { State } from "./state.ts";
import type { Form, tasks } from "./tasks.ts";

/** Steps that are measured. */
const STEPS = 30;
/** Matrices: the edge of a finite spectrum is random, and differs from one to the next. */
export const MATRICES = 12;

/** σ̂/σ after k steps on a large square matrix of normal numbers; the Gram form is half a step ahead. */
export const LAWS: Readonly<Record<Form, (k: number) => number>> = {
  alternating: (k) => Math.sqrt((4 * k - 1) / (4 * k + 2)),
  gram: (k) => Math.sqrt((4 * k + 1) / (4 * k + 4)),
};

const FORMULAS = { alternating: "√((4k−1)/(4k+2))", gram: "√((4k+1)/(4k+4))" };

/** The mean of each step over matrices. */
export function meanOf(runs: readonly (readonly number[])[]): number[] {
  return (runs[0] ?? []).map((_, index) => runs.reduce((sum, run) => sum + (run[index] ?? 0), 0) / runs.length);
}

function drawRanges({ figure, x, y }: Chart, runs: readonly (readonly number[])[]): void {
  for (const index of runs[0]?.keys() ?? []) {
    const values = runs.map((run) => run[index] ?? Number.NaN);
    const [y1, y2] = [y(Math.min(...values)), y(Math.max(...values))];
    figure.append(svg("line", { class: "range", x1: x(index + 1), x2: x(index + 1), y1, y2 }));
  }
}

function draw(form: Form, runs: readonly (readonly number[])[], width: number): SVGSVGElement {
  const figure = chart(
    { width, height: 320 },
    "Estimate over norm by step: the law, and matrices measured",
    { scale: "log", domain: [1, STEPS], ticks: [1, 2, 5, 10, 20, 30], label: "steps k from all ones" },
    { scale: "linear", domain: [0.6, 1], ticks: [0.6, 0.7, 0.8, 0.9, 1], label: "σ̂/σ, the share that is found" },
  );
  const law = Array.from({ length: 10 * STEPS - 9 }, (_, index): Point => [1 + index / 10, LAWS[form](1 + index / 10)]);
  const mean = meanOf(runs).map((share, index): Point => [index + 1, share]);
  line(figure, law, "plain");
  drawRanges(figure, runs);
  dots(figure, mean, form, 4);
  label(figure, [STEPS, 0.73], `law: ${FORMULAS[form]}`, "plain", { anchor: "end" });
  if (runs.length > 0) label(figure, [STEPS, 0.68], "measured: mean and range", form, { anchor: "end" });
  return figure.figure;
}

/** Puts the chart into the page; returns what sets its form and side, and measures anew. */
export function coldStart(ask: Ask<typeof tasks>, fail: (error: unknown) => void): (state: State) => void {
  const place = find("cold-start-chart", HTMLElement);
  const progress = find("cold-start-progress", HTMLElement);
  let form: Form = "alternating";
  let runs: (readonly number[])[] = [];
  let wanted = "";
  const redraw = responsive(place, (width) => draw(form, runs, width));

  const report = (side: number): void => {
    const fifth = meanOf(runs)[4] ?? Number.NaN;
    show(find("cold-start-measured", HTMLDataElement), fifth, number(fifth, 3));
    show(find("cold-start-law", HTMLDataElement), LAWS[form](5), number(LAWS[form](5), 3));
    progress.textContent = `${runs.length} of ${MATRICES} matrices of ${side}×${side}`;
    redraw();
  };

  const measure = newest(async ({ side, form: asked }: State) => {
    const key = `${side} ${asked}`;
    [form, runs] = [asked, []];
    try {
      for (let seed = 1; seed <= MATRICES && key === wanted; seed++) {
        runs.push(await ask("coldStart", side, seed, asked, STEPS));
        report(side);
      }
    } catch (error) {
      fail(error);
    }
  });

  return (state) => {
    const key = `${state.side} ${state.form}`;
    if (key === wanted) return;
    wanted = key;
    measure(state);
  };
}
