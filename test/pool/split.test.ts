import fc from "fast-check";
import { expect, test } from "vitest";
import { engine, expectIntact, poolOf, weight } from "./support.js";

const pools = await Promise.all([0, 1, 2, 3].map((workers) => poolOf({ workers })));
const splits = pools.map((pool) => pool.with({ split: true }));

/** Some of one block, some of many parts; in both types. */
const matrices = fc
  .record({
    rows: fc.integer({ min: 1, max: 30 }),
    columns: fc.constantFrom(1, 2, 7, 40),
    tall: fc.boolean(),
    wide: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ rows, columns, tall, wide, seed }) => {
    const shape = tall ? [rows * 12, 300] : [rows, columns];
    return wide ? weight(Float64Array, shape, seed) : weight(Float32Array, shape, seed);
  });

test("law: the bits do not depend on how many workers there are, and the norm is the engine's within the tolerance", async () => {
  await fc.assert(
    fc.asyncProperty(matrices, async (w) => {
      const options = { tolerance: 1e-6, gap: false };
      const [found, ...others] = await Promise.all(splits.map((split) => split.dominantTriplet(w, options)));
      for (const other of others) expect(other).toEqual(found);
      const norms = await Promise.all(splits.map((split) => split.spectralNorm(w)));
      expect(new Set([...norms, found?.sigma]).size).toBe(1);
      expect(found?.u).toBeInstanceOf(w.data.constructor);
      expect(found?.u.length).toBe(w.shape[0]);
      const sigma = engine.spectralNorm(w);
      expect(Math.abs((found?.sigma as number) - sigma)).toBeLessThanOrEqual(2e-6 * sigma);
    }),
    { numRuns: 8 },
  );
});

test("the output axis may be the last, and not one in the middle", async () => {
  const data = weight(Float32Array, [3, 4, 5]).data;
  for (const axis of [0, 2, -1]) {
    const w = { data, shape: [3, 4, 5], axis };
    const [sigma, whole] = [await splits[2]?.spectralNorm(w), engine.spectralNorm(w)];
    expect(Math.abs((sigma as number) - whole)).toBeLessThanOrEqual(2e-6 * whole);
  }
  const middle = splits[2]?.spectralNorm({ data, shape: [3, 4, 5], axis: 1 });
  await expect(middle).rejects.toMatchObject({ code: "SHAPE", message: expect.stringMatching(/"w\.axis" expected/) });
});

test("handles, nested arrays and shared memory are split as arrays are", async () => {
  const w = weight(Float32Array, [300, 1000]);
  const handle = engine.matrix([300, 1000]);
  handle.set(w.data);
  const shared = new Float32Array(new SharedArrayBuffer(w.data.byteLength));
  shared.set(w.data);
  const norm = await splits[2]?.spectralNorm(w);
  expect(await splits[2]?.spectralNorm(handle)).toBe(norm);
  expect(await splits[2]?.spectralNorm({ data: shared, shape: w.shape })).toBe(norm);
  expect(
    await splits[2]?.spectralNorm([
      [3, 0],
      [0, 4],
    ]),
  ).toBeCloseTo(4, 12);
  handle.free();
});

test("a zero matrix has the norm 0", async () => {
  expect(await splits[2]?.spectralNorm({ data: new Float32Array(6), shape: [2, 3] })).toBe(0);
});

test("NaN is found, in whatever part it is", async () => {
  const w = weight(Float32Array, [1200, 1000]);
  w.data[1100 * 1000 + 17] = Number.NaN;
  const message = '"w" expected finite entries, got NaN in row 1100, column 17';
  await expect(splits[2]?.spectralNorm(w)).rejects.toMatchObject({ code: "NON_FINITE", message });
  await expectIntact(pools[2] as never);
});

test("options are those of operators", async () => {
  const w = weight(Float32Array, [200, 100]);
  for (const options of [{ method: "power" }, { tolerance: 2 }, { tolerence: 1 }, { seed: -1 }, { gap: false }]) {
    await expect(splits[2]?.spectralNorm(w, options as never)).rejects.toMatchObject({ code: "OPTION" });
  }
  for (const options of [3, { tolerance: "1" }]) {
    await expect(splits[2]?.dominantTriplet(w, options as never)).rejects.toMatchObject({ code: "TYPE" });
  }
  await expect(splits[2]?.spectralNorm(3 as never)).rejects.toMatchObject({ code: "TYPE" });
});

test.each([1e-37, 1e-30, 1, 1e30, 1e37])("entries in float32 of size %f are as good as any", async (size) => {
  const w = weight(Float32Array, [300, 100]);
  const scaled = { ...w, data: w.data.map((entry) => entry * size) };
  const [sigma, whole] = [await splits[2]?.spectralNorm(scaled), engine.spectralNorm(scaled)];
  expect(Math.abs((sigma as number) - whole)).toBeLessThanOrEqual(2e-6 * whole);
});

test.each([1e-300, 1e-200, 1e200, 1e300])("entries in float64 of size %f are as good as any", async (size) => {
  const w = weight(Float64Array, [300, 100]);
  const scaled = { ...w, data: w.data.map((entry) => entry * size) };
  const [found, whole] = [await splits[2]?.dominantTriplet(scaled), engine.spectralNorm(scaled)];
  expect(Math.abs((found?.sigma as number) - whole)).toBeLessThanOrEqual(2e-6 * whole);
});

test("what float32 cannot reach is gone on with in float64, and passes that do not suffice are told", async () => {
  const w = weight(Float32Array, [300, 100]);
  const fine = await splits[2]?.dominantTriplet(w, { tolerance: 1e-12 });
  expect(fine).toMatchObject({ converged: true, method: "lanczos" });
  expect(fine?.residual).toBeLessThanOrEqual(1e-12);
  const usual = await splits[2]?.dominantTriplet(w);
  const whole = engine.dominantTriplet(w);
  expect(usual?.residual).toBeLessThanOrEqual(1e-6);
  expect(Math.abs((usual?.gap as number) - whole.gap)).toBeLessThanOrEqual(1e-3);
  for (const [entry, wanted] of [
    [usual?.u, whole.u],
    [usual?.v, whole.v],
  ] as [Float32Array, Float32Array][]) {
    const cosine = entry.reduce((sum, value, index) => sum + value * (wanted[index] as number), 0);
    expect(Math.abs(cosine)).toBeGreaterThan(1 - 1e-6);
  }
  const few = splits[2]?.spectralNorm(w, { maxIterations: 2 });
  await expect(few).rejects.toMatchObject({ code: "CONVERGENCE" });
  expect(await splits[2]?.dominantTriplet(w, { maxIterations: 2 })).toMatchObject({ converged: false });
});

test("two matrices split at a time, with other jobs among them, do not wait for one another in vain", async () => {
  const [one, two] = [weight(Float64Array, [400, 1000], 1), weight(Float64Array, [400, 1000], 2)];
  const alone = [await splits[2]?.spectralNorm(one), await splits[2]?.spectralNorm(two)];
  const jobs = [splits[2]?.spectralNorm(one), pools[2]?.spectralNorm([[2]]), splits[2]?.spectralNorm(two)];
  const [first, job, second] = await Promise.all(jobs);
  expect([first, second]).toEqual(alone);
  expect(job).toBe(2);
});
