/**
 * The frame of a figure. Across, places are shares of the width and all else is in pixels, so that a figure is as wide as its
 * page, and its text as large as that of the page, on any screen and without a script.
 *
 * @module
 */
import { escaped } from "./escape.js";

/** The height of the plotted area. */
export const HEIGHT = 220;

/** Turns values into places: shares of the width in percent, or pixels from the top. */
export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Logarithmic, over whole decades or, where there are few, over steps of 1, 2 and 5. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const [least, most] = positive.length === 0 ? [1, 10] : extent(positive);
  const steps: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1) {
    // By text, for powers are not exact everywhere.
    for (const digit of [1, 2, 5]) steps.push(Number(`${digit}e${power}`));
  }
  const low = steps.filter((step) => step <= least).at(-1) ?? least;
  const high = steps.find((step) => step >= most && step > low) ?? most;
  const inside = steps.filter((step) => step >= low && step <= high);
  const decades = inside.filter((step) => /^1e/.test(step.toExponential()));
  const stride = Math.ceil(decades.length / 6);
  const ticks = inside.length <= 7 ? inside : decades.filter((_, index) => index % stride === 0);
  const span = Math.log(high / low);
  return { ticks, place: (value) => HEIGHT * (1 - Math.log(Math.max(value, low) / low) / span) };
}

/** From 0 to 1. */
export function shareScale(): Scale {
  return { ticks: [0, 0.25, 0.5, 0.75, 1], place: (value) => HEIGHT * (1 - value) };
}

/** Whole numbers from 1 to `count`, across; each has its share of the width. */
export function countScale(count: number): Scale {
  const stride = [1, 2, 5].flatMap((digit) => [digit, 10 * digit, 100 * digit, 1000 * digit]).sort((a, b) => a - b);
  const step = stride.find((candidate) => count / candidate <= 12) ?? count;
  const all = Array.from({ length: Math.floor(count / step) }, (_, index) => (index + 1) * step);
  const ticks = step > 1 ? [1, ...all] : all;
  return { ticks, place: (value) => ((value - 0.5) / count) * 100 };
}

function extent(values: readonly number[]): readonly [number, number] {
  // Spread arguments have a limit, and a model may have as many weights.
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, 0],
  );
}

/** A short text at the right of the last value of a series. */
export interface Label {
  readonly y: number;
  readonly text: string;
  /** The class of the series. */
  readonly series: string;
}

/** What a figure is made of. */
export interface Figure {
  readonly title: string;
  /** What there is to see, a sentence or two; also the figure's text for those who do not see it. */
  readonly caption: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  /** SVG, with x in percent and y in pixels. */
  readonly marks: string;
  readonly labels: readonly Label[];
}

/** A figure with its axes. */
export function drawFigure({ title, caption, x, y, xTitle, yTitle, marks, labels }: Figure): string {
  const across = y.ticks.map((tick) => {
    const place = y.place(tick).toFixed(1);
    return `<line class="grid" x1="0" x2="100%" y1="${place}" y2="${place}"/><text class="tick" x="-8" y="${place}" dy="4" text-anchor="end">${shown(tick)}</text>`;
  });
  const along = x.ticks.map(
    (tick) =>
      `<text class="tick" x="${x.place(tick).toFixed(2)}%" y="${HEIGHT + 20}" text-anchor="middle">${tick}</text>`,
  );
  const ends = spread(labels).map(
    ({ y: place, text, series }) =>
      `<text class="label ${series}" x="100%" dx="10" y="${place.toFixed(1)}" dy="4">${escaped(text)}</text>`,
  );
  return `<figure><figcaption><h3>${escaped(title)}</h3><p>${escaped(caption)}</p></figcaption>
<p class="axis">${escaped(yTitle)}</p>
<svg class="plot" height="${HEIGHT}" role="img" aria-label="${escaped(`${title}. ${caption}`)}">${across.join("")}${along.join("")}${marks}${ends.join("")}</svg>
<p class="axis across">${escaped(xTitle)}</p></figure>`;
}

function shown(tick: number): string {
  return tick !== 0 && (tick < 1e-3 || tick >= 1e5) ? tick.toExponential(0) : String(tick);
}

const LINE = 16;

/** Moves labels apart that would lie on one another, downward in the order of their places. */
function spread(labels: readonly Label[]): readonly Label[] {
  let free = 0;
  return [...labels]
    .sort((a, b) => a.y - b.y)
    .map((label) => {
      const y = Math.max(label.y, free);
      free = y + LINE;
      return { ...label, y };
    });
}
