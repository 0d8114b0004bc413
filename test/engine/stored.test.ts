import fc from "fast-check";
import {
  type Engine,
  type Float16Values,
  load as loadDefault,
  type StoredDtype,
  type StoredMatrix,
} from "spectral-norm";
import { describe, expect, test } from "vitest";
import { freshMain, freshSlim, wasmBytes } from "./fresh.js";
import { caught, gaussian } from "./support.js";

const slim = await freshSlim();
const engine: Engine = await slim.load(wasmBytes());

/** How a float32 number is brought to 16 bits, towards zero, and what the bits are. */
interface Format {
  readonly dtype: StoredDtype;
  readonly bitsOf: (value: number) => number;
  readonly numberOf: (bits: number) => number;
}

const float32 = new Float32Array(1);
const word = new Uint32Array(float32.buffer);

const bfloat16: Format = {
  dtype: "bfloat16",
  bitsOf(value) {
    float32[0] = value;
    return (word[0] as number) >>> 16;
  },
  numberOf(bits) {
    word[0] = bits << 16;
    return float32[0] as number;
  },
};

const float16: Format = {
  dtype: "float16",
  bitsOf(value) {
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 0x7e00 : sign | 0x7c00;
    const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
    return sign + ((exponent + 14) << 10) + Math.floor(Math.abs(value) / 2 ** (exponent - 10));
  },
  numberOf(bits) {
    const [sign, exponent, mantissa] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, (bits & 1023) / 1024];
    if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? mantissa * 2 ** -14 : (1 + mantissa) * 2 ** (exponent - 15));
  },
};

const halves = ({ bitsOf }: Format, values: ArrayLike<number>) => Uint16Array.from(values, bitsOf);
const widened = ({ numberOf }: Format, bits: Uint16Array) => Float32Array.from(bits, numberOf);

function stored({ dtype }: Format, bits: Uint16Array, shape: readonly number[], axis?: number): StoredMatrix {
  const matrix = engine.matrix(shape, { dtype, axis });
  matrix.view.set(bits);
  return matrix;
}

const sides = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), fc.nat(1000));
/** Of what entries are multiplied by: ordinary ones, ones of which many are subnormal in float16, and large ones. */
const scale = fc.constantFrom(1, 2 ** -14, 2 ** 12);

