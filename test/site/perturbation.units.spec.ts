import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { certifiedRadius } from "../../examples/shared/certificate.mjs";
import type { Progress } from "../../examples/site/perturbation/contestant.ts";
import { shareAbove } from "../../examples/site/perturbation/curve.ts";
import { placeOf } from "../../examples/site/perturbation/gauge.ts";
import { ruling } from "../../examples/site/perturbation/law.ts";
import { MODELS, STEPS, trainingOf } from "../../examples/site/perturbation/models.ts";
import { BLANK, brushed, INK, noisy, toLevels, toValues } from "../../examples/site/perturbation/pixels.ts";
import { leadOf, promisedRadius } from "../../examples/site/perturbation/promise.ts";
import { answerOf, distance, sharesOf } from "../../examples/site/perturbation/scores.ts";
import { CODECS, DEFAULTS, lambdaOf, settingsOf } from "../../examples/site/perturbation/state.ts";
import { neighbor, placesOf, shelf } from "../../examples/site/perturbation/strip.ts";
import type { Reading } from "../../examples/site/perturbation/tasks.ts";
import {
  accuracyOf,
  progressOf,
  promiseOf,
  roundedDown,
  troubleOf,
  verdictOf,
} from "../../examples/site/perturbation/words.ts";
import { readState, writeState } from "../../examples/site/shared/url-state.ts";

const levels = fc.array(fc.integer({ min: 0, max: INK }), { minLength: 64, maxLength: 64 });
const scores = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 10, maxLength: 10 });

describe("pixels", () => {
  test("are levels and values, back and forth", () => {
    fc.assert(
      fc.property(levels, (image) => {
        expect(toLevels(toValues(image))).toEqual(image);
      }),
    );
  });

  test("with noise stay within their range, and are those of the seed", () => {
    fc.assert(
      fc.property(
        levels,
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.integer({ min: 0, max: 999 }),
        (image, by, seed) => {
          const noise = noisy(toValues(image), by, seed);
          expect(Math.max(...noise.map(Math.abs))).toBeLessThanOrEqual(1);
          expect(noisy(toValues(image), by, seed)).toEqual(noise);
        },
      ),
    );
    expect(noisy(toValues(BLANK), 0, 1)).toEqual(toValues(BLANK));
    expect(noisy(toValues(BLANK), 1, 1)).not.toEqual(noisy(toValues(BLANK), 1, 2));
  });

  test("get ink under the brush and around it, and lose it to the eraser", () => {
    const inked = brushed(BLANK, [2.5, 3.5], false);
    expect(inked[8 * 3 + 2]).toBe(INK);
    expect(inked[8 * 3 + 3]).toBeGreaterThan(0);
    expect(inked[8 * 3 + 3]).toBeLessThan(INK);
    expect(inked[8 * 3 + 4]).toBe(0);
    fc.assert(
      fc.property(
        levels,
        fc.double({ min: 0, max: 8, noNaN: true }),
        fc.double({ min: 0, max: 8, noNaN: true }),
        (image, x, y) => {
          const [more, less] = [brushed(image, [x, y], false), brushed(image, [x, y], true)];
          for (const [index, level] of image.entries()) {
            expect(more[index]).toBeGreaterThanOrEqual(level);
            expect(less[index]).toBeLessThanOrEqual(level);
          }
        },
      ),
    );
    expect(brushed(inked, [2.5, 3.5], true)[8 * 3 + 2]).toBe(0);
  });
});

