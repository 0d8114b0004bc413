import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caught,
  engine,
  expectClose,
  expectEngineIntact,
  gaussian,
  mapped,
  type Sample,
  shear,
  transposed,
  weight,
} from "./engine/support.js";

const squares = fc
  .record({
    side: fc.integer({ min: 1, max: 16 }),
    seed: fc.nat(),
    dtype: fc.constantFrom("float32" as const, "float64" as const),
  })
  .map(({ side, seed, dtype }) => gaussian(side, side, seed, dtype));

const radius = (sample: Sample) => engine.spectralRadius(weight(sample));

function product(a: Sample, b: Sample): Sample {
  const side = a.rows;
  const data = Float64Array.from(a.data, (_, place) => {
    const [row, column] = [Math.floor(place / side), place % side];
    let sum = 0;
    for (let k = 0; k < side; k += 1) sum += (a.data[row * side + k] ?? 0) * (b.data[k * side + column] ?? 0);
    return sum;
  });
  return { rows: side, columns: side, data };
}

describe("laws of the spectral radius", () => {
  test("ρ(W) ≤ ‖W‖₂, with equality for a symmetric matrix", () => {
    fc.assert(
      fc.property(squares, (sample) => {
        const sharp = (of: Sample) => engine.spectralNorm(weight(of), { tolerance: 1e-12 });
        expect(radius(sample)).toBeLessThanOrEqual(sharp(sample) * (1 + 1e-12));
        const turned = transposed(sample);
        const symmetric = mapped(sample, (entry, place) => entry + (turned.data[place] ?? 0));
        expectClose(radius(symmetric), sharp(symmetric), 1e-12);
      }),
    );
  });

  test("ρ(Wᵏ) = ρ(W)ᵏ", () => {
    fc.assert(
      fc.property(squares, fc.integer({ min: 2, max: 4 }), (sample, exponent) => {
        let power = sample;
        for (let k = 1; k < exponent; k += 1) power = product(power, sample);
        expectClose(radius(power) ** (1 / exponent), radius(sample), 1e-9);
      }),
    );
  });

  test("the transpose has the same, and so has S⁻¹WS", () => {
    fc.assert(
      fc.property(squares, fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 16, maxLength: 16 }), (sample, e) => {
        expectClose(radius(transposed(sample)), radius(sample), 1e-9);
        // Powers of two, so that the similarity itself does not round.
        const factor = (place: number) =>
          2 ** ((e[Math.floor(place / sample.rows)] ?? 0) - (e[place % sample.rows] ?? 0));
        expectClose(radius(mapped(sample, (entry, place) => entry * factor(place))), radius(sample), 1e-9);
        const reversed = mapped(sample, (_, place) => sample.data[sample.data.length - 1 - place] ?? Number.NaN);
        expectClose(radius(reversed), radius(sample), 1e-9);
      }),
    );
  });

  test("it is homogeneous, and powers of two pass through exactly", () => {
    fc.assert(
      fc.property(
        squares,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.integer({ min: -40, max: 40 }),
        (sample, factor, exponent) => {
          const scaled = { ...sample, data: Float64Array.from(sample.data, (entry) => -entry * factor) };
          expectClose(radius(scaled), radius(sample) * factor, 1e-9);
          expect(radius(mapped(sample, (entry) => entry * 2 ** exponent))).toBe(radius(sample) * 2 ** exponent);
        },
      ),
    );
  });

  test("a triangular matrix has its largest diagonal entry", () => {
    fc.assert(
      fc.property(squares, fc.boolean(), (sample, upper) => {
        const side = sample.rows;
        const triangle = mapped(sample, (entry, place) => {
          const [row, column] = [Math.floor(place / side), place % side];
          return row === column || row < column === upper ? entry : 0;
        });
        const diagonal = Array.from({ length: side }, (_, k) => Math.abs(sample.data[k * (side + 1)] ?? 0));
        expectClose(radius(triangle), Math.max(...diagonal), 1e-13);
      }),
    );
  });
});

describe("known values", () => {
  test("[[1, 100], [0, 1]] has the radius 1, which the article takes for its norm", () => {
    expect(engine.spectralRadius(shear)).toBe(1);
  });

  test.each([
    ["one entry", [[-3]], 3],
    [
      "zero",
      [
        [0, 0],
        [0, 0],
      ],
      0,
    ],
    [
      "nilpotent, in another order",
      [
        [0, 0, 5],
        [7, 0, 9],
        [0, 0, 0],
      ],
      0,
    ],
    [
      "nilpotent, of integers",
      [
        [1, -1],
        [1, -1],
      ],
      0,
    ],
    [
      "Fibonacci",
      [
        [1, 1],
        [1, 0],
      ],
      (1 + Math.sqrt(5)) / 2,
    ],
    [
      "a complex pair",
      [
        [3, -4],
        [4, 3],
      ],
      5,
    ],
    [
      "a pair that no power tells apart for long",
      [
        [1, -1e-9],
        [1e-9, 1],
      ],
      1,
    ],
    [
      "a cycle, all of whose eigenvalues are roots of unity",
      [
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
      ],
      1,
    ],
    [
      "entries of 1e150",
      [
        [1e150, 1e150],
        [1e150, 0],
      ],
      1e150 * ((1 + Math.sqrt(5)) / 2),
    ],
    [
      "entries of 1e-150",
      [
        [1e-150, 1e-150],
        [1e-150, 0],
      ],
      1e-150 * ((1 + Math.sqrt(5)) / 2),
    ],
    [
      "both",
      [
        [1, 1e150],
        [1e-150, 0],
      ],
      (1 + Math.sqrt(5)) / 2,
    ],
  ])("%s", (_, rows, expected) => {
    expectClose(engine.spectralRadius(rows), expected, 1e-14);
  });

  test("two eigenvectors in one: half of the digits", () => {
    expectClose(
      engine.spectralRadius([
        [2, 1],
        [-1, 0],
      ]),
      1,
      1e-7,
    );
  });

  test("a kernel of two dimensions or more is read along its axis", () => {
    const data = gaussian(8, 8, 3, "float64").data;
    const flat = engine.spectralRadius({ data, shape: [8, 8] });
    expect(engine.spectralRadius({ data, shape: [8, 2, 4], axis: 0 })).toBe(flat);
    expect(engine.spectralRadius({ data, shape: [2, 4, 8], axis: 2 })).toBe(flat);
  });
});

describe("bad arguments", () => {
  test.each([
    [
      "a wide matrix",
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      "the 2 × 3 matrix",
    ],
    [
      "a kernel",
      { data: new Float32Array(24), shape: [2, 3, 4], axis: 0 },
      "the 2 × 12 matrix that [2, 3, 4] is read as",
    ],
  ])("%s is not square, and the error says what takes it", (_, w, got) => {
    const error = caught(() => engine.spectralRadius(w));
    expect(error.code).toBe("SHAPE");
    expect(error.message).toBe(
      `"w" expected a square matrix, got ${got}. Only square matrices have eigenvalues; spectralNorm takes every matrix`,
    );
    expectEngineIntact();
  });

  test("an operator is no weight", () => {
    const operator = { rows: 1, columns: 1, apply: (x: unknown) => x, applyAdjoint: (x: unknown) => x };
    expect(caught(() => engine.spectralRadius(operator as never)).code).toBe("OPTION");
    expectEngineIntact();
  });
});
