import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { bellMatrix } from "./inputs.ts";

const engine = await load();
const largest = Number.MAX_SAFE_INTEGER;

describe.each(["float32", "float64"] as const)("the random start, %s", (dtype) => {
  const matrix = bellMatrix(40, 70, 500, dtype);
  const run = (seed: number | undefined) =>
    engine.powerIteration(matrix, { iterations: 3, start: "random", ...(seed === undefined ? {} : { seed }) });

  test("has the same bits for the same seed", () => {
    for (const seed of [0, 1, 2 ** 32, largest]) expect(run(seed)).toEqual(run(seed));
    expect(run(undefined)).toEqual(run(0));
    expect(engine.dominantTriplet(matrix, { seed: 7 })).toEqual(engine.dominantTriplet(matrix, { seed: 7 }));
  });

  test("differs between seeds, those that agree in their lower 32 bits too", () => {
    const found = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, largest].map((seed) => run(seed).sigma);
    expect(new Set(found).size).toBe(found.length);
  });

  test("does not depend on what ran before, nor on the engine", async () => {
    const alone = run(3);
    engine.spectralNorm(bellMatrix(9, 9, 501, dtype), { seed: 99 });
    expect(run(3)).toEqual(alone);
  });

  test("leads to the same norm from every seed", () => {
    const found = Array.from({ length: 20 }, (_, seed) => engine.spectralNorm(matrix, { seed }));
    expect(Math.max(...found) / Math.min(...found) - 1).toBeLessThan(1e-6);
  });
});
