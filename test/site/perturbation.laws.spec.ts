import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Progress } from "../../examples/site/perturbation/contestant.ts";
import { MODELS } from "../../examples/site/perturbation/models.ts";
import { noisy } from "../../examples/site/perturbation/pixels.ts";
import { distance } from "../../examples/site/perturbation/scores.ts";
import { createTasks, type Samples } from "../../examples/site/perturbation/tasks.ts";
import { normals } from "../../examples/site/shared/random.ts";

const file = new URL("../../examples/data/digits.csv", import.meta.url);
const settings = { seed: 3, frobenius: 0.01, spectral: 0.1 };
const { samples: readSamples, begin, learn, answer } = createTasks(Promise.resolve(readFileSync(file, "utf8")));
let samples: Samples;
let progress: readonly Progress[];

const imageOf = (digit: number): Float32Array => samples.images.slice(64 * digit, 64 * digit + 64);
const digits = fc.integer({ min: 0, max: 499 });

beforeAll(async () => {
  samples = await readSamples(undefined);
  await begin(undefined, settings);
  progress = await learn(undefined, 120);
}, 600_000);

describe("the models of the page", () => {
  test("learn, and report what they are worth", () => {
    expect(progress.map(({ model }) => model)).toEqual(MODELS);
    for (const { step, accuracy, upper, radii, only, failure } of progress) {
      expect(step).toBe(120);
      expect(accuracy).toBeGreaterThan(0.75);
      expect(upper).toBeGreaterThan(0);
      expect(radii).toHaveLength(500);
      expect(radii).toEqual(radii.slice().sort());
      expect(radii.filter((radius) => radius > 0).length / 500).toBeCloseTo(accuracy, 12);
      expect([only, failure]).toEqual([undefined, undefined]);
    }
    const [plain, ...constrained] = progress.map(({ upper }) => upper);
    for (const upper of constrained) expect(upper).toBeLessThan(plain ?? 0);
  });
});

describe("within its certified radius no answer changes", () => {
  test("wherever the image is pushed", async () => {
    await fc.assert(
      fc.asyncProperty(
        digits,
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(...MODELS.keys()),
        async (digit, seed, at) => {
          const image = imageOf(digit);
          const [radius = 0] = (await answer(undefined, image, { kind: "image", image }, false))
            .slice(at)
            .map((one) => one.radius);
          const direction = normals(64, seed);
          const length = Math.hypot(...direction);
          const pushed = image.map((value, index) => value + (0.999 * radius * (direction[index] ?? 0)) / length);
          const { before, after, size } =
            (await answer(undefined, image, { kind: "image", image: pushed }, false))[at] ?? expect.unreachable();
          expect(size).toBeLessThan(radius);
          expect(after).toBe(before);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("however each model is attacked", async () => {
    await fc.assert(
      fc.asyncProperty(digits, fc.constantFrom(...MODELS), async (digit, model) => {
        const image = imageOf(digit);
        const calm = await answer(undefined, image, { kind: "image", image }, false);
        const radius = 0.999 * (calm.find((one) => one.model === model)?.radius ?? 0);
        const all = await answer(undefined, image, { kind: "worst", radius, against: model }, false);
        for (const { before, after, size, radius: promised } of all) if (size < promised) expect(after).toBe(before);
        expect(all.some((one) => one.model === model && one.size < one.radius)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe("the shortest change found", () => {
  test("is never shorter than what is certified, and really alters the answer", async () => {
    for (const digit of [0, 17, 29, 333]) {
      const image = imageOf(digit);
      const all = await answer(undefined, image, { kind: "image", image }, true);
      for (const { radius, found = 0 } of all) {
        expect(found).toBeGreaterThanOrEqual(radius);
        expect(found).toBeLessThan(16);
      }
      // Half as long again is long enough for the attack of one length, too.
      const longest = 1.5 * Math.max(...all.map(({ found = 0 }) => found));
      const attacked = await answer(undefined, image, { kind: "worst", radius: longest, against: "each" }, false);
      for (const { before, after, size } of attacked) {
        expect(after).not.toBe(before);
        expect(size).toBeLessThanOrEqual(longest * (1 + 1e-4));
      }
    }
  });
});

describe("a change", () => {
  test("is each model's own, or that of one for all", async () => {
    const image = imageOf(1);
    const own = await answer(undefined, image, { kind: "worst", radius: 1, against: "each" }, false);
    const shared = await answer(undefined, image, { kind: "worst", radius: 1, against: "spectral" }, false);
    expect(distance(own[0]?.image ?? [], own[3]?.image ?? [])).toBeGreaterThan(0.1);
    for (const one of shared) expect(distance(one.image, own[2]?.image ?? [])).toBeLessThan(1e-4);
  });

  test("of no length is none", async () => {
    const image = noisy(imageOf(1), 0.1, 1);
    for (const one of await answer(undefined, image, { kind: "worst", radius: 0, against: "each" }, false)) {
      expect([one.size, one.after]).toEqual([0, one.before]);
    }
  });
});

describe("another setting", () => {
  test("trains what it concerns anew, and leaves the others", async () => {
    await begin(undefined, { ...settings, spectral: 0.2 });
    expect((await learn(undefined, 0)).map(({ step }) => step)).toEqual([120, 120, 0, 120]);
  });

  test("with a λ that is infinite in float32 stops its model alone, which still answers", async () => {
    await begin(undefined, { ...settings, frobenius: 1e40 });
    const [plain, frobenius] = await learn(undefined, 5);
    expect(plain?.step).toBe(125);
    expect(frobenius?.step).toBe(0);
    expect(frobenius?.failure).toBe('"loss" expected finite numbers, got Infinity at index 0');
    const image = imageOf(0);
    const answers = await answer(undefined, image, { kind: "image", image }, false);
    expect(answers.every(({ upper }) => Number.isFinite(upper))).toBe(true);
  });

  test("is refused with what the digits lack", async () => {
    const broken = createTasks(Promise.resolve("1,2,3\n"));
    await expect(broken.samples(undefined)).rejects.toThrow("digits expected lines of a label and 64 pixels");
  });
});
