/**
 * The share of digits that are certified at each radius.
 *
 * @module
 */
import { chart, label, line, type Point } from "../shared/chart.ts";
import { percent } from "../shared/format.ts";
import type { Progress } from "./contestant.ts";

/** Radii of the axis. */
const MOST = 1.5;
const POINTS = 150;

/** The share of radii, in ascending order, that are above one. */
export function shareAbove(radii: ArrayLike<number>, radius: number): number {
  let [low, high] = [0, radii.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((radii[middle] ?? 0) > radius) high = middle;
    else low = middle + 1;
  }
  return (radii.length - low) / radii.length;
}

/** The chart, with a mark at the length of a change. */
export function drawCurve(all: readonly Progress[], size: number, width: number): SVGSVGElement {
  const figure = chart(
    { width, height: 320 },
    "Share of unseen digits whose right answer is certified, by radius and model",
    { scale: "linear", domain: [0, MOST], ticks: [0, 0.5, 1, 1.5], label: "length of the change" },
    {
      scale: "linear",
      domain: [0, 1],
      ticks: [0, 0.25, 0.5, 0.75, 1],
      label: "digits certified to stay right",
      format: percent,
    },
  );
  if (size > 0 && size <= MOST) {
    const mark: Point[] = [
      [size, 0],
      [size, 1],
    ];
    line(figure, mark, "plain dashed thin");
    const isRight = size > MOST / 2;
    label(figure, [size, 0.94], "this change", "plain", { dx: isRight ? -6 : 6, anchor: isRight ? "end" : "start" });
  }
  for (const { model, radii } of all) {
    const points = Array.from({ length: POINTS + 1 }, (_, index): Point => {
      const radius = (MOST * index) / POINTS;
      return [radius, shareAbove(radii, radius)];
    });
    line(figure, points, `${model}-model`);
  }
  return figure.figure;
}