describe("scores", () => {
  test("as shares sum to 1, keep their order, and overflow nowhere", () => {
    fc.assert(
      fc.property(scores, (row) => {
        const shares = sharesOf(row.map((score) => 100 * score));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(shares[answerOf(row)]).toBe(Math.max(...shares));
      }),
    );
  });

  test("lead by what the second is behind", () => {
    expect(leadOf([1, 5, 3, 0, 0, 0, 0, 0, 0, 0])).toBe(2);
    expect(answerOf([1, 5, 5])).toBe(1);
    expect(distance([3, 0], [0, 4])).toBe(5);
  });

  test("promise a little less than the exact radius, and nothing where two are level", () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0.01, max: 100, noNaN: true }), (row, upper) => {
        const [promised, exact] = [promisedRadius(row, upper), certifiedRadius(leadOf(row), upper)];
        const rounding = 1e-4 * Math.max(1, ...row.map(Math.abs));
        expect(promised).toBeLessThanOrEqual(exact);
        expect(promised).toBeGreaterThanOrEqual(exact - (1.001 * rounding) / (Math.SQRT2 * upper));
      }),
    );
    expect(promisedRadius([2, 2, 0, 0, 0, 0, 0, 0, 0, 0], 3)).toBe(0);
    // Of a constant function no answer changes.
    expect(promisedRadius([2, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what is said", () => {
  const reading: Reading = { before: 7, after: 7, lead: 2, radius: 0.3125, size: 0.25, found: 1.519 };

  test.each([
    [{}, "This change of 0.25 is within the radius: the answer cannot change."],
    [{ size: 0 }, "Nothing is changed."],
    [{ size: 0.625 }, "This change of 0.625 is 2 times the radius: not promised, and yet it stayed 7."],
    [{ size: 0.625, after: 3 }, "This change of 0.625 is 2 times the radius: 7 became 3."],
    [{ radius: 0, after: 3 }, "This change of 0.25 is beyond what is promised: 7 became 3."],
  ] as const)("of a change with %j", (part, words) => expect(verdictOf({ ...reading, ...part })).toBe(words));

  test.each([
    [{}, "No change shorter than 0.312 can alter this answer; one of 1.52 is known to."],
    [{ found: undefined }, "No change shorter than 0.312 can alter this answer."],
    [
      { found: Number.POSITIVE_INFINITY },
      "No change shorter than 0.312 can alter this answer; the attack finds none that does.",
    ],
    [{ radius: 0 }, "Two answers are level: nothing is promised."],
    [{ radius: 17 }, "No change of any pixels can alter this answer."],
  ] as const)("of a promise with %j", (part, words) => expect(promiseOf({ ...reading, ...part })).toBe(words));

  test("a promised length is never rounded up", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 99, noNaN: true }), (length) => {
        const said = Number(roundedDown(length));
        expect(said).toBeLessThanOrEqual(length * (1 + 1e-15));
        expect(said).toBeGreaterThan(0.98 * length);
      }),
    );
    expect(roundedDown(Number.POSITIVE_INFINITY)).toBe("∞");
    expect(roundedDown(0)).toBe("0");
  });

  test("the law rules on what is within the radius only", () => {
    expect(ruling(reading)).toBe("held");
    expect(ruling({ ...reading, after: 1 })).toBe("broken");
    expect(ruling({ ...reading, after: 1, size: 0.3125 })).toBeUndefined();
    expect(ruling({ ...reading, size: 0 })).toBeUndefined();
  });

  const progress: Progress = {
    model: "frobenius",
    step: STEPS,
    loss: 0.1,
    accuracy: 0.964,
    upper: 2,
    radii: new Float64Array([0, 0.1, 0.2, 0.2]),
    only: undefined,
    failure: undefined,
  };

  test("of a training: how far it is, and what went wrong", () => {
    expect(progressOf([progress, progress])).toBe(`Trained, ${STEPS} steps each`);
    expect(progressOf([progress, { ...progress, step: 3, failure: "NaN" }])).toBe(`Trained, ${STEPS} steps each`);
    expect(progressOf([progress, { ...progress, step: 20 }])).toBe(`Steps 20 to ${STEPS} of ${STEPS}`);
    expect(progressOf([{ ...progress, step: 20 }])).toBe(`Step 20 of ${STEPS}`);
    expect(accuracyOf(progress)).toBe("96.4%");
    expect(accuracyOf({ ...progress, step: 0 })).toBe("–");
    expect(troubleOf(progress)).toBeUndefined();
    expect(troubleOf({ ...progress, step: 2, failure: "NaN" })).toMatch(/^The loss was no finite number in step 3,/);
    expect(troubleOf({ ...progress, only: 4 })).toMatch(/^It answers 4 to every digit, with L = 2:/);
    // At first everybody does.
    expect(troubleOf({ ...progress, step: 1, only: 4 })).toBeUndefined();
  });

  test("a curve is the share above each radius", () => {
    expect([-1, 0, 0.1, 0.15, 0.2].map((radius) => shareAbove(progress.radii, radius))).toEqual([1, 0.75, 0.5, 0.5, 0]);
  });

  test("a gauge puts longer lengths further right, and none outside", () => {
    const places = [0, 0.001, 0.01, 0.3, 1, 10, 99, Number.POSITIVE_INFINITY].map(placeOf);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(new Set(places).size).toBe(4);
  });
});

describe("digits to pick", () => {
  const labels = [3, 1, 3, 1, 3, 0, 2, 4, 5, 6, 7, 8, 9];

  test("follow one another within their class, around the end", () => {
    expect(placesOf(labels, 3)).toEqual([0, 2, 4]);
    expect([0, 2, 4].map((digit) => neighbor(labels, digit, 1))).toEqual([2, 4, 0]);
    expect([0, 2, 4].map((digit) => neighbor(labels, digit, -1))).toEqual([4, 0, 2]);
  });

  test("stand beside those of the same rank", () => {
    expect(shelf(labels, 2).slice(0, 4)).toEqual([5, 3, 6, 2]);
    expect(shelf(labels, 4)[3]).toBe(4);
  });
});

describe("the state", () => {
  test("crosses the address, a drawn digit included", () => {
    fc.assert(
      fc.property(levels, fc.integer({ min: 0, max: 80 }), (drawn, length) => {
        const state = { ...DEFAULTS, drawn, radius: length / 20, kind: "noise" as const, frobenius: 2 };
        expect(readState(writeState(state, CODECS, DEFAULTS), CODECS, DEFAULTS)).toEqual(state);
      }),
    );
    expect(writeState(DEFAULTS, CODECS, DEFAULTS)).toBe("");
  });

  test.each([
    "?digit=500",
    "?drawn=123",
    `?drawn=${"h".repeat(64)}`,
    "?radius=4.05",
    "?radius=-1",
    "?against=me",
    "?seed=x",
    "?spectral=161",
  ])("takes %s for the usual", (query) => expect(readState(query, CODECS, DEFAULTS)).toEqual(DEFAULTS));

  test("says how each model is trained", () => {
    expect(lambdaOf(-8)).toBe(0.01);
    const settings = settingsOf({ ...DEFAULTS, seed: 5 });
    expect(settings).toEqual({ seed: 5, frobenius: 0.01, spectral: 0.1 });
    expect(MODELS.map((model) => trainingOf(model, settings))).toEqual([
      { method: "none", lambda: 0, seed: 5 },
      { method: "frobenius", lambda: 0.01, seed: 5 },
      { method: "spectral", lambda: 0.1, seed: 5 },
      { method: "normalized", lambda: 0, seed: 5 },
    ]);
  });
});
