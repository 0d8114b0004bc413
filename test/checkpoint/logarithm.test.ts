import fc from "fast-check";
import { expect, test } from "vitest";
import { log10 } from "../../ts/checkpoint/logarithm.js";

const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });

test("is that of Math.log10 but for the last digits, for numbers of every size", () => {
  const isClose = (x: number) => Math.abs(log10(x) - Math.log10(x)) <= 4e-16 * Math.max(1, Math.abs(Math.log10(x)));
  fc.assert(fc.property(positive, isClose), { numRuns: 20_000 });
  // Where ln m is small, its relative error is what matters.
  const near = fc.double({ min: 0.75, max: 1.375, noNaN: true }).filter((x) => x !== 1);
  fc.assert(
    fc.property(near, (x) => Math.abs(log10(x) / Math.log10(x) - 1) <= 1e-15),
    { numRuns: 20_000 },
  );
});

test.each([
  [1, 0],
  [10, 1],
  [2 ** -1074, -323.3062153431158],
  [Number.MAX_VALUE, 308.25471555991675],
  [0.5, -0.3010299956639812],
])("of %d is %d", (x, expected) => {
  expect(Math.abs(log10(x) - expected)).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(expected)));
});

test("rises", () => {
  // But for rounding, by which neighbors may change places.
  const rises = (x: number, y: number) => log10(Math.max(x, y)) - log10(Math.min(x, y)) >= -1e-13;
  fc.assert(fc.property(positive, positive, rises));
});
