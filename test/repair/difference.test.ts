import * as fc from "fast-check";
import { dominantTriplet, load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { encode } from "../../ts/checkpoint/write/encode.js";
import { toFileOrder } from "../../ts/checkpoint/write/order.js";
import type { FloatDtype } from "../../ts/checkpoint.js";
import { type DiffOptions, diffCheckpoints } from "../../ts/repair.js";
import { npy } from "../checkpoint/formats.js";
import { float32, safetensors, type Written } from "../checkpoint/writer.js";
import { fixtures } from "./support.js";

const engine = await load();
/** Nothing may be in memory. */
const streaming = { memory: 0, dominantTriplet };

const typed = (dtype: FloatDtype, values: readonly number[]) =>
  dtype === "F64" ? Float64Array.from(values) : Float32Array.from(values);
const stored = (dtype: FloatDtype, shape: readonly number[], values: readonly number[]): Written => ({
  ...{ dtype, shape, bytes: encode(dtype, typed(dtype, values), "w") },
});

/** An array of NumPy with the first index running fastest. */
function fortran(dtype: "F32" | "F64" | "F16", shape: readonly number[], values: readonly number[]): Uint8Array {
  const target = typed(dtype, values).slice();
  toFileOrder(typed(dtype, values), shape, 0, target);
  const file = npy({ dtype, shape, bytes: encode(dtype, target, "w") });
  return new Uint8Array(Buffer.from(Buffer.from(file).toString("latin1").replace("False,", "True, "), "latin1"));
}

const waves = (count: number, scale = 1) => Array.from({ length: count }, (_, i) => scale * Math.sin(i * i + 1));
/** With a direction that stands out. */
const entries = (count: number, seed: number) =>
  waves(count).map((entry, i) => entry + Math.sin(seed + Math.floor(i / 300)) * Math.cos((i % 300) * seed));

async function both(first: Uint8Array | string, second: Uint8Array | string, options: DiffOptions = {}) {
  const [streamed, usual] = await Promise.all(
    [streaming, {}].map((more) => diffCheckpoints(engine, first, second, { ...options, ...more })),
  );
  return [streamed, usual] as [NonNullable<typeof streamed>, NonNullable<typeof usual>];
}

const numbers = ["spectralNorm", "frobeniusNorm", "relative", "reference", "spectralShare", "energyShare"] as const;

function expectAlike([streamed, usual]: Awaited<ReturnType<typeof both>>, tolerance = 1e-6): void {
  expect(streamed.tensors.length).toBe(usual.tensors.length);
  for (const [index, row] of streamed.tensors.entries()) {
    const other = usual.tensors[index] as typeof row;
    for (const key of numbers) {
      const [value, expected] = [row[key] as number, other[key] as number];
      if (expected === 0) expect(value).toBe(0);
      else expect(Math.abs(value / expected - 1)).toBeLessThan(tolerance);
    }
    expect({ ...row, ...Object.fromEntries(numbers.map((key) => [key, other[key]])) }).toEqual(other);
  }
}

describe("tensors that are larger than memory", () => {
  const dtypes = ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"] as const;
  const shape = [700, 300];
  const values = entries(210_000, 1);

  test.each(dtypes.flatMap((a) => dtypes.map((b) => [a, b] as const)))(
    "differ as in memory: %s from %s",
    async (a, b) => {
      const first = safetensors({
        v: stored(a, [70_000], waves(70_000)),
        w: stored(a, shape, values),
        s: stored(a, [], [2]),
      });
      const other = values.map((value, i) => value + 0.01 * Math.sin(i));
      // In another order, and so at other places.
      const second = safetensors({
        s: stored(b, [], [1]),
        w: stored(b, shape, other),
        v: stored(b, [70_000], waves(70_000, 0.5)),
      });
      expectAlike(await both(first, second));
    },
  );

  test.each([
    [[700, 300], 0],
    [[700, 300], "last"],
    [[12, 10, 3, 5], 0],
    [[12, 10, 3, 5], 1],
    [[5, 3, 10, 12], "last"],
    [[2, 105_000], 0],
    [[105_000, 2], 0],
  ] as const)("along any axis, in any order: %j along %s", async (sides, axis) => {
    const count = sides.reduce<number>((product, side) => product * side, 1);
    const [a, b] = [entries(count, 1), entries(count, 1.01)];
    const rows = safetensors({ array: stored("F32", sides, a) });
    const columns = fortran("F64", sides, b);
    const same = fortran("F32", sides, a);
    const options = { axis };
    const found = await both(rows, columns, options);
    expectAlike(found);
    expect(found[0].tensors[0]?.dtypes).toEqual(["F32", "F64"]);
    expectAlike(await both(columns, rows, options));
    expectAlike(await both(same, columns, options));
    // What is the same in another order differs by nothing, not even by rounding.
    for (const pair of [await both(rows, same, options), await both(same, rows, options)]) {
      for (const { tensors, frobeniusNorm } of pair) {
        expect(tensors).toMatchObject([{ spectralNorm: 0, relative: 0, frobeniusNorm: 0 }]);
        expect(frobeniusNorm).toBe(0);
      }
    }
  });

  test.each([
    [[40, 70, 15, 5], 0],
    [[40, 70, 15, 5], 1],
    [[5, 15, 40, 70], "last"],
  ] as const)("in many blocks: %j along %s", async (sides, axis) => {
    const [first, second] = [1, 1.01].map((seed) => safetensors({ w: stored("F32", sides, entries(210_000, seed)) }));
    expectAlike(await both(first as Uint8Array, second as Uint8Array, { axis }));
  });

  test.each(["stored.npz", "deflated.npz", "kinds.weights.h5", "floats.onnx", "sharded.weights.json"])(
    "%s differs from itself by nothing",
    async (file) => {
      const only = ({ name }: { readonly name: string }) => !/bad|nan|special/i.test(name);
      const [streamed, usual] = await both(fixtures + file, fixtures + file, { only });
      expect(streamed.tensors.map(({ error, spectralNorm }) => [error?.code, spectralNorm])).toEqual(
        usual.tensors.map(({ error, spectralNorm }) => [error?.code, spectralNorm]),
      );
    },
  );

  test("have the norms of the definition, at any scale", async () => {
    const pair = fc
      .record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 9 }) })
      .chain(({ rows, columns }) => {
        const numbersOf = fc.array(fc.integer({ min: -1000, max: 1000 }), {
          minLength: rows * columns,
          maxLength: rows * columns,
        });
        return fc.record({
          shape: fc.constant([rows, columns] as const),
          exponent: fc.integer({ min: -900, max: 900 }),
          a: numbersOf,
          b: numbersOf,
        });
      });
    await fc.assert(
      fc.asyncProperty(pair, async ({ shape: sides, exponent, a, b }) => {
        const scaled = (all: readonly number[]) => all.map((value) => value * 2 ** exponent);
        const files = [a, b].map((all) => safetensors({ w: stored("F64", sides, scaled(all)) }));
        const { tensors } = await diffCheckpoints(engine, files[0] as Uint8Array, files[1] as Uint8Array, streaming);
        const data = Float64Array.from(a, (value, i) => (value - (b[i] as number)) * 2 ** exponent);
        const expected = engine.spectralNorm({ data, shape: sides });
        const [row] = tensors;
        if (expected === 0) expect(row?.spectralNorm).toBe(0);
        else expect(Math.abs((row?.spectralNorm as number) / expected - 1)).toBeLessThan(2e-6);
        expect(row?.spectralNorm).toBeLessThanOrEqual((row?.frobeniusNorm as number) * (1 + 1e-12));
      }),
      { numRuns: 150 },
    );
  });

  test("what is wrong with one is told in its row", async () => {
    const nan = float32([1, 2], [Number.NaN, 1]);
    const good = float32([1, 2], [0, 1]);
    for (const [one, other] of [
      [nan, good],
      [good, nan],
    ] as const) {
      const [first, second] = [safetensors({ w: one, v: good }), safetensors({ w: other, v: good })];
      const { tensors } = await diffCheckpoints(engine, first, second, streaming);
      expect(tensors).toMatchObject([
        { spectralNorm: null, error: { code: "NON_FINITE", message: expect.stringMatching(/NaN/) } },
        { spectralNorm: 0, error: null },
      ]);
    }
    const few = { ...streaming, maxIterations: 1, tolerance: 1e-14 };
    const file = safetensors({ w: stored("F32", shape, values) });
    expect((await diffCheckpoints(engine, file, file, few)).tensors).toMatchObject([
      { error: { code: "CONVERGENCE" } },
    ]);
  });

  test.each([
    [{ memory: -1 }, "OPTION"],
    [{ dominantTriplet: 1 }, "TYPE"],
  ])("%o", async (options, code) => {
    const file = safetensors({ w: float32([1], [1]) });
    await expect(diffCheckpoints(engine, file, file, options as never)).rejects.toMatchObject({ code });
  });
});
