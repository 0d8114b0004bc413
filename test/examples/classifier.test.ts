import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { attack, createAttack } from "../../examples/shared/attack.mjs";
import { certifiedBound, certifiedRadius } from "../../examples/shared/certificate.mjs";
import { type Classifier, createClassifier } from "../../examples/shared/classifier.mjs";
import { readDigits } from "../../examples/shared/data.mjs";
import { accuracy, arraysOf, marginOf, marginsOf, PARTS, type Part, split } from "../../examples/shared/labeled.mjs";
import { buffers, entries, jax } from "../jax/support.ts";

const { numpy: np, tree } = jax;
const digits = readDigits(readFileSync(new URL("../../examples/data/digits.csv", import.meta.url), "utf8"));
const parts = split(digits, 0);
const settings = { method: "none", lambda: 0, seed: 7, train: parts.train };

/** Some images of the test part. */
const some = (count: number): Part => ({ x: parts.test.x.slice(0, 64 * count), y: parts.test.y.slice(0, count) });

describe("parts of the digits", () => {
  test("are disjoint, of every digit once, and those of their seed", () => {
    expect([parts.train, parts.validation, parts.test].map(({ y }) => y.length)).toEqual(Object.values(PARTS));
    const key = (x: Float32Array, index: number) => x.subarray(64 * index, 64 * index + 64).join();
    const keys = [parts.train, parts.validation, parts.test].flatMap(({ x, y }) =>
      Array.from(y, (_, index) => key(x, index)),
    );
    const all = Array.from(digits.labels, (_, index) => key(digits.images, index));
    expect(keys.sort()).toEqual(all.sort());
    expect(split(digits, 0).test.y).toEqual(parts.test.y);
    expect(split(digits, 1).test.y).not.toEqual(parts.test.y);
  });
});

describe("a margin", () => {
  test("is positive for the leader alone", () => {
    const scores = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(scores, (row) => {
        const margins = row.map((_, label) => marginOf(row, label));
        const most = Math.max(...row);
        const leaders = row.filter((score) => score === most).length;
        expect(margins.filter((margin) => margin > 0).length).toBe(leaders === 1 ? 1 : 0);
        expect(marginOf(row, row.indexOf(most))).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(accuracy([1, -1, 0, 2])).toBe(0.5);
  });

  test("over √2 L is the radius, and 0 where another leads", () => {
    expect(certifiedRadius(Math.SQRT2, 4)).toBeCloseTo(0.25, 15);
    expect(certifiedRadius(-1, 4)).toBe(0);
  });
});

describe("a classifier", () => {
  test("refuses what it does not know", () => {
    expect(() => createClassifier({ ...settings, method: "dropout" })).toThrow(
      'method expected one of none, normalized, frobenius, spectral, gradient, got "dropout"',
    );
  });

  test("is as before after a loss that is not finite", async () => {
    // In float32 this λ is infinite.
    const classifier = createClassifier({ ...settings, method: "frobenius", lambda: 1e40 });
    const read = async () => {
      const { layers } = classifier.effective();
      return Promise.all(layers.map(async ({ kernel, bias }) => [...(await kernel.data()), ...(await bias.data())]));
    };
    const before = await read();
    await expect(classifier.step()).rejects.toMatchObject({ code: "NON_FINITE" });
    expect(await read()).toEqual(before);
    expect(classifier.steps).toBe(0);
    classifier.dispose();
  });

  test("leaves nothing behind", async () => {
    const run = async () => {
      const classifier = createClassifier({ ...settings, method: "normalized" });
      for (let count = 0; count < 3; count += 1) await classifier.step();
      tree.dispose(classifier.effective());
      classifier.dispose();
    };
    await run();
    const before = buffers();
    await run();
    expect(buffers()).toBe(before);
  });
});

describe("a trained classifier", () => {
  let classifier: Classifier;
  beforeAll(async () => {
    classifier = createClassifier({ ...settings, method: "spectral", lambda: 0.1 });
    for (let count = 0; count < 120; count += 1) await classifier.step();
  });

  test("tells digits apart that it has not seen", async () => {
    const params = classifier.effective();
    expect(accuracy(await marginsOf(params, arraysOf(parts.test)[0], parts.test.y))).toBeGreaterThan(0.85);
    tree.dispose(params);
  });

  test("is attacked alike with one radius for all and with one for each", async () => {
    const params = classifier.effective();
    const [x, labels] = arraysOf(some(6));
    const each = createAttack(5);
    const one = await attack(params, x, labels, { radius: 0.75, steps: 5 });
    const rows = await each.run(params, x, labels, np.full([6, 1], 0.75));
    const [left, right] = [entries(one), entries(rows)];
    expect(right).toHaveLength(6 * 64);
    for (const [index, value] of right.entries()) expect(value).toBeCloseTo(left[index] ?? Number.NaN, 4);
    each.dispose();
    tree.dispose(params);
  });

  test("is attacked within each sample's own ball", async () => {
    const params = classifier.effective();
    const part = some(5);
    const [x, labels] = arraysOf(part);
    const radii = [0.01, 0.1, 0.5, 2, 8];
    const each = createAttack(10);
    const attacked = entries(await each.run(params, x, labels, np.array(radii).reshape([5, 1])));
    for (const [row, radius] of radii.entries()) {
      const moved = Array.from(
        { length: 64 },
        (_, at) => (attacked[64 * row + at] ?? 0) - (part.x[64 * row + at] ?? 0),
      );
      expect(Math.hypot(...moved)).toBeLessThanOrEqual(radius * (1 + 1e-4));
      expect(Math.hypot(...moved)).toBeGreaterThan(radius / 4);
    }
    each.dispose();
    tree.dispose(params);
  });

  test("keeps every answer within its certified radius, attacked or pushed anywhere", async () => {
    const params = classifier.effective();
    const upper = await certifiedBound(tree.ref(params));
    const part = some(100);
    const margins = await marginsOf(params, arraysOf(part)[0], part.y);
    // Rounding errors of float32 are left out of the certificate.
    const radii = margins.map((margin) => Math.max(1e-6, 0.999 * certifiedRadius(margin, upper)));
    const [x, labels] = arraysOf(part);
    const each = createAttack(20);
    const attacked = await each.run(params, x, labels, np.array(radii).reshape([100, 1]));
    const after = await marginsOf(params, attacked, part.y);
    for (const [index, margin] of margins.entries()) if (margin > 1e-3) expect(after[index]).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const noise = entries(jax.random.normal(jax.random.key(seed), [100, 64]));
        const pushed = part.x.map((value, at) => {
          const row = Math.floor(at / 64);
          const length = Math.hypot(...noise.slice(64 * row, 64 * row + 64));
          return value + ((noise[at] ?? 0) * (radii[row] ?? 0)) / length;
        });
        const moved = await marginsOf(params, arraysOf({ x: pushed, y: part.y })[0], part.y);
        for (const [index, margin] of margins.entries()) if (margin > 1e-3) expect(moved[index]).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
    each.dispose();
    tree.dispose(params);
  });
});
