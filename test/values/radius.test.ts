import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type Checksums, type FloatDtype, type InputSpec, makeWeight, readFixture } from "./inputs.ts";

interface RadiusCase {
  readonly input: InputSpec;
  readonly checksum: Checksums;
  /** The largest |eigenvalue|, from LAPACK. */
  readonly radius: number;
  /** The condition number of the eigenvectors. */
  readonly condition: number;
}

const cases = readFixture<RadiusCase[]>("radius");
const engine = await load();

test("there are 150 matrices or more, up to 128×128, and some far from normal", () => {
  expect(cases.length).toBeGreaterThanOrEqual(150);
  expect(cases.filter(({ condition }) => condition > 100).length).toBeGreaterThan(5);
});

describe("LAPACK's eigenvalues", () => {
  const runs = cases.flatMap((example) =>
    (Object.keys(example.checksum) as FloatDtype[]).map((dtype) => ({
      ...example,
      dtype,
      name: `${example.input.kind} ${example.input.shape[0]}, seed ${example.input.seed}, 2^${example.input.exponent}`,
    })),
  );

  test.each(runs)("$name, $dtype", ({ input, dtype, radius, condition }) => {
    const found = engine.spectralRadius(makeWeight(input, dtype, 0));
    // LAPACK's error grows with κ, ours with κ².
    const slack = 1e-13 + 1e-15 * condition + 1e-16 * condition ** 2;
    expect(Math.abs(found / radius - 1)).toBeLessThan(slack);
  });
});