describe.each([bfloat16, float16])("a weight in $dtype", (format) => {
  const { dtype } = format;

  test("it tells its shape, axis and type, starts at zero, and holds half of the bytes", () => {
    const matrix = engine.matrix([2, 3, 4], { dtype, axis: -1 });
    expect(matrix).toMatchObject({ shape: [2, 3, 4], axis: -1, dtype });
    expect(matrix.view).toEqual(new Uint16Array(24));
    matrix.free();
    expect(caught(() => matrix.view).code).toBe("DISPOSED");
  });

  test("all is to the bit as in float32, and the bits are left as they are", () => {
    fc.assert(
      fc.property(sides, scale, ([rows, columns, seed], factor) => {
        const values = gaussian(rows, columns, seed, "float32").data.map((value) => value * factor);
        const bits = halves(format, values);
        const [half, whole] = [
          stored(format, bits, [rows, columns]),
          { data: widened(format, bits), shape: [rows, columns] },
        ];
        expect(engine.spectralNorm(half)).toBe(engine.spectralNorm(whole));
        expect(engine.frobeniusNorm(half)).toBe(engine.frobeniusNorm(whole));
        expect(engine.stableRank(half)).toBe(engine.stableRank(whole));
        expect(engine.dominantTriplet(half)).toEqual(engine.dominantTriplet(whole));
        expect(engine.dominantTriplet(half).u).toBeInstanceOf(Float32Array);
        for (const adjoint of [false, true]) {
          const x = gaussian(1, adjoint ? rows : columns, seed + 1, "float64").data;
          expect(engine.multiply(half, x, { adjoint })).toEqual(engine.multiply(whole, x, { adjoint }));
        }
        expect(half.view).toEqual(bits);
        half.free();
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, 1, 2, 3])("a kernel whose output axis is %i, too", (axis) => {
    const shape = [5, 20, 3, 18];
    const bits = halves(
      format,
      gaussian(100, 54, 3, "float32").data.map((value) => value / 1000),
    );
    const half = stored(format, bits, shape, axis);
    expect(engine.spectralNorm(half)).toBe(engine.spectralNorm({ data: widened(format, bits), shape, axis }));
    expect(engine.frobeniusNorm(half)).toBe(engine.frobeniusNorm({ data: widened(format, bits), shape, axis }));
    half.free();
  });

  test("bits are set, numbers are not", () => {
    const half = engine.matrix([2, 2], { dtype });
    half.set(halves(format, [3, 0, 0, 4]));
    expect(engine.frobeniusNorm(half)).toBe(5);
    half.set(halves(format, [0]), 3);
    expect(engine.frobeniusNorm(half)).toBe(3);
    const numbers = [1, 2] as unknown as Uint16Array;
    const expected = dtype === "float16" ? "a Float16Array, or a Uint16Array, the bits" : "a Uint16Array, the bits";
    expect(caught(() => half.set(numbers))).toMatchObject({
      code: "TYPE",
      message: `"values" expected ${expected}, got [1, 2]`,
    });
    expect(caught(() => half.set(halves(format, [1, 2]), 3)).code).toBe("SHAPE");
    expect(engine.frobeniusNorm(half)).toBe(3);
    half.free();
  });

  test("functions that do not take it say so", () => {
    const half = stored(format, halves(format, [3, 0, 0, 4]), [2, 2]) as never;
    for (const call of [
      () => engine.spectralNormalize(half),
      () => engine.powerIteration(half),
      () => engine.embeddingNorm(half),
      () => engine.spectralNormalize([[1]], { out: half }),
    ]) {
      const message = expect.stringContaining(`expected float32 or float64, got ${dtype}`);
      expect(caught(call)).toMatchObject({ code: "TYPE", message });
    }
    expect(engine.frobeniusNorm(half)).toBe(5);
  });

  test("what is not finite is found", () => {
    const half = stored(format, halves(format, [1, 2, Number.NaN, 4]), [2, 2]);
    for (const call of [() => engine.spectralNorm(half), () => engine.frobeniusNorm(half)]) {
      expect(caught(call)).toMatchObject({ code: "NON_FINITE", message: /NaN in row 1, column 0/ });
    }
    half.free();
  });

  test("a search that fails leaves the bits as they are", () => {
    const bits = halves(format, gaussian(80, 70, 5, "float32").data);
    const half = stored(format, bits, [80, 70]);
    const start = new Float64Array(70).fill(Number.NaN);
    expect(caught(() => engine.dominantTriplet(half, { start })).code).toBe("NON_FINITE");
    expect(caught(() => engine.spectralNorm(half, { maxIterations: 2 })).code).toBe("CONVERGENCE");
    expect(half.view).toEqual(bits);
    half.free();
  });

  test("Node's entry has it, and the one that carries its module says that it has not", async () => {
    const node = (await loadDefault()).matrix([1, 2], { dtype });
    expect(node.dtype).toBe(dtype);
    node.free();
    const small = await (await freshMain()).load();
    expect(caught(() => small.matrix([1, 2], { dtype }))).toMatchObject({
      code: "OPTION",
      message: `"options.dtype" expected "float32" or "float64", got "${dtype}"`,
    });
  });
});

const Float16 = (globalThis as { Float16Array?: { from(values: readonly number[]): Float16Values } }).Float16Array;

test("a Float16Array, which Node has from 24 on, is taken for what it is, in float16 alone", () => {
  if (Float16 === undefined) {
    expect(Number.parseInt(process.versions.node, 10)).toBeLessThan(24);
    return;
  }
  const array = Float16.from([5, 0, 0, 12]);
  const [half, brain] = [engine.matrix([2, 2], { dtype: "float16" }), engine.matrix([2, 2], { dtype: "bfloat16" })];
  half.set(array);
  expect(engine.frobeniusNorm(half)).toBe(13);
  // @ts-expect-error those of bfloat16 are not such numbers
  expect(caught(() => brain.set(array))).toMatchObject({ code: "TYPE" });
  half.free();
  brain.free();
});
