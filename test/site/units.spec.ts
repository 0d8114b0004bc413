import fc from "fast-check";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { PRESETS, presetOf, randomKernel, resized } from "../../examples/site/convolution/kernels.ts";
import { frequencyAt, gainAt, respond } from "../../examples/site/convolution/response.ts";
import { CODECS, DEFAULTS, layerOf } from "../../examples/site/convolution/state.ts";
import { image, reachOf } from "../../examples/site/power-iteration/plane.ts";
import type { Matrix } from "../../examples/site/power-iteration/tasks.ts";
import { roundTicks } from "../../examples/site/shared/chart.ts";
import { ends, number, powerOfTen } from "../../examples/site/shared/format.ts";
import { normals } from "../../examples/site/shared/random.ts";
import { integer, numbers, oneOf, readState, writeState } from "../../examples/site/shared/url-state.ts";
import { newest } from "../../examples/site/shared/worker-client.ts";

const engine = await load();
const entry = fc.integer({ min: -200, max: 200 }).map((value) => value / 100);
const kernels = fc.constantFrom(9, 25).chain((length) => fc.array(entry, { minLength: length, maxLength: length }));

describe("the frequency response", () => {
  test("lies within the engine's interval, at most as far below as its grid is coarse", () => {
    fc.assert(
      fc.property(kernels, (kernel) => {
        const { most, where } = respond(kernel, 1, 65);
        const { lower, upper } = engine.convolutionNorm(layerOf({ ...DEFAULTS, kernel, size: 0 }));
        const degree = kernel.length === 9 ? 2 : 4;
        // M. Riesz: see docs/numerics.md, "Between the frequencies".
        expect(most).toBeGreaterThanOrEqual(lower * Math.cos((Math.PI * degree) / 128) ** 2 * (1 - 1e-9));
        expect(most).toBeLessThanOrEqual(upper * (1 + 1e-9));
        expect(gainAt(kernel, 1, where)).toBeCloseTo(most, 9);
      }),
      { numRuns: 60 },
    );
  });

  test("is the modulus of the Fourier sum, at every place of the grid", () => {
    const kernel = randomKernel(5, 3);
    const { gains, count } = respond(kernel, 2, 17);
    for (const [index, gain] of gains.entries()) {
      const [vertical, horizontal] = frequencyAt(count, Math.floor(index / count), index % count);
      const turns = kernel.map((_, at) => 2 * (vertical * Math.floor(at / 5) + horizontal * (at % 5)));
      const real = kernel.reduce((sum, value, at) => sum + value * Math.cos(turns[at] ?? 0), 0);
      const imaginary = kernel.reduce((sum, value, at) => sum + value * Math.sin(turns[at] ?? 0), 0);
      expect(gain).toBeCloseTo(Math.hypot(real, imaginary), 9);
    }
  });
});

describe("kernels", () => {
  test("a preset keeps its name from one size to the other and back", () => {
    for (const name of ["sobel", "laplacian", "blur", "sharpen"] as const) {
      expect(presetOf(resized(PRESETS[name][3], 5))).toBe(name);
      expect(resized(PRESETS[name][5], 3)).toEqual(PRESETS[name][3]);
    }
  });

  test("any other gets a border, or loses it", () => {
    const kernel = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(resized(resized(kernel, 5), 3)).toEqual(kernel);
    expect(resized(kernel, 5).slice(6, 9)).toEqual([1, 2, 3]);
  });

  test("cross the address unchanged", () => {
    fc.assert(
      fc.property(kernels, (kernel) => {
        expect(CODECS.kernel.read(CODECS.kernel.write(kernel))).toEqual(kernel.map((value) => value + 0));
      }),
    );
    expect(CODECS.kernel.write(PRESETS.critic[3])).toBe("critic-3");
    expect(CODECS.kernel.read("critic-3")).toEqual(PRESETS.critic[3]);
  });
});

describe("the plane", () => {
  test("has room for the whole ellipse, which touches what it is scaled to", () => {
    fc.assert(
      fc.property(fc.tuple(entry, entry, entry, entry), (matrix: Matrix) => {
        const [a, b, c, d] = matrix;
        const sigma = engine.spectralNorm([
          [a, b],
          [c, d],
        ]);
        expect(reachOf(matrix)).toBeCloseTo(1.18 * Math.max(1, sigma), 6);
        expect(Math.hypot(...image(matrix, [0.6, 0.8]))).toBeLessThanOrEqual(sigma * (1 + 1e-6));
      }),
    );
  });
});

describe("numbers for people", () => {
  test.each([
    [2.97, "2.97"],
    [-0.5, "−0.5"],
    [0, "0"],
    [-0, "0"],
    [123456.7, "123500"],
    [1e-7, "1.000·10⁻⁷"],
    [-2.5e12, "−2.500·10¹²"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ])("%d is %s", (value, written) => expect(number(value)).toBe(written));

  test("powers of ten", () => expect(powerOfTen(-15)).toBe("10⁻¹⁵"));

  test("the ends of an interval differ, and contain it", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), fc.integer({ min: 2, max: 11 }), (lower, power) => {
        const upper = lower * (1 + 10 ** -power);
        const [least, most] = ends(lower, upper).map(Number);
        expect(least).toBeLessThanOrEqual(lower * (1 + 1e-15));
        expect(most).toBeGreaterThanOrEqual(upper * (1 - 1e-15));
        expect(least).not.toBe(most);
      }),
    );
  });

  test("ticks are round, and end within the axis", () => {
    expect(roundTicks(2.27)).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(roundTicks(112)).toEqual([0, 50, 100]);
  });
});

describe("the state in the address", () => {
  const codecs = { word: oneOf(["a", "b"]), count: integer(0, 9), list: numbers(2, 3) };
  interface Example {
    readonly word: "a" | "b";
    readonly count: number;
    readonly list: readonly number[];
  }
  const defaults: Example = { word: "a", count: 1, list: [1, 2] };

  test("is read as it was written, and nothing is written of what is usual", () => {
    const state: Example = { word: "b", count: 7, list: [0.5, -1e-7, 3] };
    const query = writeState(state, codecs, defaults);
    expect(query).toBe("?word=b&count=7&list=0.5_-1e-7_3");
    expect(readState(query, codecs, defaults)).toEqual(state);
    expect(writeState(defaults, codecs, defaults)).toBe("");
  });

  test.each([
    "?word=c",
    "?count=10",
    "?count=1.5",
    "?count=",
    "?list=1",
    "?list=1_x",
    "?list=1__2",
    "?list=1_Infinity",
  ])("takes %s for the usual", (query) => expect(readState(query, codecs, defaults)).toEqual(defaults));
});

describe("random numbers", () => {
  test("are normal, and those of their seed", () => {
    const values = normals(20_000, 7);
    expect(normals(20_000, 7)).toEqual(values);
    expect(normals(3, 8)).not.toEqual(values.slice(0, 3));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    // Four standard errors.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(20_000));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 20_000));
  });
});

describe("changes faster than answers", () => {
  test("are answered first and last, one at a time", async () => {
    const begun: number[] = [];
    const releases: (() => void)[] = [];
    const ask = newest(async (state: number) => {
      begun.push(state);
      await new Promise<void>((resolve) => releases.push(resolve));
    });
    for (const state of [1, 2, 3, 4]) ask(state);
    expect(begun).toEqual([1]);
    releases[0]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(begun).toEqual([1, 4]);
    releases[1]?.();
    await new Promise((resolve) => setTimeout(resolve));
    ask(5);
    expect(begun).toEqual([1, 4, 5]);
  });
});
