import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, decades, reachOf, thinned } from "../../examples/site/gan-lab/curves.ts";
import {
  BANDS,
  fieldPixels,
  gradation,
  parseColor,
  scoreShares,
  slopeShares,
} from "../../examples/site/gan-lab/field.ts";
import { ALONG, GRID, gridPoints, LINES, latticeNoise, linesOf, REACH } from "../../examples/site/gan-lab/places.ts";
import type { Measured } from "../../examples/site/gan-lab/protocol.ts";
import { constantWords, meaningOf, modesWords, troubleWords } from "../../examples/site/gan-lab/words.ts";

/** Pixels a side. */
const PIXELS = 200;
const measured = (part: Partial<Measured>): Measured => ({
  step: 0,
  time: 0,
  milliseconds: 10,
  distance: 1,
  covered: 0,
  modes: 0,
  lower: 0.5,
  upper: 1,
  ...part,
});

describe("where the layers look", () => {
  test("the grid has its corners at the edge, the first at the top left", () => {
    const points = gridPoints();
    expect(points).toHaveLength(2 * GRID * GRID);
    expect([...points.subarray(0, 2), ...points.subarray(-2)]).toEqual([-REACH, REACH, REACH, -REACH]);
    expect(points[3]).toBe(REACH);
  });

  test.each([1, 2, 5])("the lattice crosses the middle of the noise, with %d inputs", (noise) => {
    const inputs = latticeNoise(noise);
    expect(inputs).toHaveLength(linesOf(noise) * ALONG * noise);
    expect(Math.max(...inputs)).toBe(2);
    expect(Math.min(...inputs)).toBe(-2);
    const middle = ((noise === 1 ? 0 : (LINES - 1) / 2) * ALONG + (ALONG - 1) / 2) * noise;
    expect([...inputs.subarray(middle, middle + noise)]).toEqual(Array.from({ length: noise }, () => 0));
    for (let index = 0; index < inputs.length; index++) if (index % noise > 1) expect(inputs[index]).toBe(0);
  });
});

describe("the field", () => {
  const scale = gradation(
    [
      [0, 0, 0],
      [255, 255, 255],
    ],
    BANDS,
  );
  const plane = (value: (x: number, y: number) => number): Float32Array =>
    Float32Array.from({ length: GRID * GRID }, (_, index) => value(index % GRID, Math.floor(index / GRID)));

  test("of a linear score has bands of one width across, each in its color", () => {
    const pixels = fieldPixels(scoreShares(plane((x) => 3 * x - 7)), scale, PIXELS);
    const row = Array.from({ length: PIXELS }, (_, x) => pixels[4 * x] ?? 0);
    expect(row).toEqual([...row].sort((a, b) => a - b));
    const counts = scale.map(([red]) => row.filter((value) => value === red).length);
    for (const count of counts) expect(Math.abs(count - PIXELS / BANDS)).toBeLessThanOrEqual(1);
    // The same in every row, and opaque.
    expect(pixels[4 * (PIXELS * 17 + 50)]).toBe(row[50]);
    expect(pixels[3]).toBe(255);
  });

  test("has the top of the plane at the top", () => {
    const pixels = fieldPixels(scoreShares(plane((_, y) => y)), scale, PIXELS);
    expect(pixels[0]).toBe(0);
    expect(pixels[4 * PIXELS * (PIXELS - 1)]).toBe(255);
  });

  test("of a constant is even, and of NaN transparent", () => {
    expect(new Set(scoreShares(plane(() => 4)))).toEqual(new Set([0.5]));
    expect(
      fieldPixels(
        plane(() => Number.NaN),
        scale,
        PIXELS,
      )[3],
    ).toBe(0);
  });

  test("has slopes by their own size: 1 in the middle, whatever the others are", () => {
    expect([...slopeShares(Float32Array.of(0, 1 / 8, 1, 8, 1e9))]).toEqual([0, 0, 0.5, 1, 1]);
  });

  test("knows colors as style sheets write them", () => {
    expect(parseColor("#0067a5")).toEqual([0, 103, 165]);
    expect(parseColor("#fff")).toEqual([255, 255, 255]);
  });
});

describe("curves", () => {
  const histories = fc
    .uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 })
    .map((steps) => steps.sort((a, b) => a - b).map((step) => measured({ step, time: step / 100 })));

  test("are read at the last measurement that is not beyond", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: -5, max: 6000 }), (history, place) => {
        expect(at(history, "steps", place)).toBe(history.filter(({ step }) => step <= place).at(-1));
        expect(at(history, "time", place / 100)).toBe(history.filter(({ time }) => time <= place / 100).at(-1));
      }),
    );
  });

  test("have an axis that holds all of them, less than twice as long as it must be", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const reach = reachOf([{ place: 0, name: "", history }], "steps");
        const last = history.at(-1)?.step ?? 0;
        expect(reach).toBeGreaterThanOrEqual(last);
        expect(reach).toBeLessThanOrEqual(Math.max(50, 1.5 * last));
      }),
    );
  });

  test("keep their ends when they are thinned", () => {
    const points = Array.from({ length: 1234 }, (_, index) => index);
    const kept = thinned(points, 100);
    expect([kept[0], kept.at(-1)]).toEqual([0, 1233]);
    expect(kept.length).toBeLessThanOrEqual(101);
    expect(thinned([1, 2, 3], 3)).toEqual([1, 2, 3]);
  });

  test("have decades around all that is positive", () => {
    const { domain, ticks } = decades([0.03, 250, Number.NaN, 0, Number.POSITIVE_INFINITY]);
    expect(domain).toEqual([0.01, 1000]);
    expect(ticks).toHaveLength(6);
    expect(decades([]).domain).toEqual([1, 10]);
  });
});

describe("words", () => {
  test("an interval is rounded outward", () => {
    expect(constantWords(measured({ lower: 0.81299, upper: 1.00001 }))).toBe("between 0.812 and 1.01");
    expect(constantWords(measured({ lower: 0, upper: 31.01 }))).toBe("between 0 and 31.1");
  });

  test.each([
    [{ lower: 0.8, upper: 1 }, /^Certified: moving a point by 1 moves its score by 1 at most\.$/],
    [{ lower: 0.01, upper: 0.2 }, /^Almost flat/],
    [{ lower: 6, upper: 30 }, /^Somewhere, moving a point by 0\.1 moves its score by 0\.6\.$/],
    [{ lower: 0.5, upper: 3 }, /may move its score by 3 for all that is certified\.$/],
    [{ lower: Number.NaN, upper: 3 }, /beyond float32/],
  ])("%o has a meaning", (part, words) => expect(meaningOf(measured(part))).toMatch(words));

  test("modes are counted where there are some", () => {
    expect(modesWords(measured({ covered: 3, modes: 8 }))).toBe("3 of 8 modes");
    expect(modesWords(measured({}))).toBe("");
  });

  test.each([
    [{ step: 12, code: "NON_FINITE", message: "" }, /^The loss was no number after step 12, .* lower learning rate/],
    [{ step: 0, code: "LOAD", message: "no modules" }, /^Its worker did not start: no modules\. It needs a browser/],
    [{ step: 3, code: "INTERNAL", message: "out" }, /^Training stopped after step 3: out$/],
  ])("%o is explained", (trouble, words) => expect(troubleWords(trouble)).toMatch(words));
});
