import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { digitImages, distributions, drawing, readDigits } from "../../examples/shared/data.mjs";
import { modesCovered, slicedWasserstein } from "../../examples/shared/metrics.mjs";
import { seeded } from "../../examples/shared/random.mjs";

const file = readFileSync(new URL("../../examples/data/digits.csv", import.meta.url), "utf8");
const count = 4000;

/** Mean and deviation of every other number, from `first` on. */
function moments(points: Float32Array, first: number): { mean: number; deviation: number } {
  const axis = points.filter((_, index) => index % 2 === first);
  const mean = axis.reduce((sum, x) => sum + x, 0) / axis.length;
  return { mean, deviation: Math.sqrt(axis.reduce((sum, x) => sum + (x - mean) ** 2, 0) / axis.length) };
}

describe("a source of random numbers", () => {
  test("gives the same numbers for the same seed, and others for another", () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seeded(seed).uniform);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  test("is uniform, normal, and below", () => {
    const { uniform, normal, below } = seeded(7);
    const uniforms = Array.from({ length: count }, uniform);
    expect(Math.min(...uniforms)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniforms)).toBeLessThan(1);
    expect(uniforms.reduce((a, b) => a + b, 0) / count).toBeCloseTo(0.5, 1);
    const normals = Array.from({ length: count }, normal);
    expect(normals.reduce((a, b) => a + b, 0) / count).toBeCloseTo(0, 1);
    expect(normals.reduce((a, b) => a + b * b, 0) / count).toBeCloseTo(1, 1);
    expect(new Set(Array.from({ length: count }, () => below(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});

describe.each(Object.entries(distributions))("%s", (_, data) => {
  const points = data.sample(count, seeded(1));

  test("has the mean and the deviation of the paper's", () => {
    for (const axis of [0, 1]) {
      const { mean, deviation } = moments(points, axis);
      expect(Math.abs(mean)).toBeLessThan(0.3);
      // They are divided by what the paper takes for their deviation, "plus a little" for the Swiss roll.
      expect(deviation).toBeGreaterThan(0.75);
      expect(deviation).toBeLessThan(1.1);
    }
  });

  test("is seeded", () => {
    expect(data.sample(10, seeded(2))).toEqual(data.sample(10, seeded(2)));
    expect(data.sample(10, seeded(2))).not.toEqual(data.sample(10, seeded(3)));
  });

  test("covers its modes", () => {
    const { length } = data.modes;
    if (length > 0) expect(modesCovered(points, data.modes)).toEqual({ covered: length, near: 1 });
    else expect(data.title).toBe("Swiss roll");
  });
});

test("the Swiss roll winds one and a half times outward", () => {
  const points = distributions.swissRoll.sample(count, seeded(1));
  const radii = Array.from({ length: count }, (_, i) => Math.hypot(points[2 * i] ?? 0, points[2 * i + 1] ?? 0) * 7.5);
  expect(Math.min(...radii)).toBeGreaterThan(1.5 * Math.PI - 1.5);
  expect(Math.max(...radii)).toBeLessThan(4.5 * Math.PI + 1.5);
});

test("a drawing has its points, each blurred a little, and no modes", () => {
  const { sample, modes } = drawing([
    [2, 1],
    [-2, -1],
  ]);
  const points = sample(count, seeded(1));
  expect(modes).toEqual([]);
  const right = Array.from({ length: count }, (_, i) => points[2 * i] ?? 0).filter((x) => x > 0);
  expect(Math.abs(right.length / count - 0.5)).toBeLessThan(0.05);
  const mean = right.reduce((sum, x) => sum + x, 0) / right.length;
  const deviation = Math.sqrt(right.reduce((sum, x) => sum + (x - mean) ** 2, 0) / right.length);
  expect(mean).toBeCloseTo(2, 1);
  expect(Math.abs(deviation - 0.06)).toBeLessThan(0.005);
  expect(() => drawing([])).toThrow("centers expected at least one point, got none");
});

describe("the digits", () => {
  const digits = readDigits(file);

  test("are 1,797 images between −1 and 1 with ten labels", () => {
    expect(digits.count).toBe(1797);
    expect(new Set(digits.labels)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(digits.images).toHaveLength(64 * 1797);
    expect([Math.min(...digits.images), Math.max(...digits.images)]).toEqual([-1, 1]);
    // The first line of the file: 0, 0, 0, 5, 13, … behind its label.
    expect([...digits.images.subarray(0, 5)]).toEqual([-1, -1, 5 / 8 - 1, 13 / 8 - 1, 9 / 8 - 1]);
  });

  test("are drawn as wholes", () => {
    const images = new Set(
      Array.from({ length: digits.count }, (_, i) => digits.images.subarray(64 * i, 64 * i + 64).join()),
    );
    const drawn = digitImages(digits).sample(20, seeded(1));
    for (let i = 0; i < 20; i += 1) expect(images).toContain(drawn.subarray(64 * i, 64 * i + 64).join());
  });

  test("of a broken file are refused", () => {
    expect(() => readDigits("1,2,3")).toThrow("digits expected lines of a label and 64 pixels, got 3 numbers in row 1");
    expect(() => readDigits("label")).toThrow("digits expected lines");
  });
});

describe("the sliced Wasserstein distance", () => {
  const plane = (...points: number[]) => Float32Array.from(points);

  test("is 0 for the same points in another order", () => {
    expect(slicedWasserstein(plane(1, 2, 3, 4), plane(3, 4, 1, 2), 2)).toBe(0);
  });

  test("of a shift is its length times the mean of |cos|, 2/π", () => {
    const points = distributions.swissRoll.sample(200, seeded(1));
    const moved = points.map((x, index) => x + (index % 2 === 0 ? 3 : 4));
    expect(slicedWasserstein(points, moved, 2, 1000)).toBeCloseTo((5 * 2) / Math.PI, 3);
  });

  test("is a distance: symmetric, and triangles hold", () => {
    const [a, b, c] = [1, 2, 3].map((seed) => distributions.twentyFiveGaussians.sample(100, seeded(seed))) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(slicedWasserstein(a, b, 2)).toBe(slicedWasserstein(b, a, 2));
    expect(slicedWasserstein(a, c, 2)).toBeLessThanOrEqual(
      slicedWasserstein(a, b, 2) + slicedWasserstein(b, c, 2) + 1e-12,
    );
  });

  test("works beyond the plane, along random directions", () => {
    const origin = new Float32Array(64 * 8);
    const moved = origin.map((_, index) => (index % 64 === 0 ? 1 : 0));
    // E|u₁| of a random unit vector of 64 dimensions is about √(2/64π).
    expect(slicedWasserstein(origin, moved, 64, 2000)).toBeCloseTo(Math.sqrt(2 / (64 * Math.PI)), 2);
  });

  test("refuses other numbers of points", () => {
    expect(() => slicedWasserstein(plane(1, 2), plane(1, 2, 3, 4), 2)).toThrow("got 2 and 4 numbers");
  });
});

test("a mode is covered by a quarter of its share, nearby", () => {
  const modes = [
    [0, 0],
    [4, 0],
  ];
  const at = (x: number, times: number) => Array.from({ length: times }, () => [x, 0]).flat();
  const points = (...parts: number[][]) => Float32Array.from(parts.flat());
  expect(modesCovered(points(at(0, 7), at(3.5, 1)), modes)).toEqual({ covered: 2, near: 1 });
  expect(modesCovered(points(at(0.9, 15), at(3.5, 1)), modes)).toEqual({ covered: 1, near: 1 });
  expect(modesCovered(points(at(2, 4), at(0, 4)), modes)).toEqual({ covered: 1, near: 0.5 });
});
