import fc from "fast-check";
import { type Engine, load as loadDefault, type StoredMatrix } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { freshMain, freshSlim, wasmBytes } from "./fresh.js";
import { caught, gaussian } from "./support.js";

const slim = await freshSlim();
const engine: Engine = await slim.load(wasmBytes());

/** The upper halves of float32 numbers. */
function halves(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(bits, (whole) => whole >>> 16);
}

/** The numbers that these bits are. */
function widened(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}

function stored(bits: Uint16Array, shape: readonly number[], axis?: number): StoredMatrix {
  const matrix = engine.matrix(shape, { dtype: "bfloat16", axis });
  matrix.view.set(bits);
  return matrix;
}

const sides = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), fc.nat(1000));

describe("a weight in bfloat16", () => {
  test("it tells its shape, axis and type, starts at zero, and holds half of the bytes", () => {
    const matrix = engine.matrix([2, 3, 4], { dtype: "bfloat16", axis: -1 });
    expect(matrix).toMatchObject({ shape: [2, 3, 4], axis: -1, dtype: "bfloat16" });
    expect(matrix.view).toEqual(new Uint16Array(24));
    matrix.free();
    expect(caught(() => matrix.view).code).toBe("DISPOSED");
  });

  test("all is to the bit as in float32", () => {
    fc.assert(
      fc.property(sides, ([rows, columns, seed]) => {
        const bits = halves(gaussian(rows, columns, seed, "float32").data);
        const [half, whole] = [stored(bits, [rows, columns]), { data: widened(bits), shape: [rows, columns] }];
        expect(engine.spectralNorm(half)).toBe(engine.spectralNorm(whole));
        expect(engine.frobeniusNorm(half)).toBe(engine.frobeniusNorm(whole));
        expect(engine.stableRank(half)).toBe(engine.stableRank(whole));
        expect(engine.dominantTriplet(half)).toEqual(engine.dominantTriplet(whole));
        expect(engine.dominantTriplet(half).u).toBeInstanceOf(Float32Array);
        for (const adjoint of [false, true]) {
          const x = gaussian(1, adjoint ? rows : columns, seed + 1, "float64").data;
          expect(engine.multiply(half, x, { adjoint })).toEqual(engine.multiply(whole, x, { adjoint }));
        }
        half.free();
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, 1, 2, 3])("a kernel whose output axis is %i, too", (axis) => {
    const shape = [5, 20, 3, 18];
    const bits = halves(gaussian(100, 54, 3, "float32").data);
    const half = stored(bits, shape, axis);
    expect(engine.spectralNorm(half)).toBe(engine.spectralNorm({ data: widened(bits), shape, axis }));
    expect(engine.frobeniusNorm(half)).toBe(engine.frobeniusNorm({ data: widened(bits), shape, axis }));
    half.free();
  });

  test("bits are set, numbers are not", () => {
    const half = engine.matrix([2, 2], { dtype: "bfloat16" });
    half.set(halves([3, 0, 0, 4]));
    expect(engine.frobeniusNorm(half)).toBe(5);
    half.set(halves([0]), 3);
    expect(engine.frobeniusNorm(half)).toBe(3);
    const numbers = [1, 2] as unknown as Uint16Array;
    expect(caught(() => half.set(numbers))).toMatchObject({
      code: "TYPE",
      message: '"values" expected a Uint16Array, the bits, got [1, 2]',
    });
    expect(caught(() => half.set(halves([1, 2]), 3)).code).toBe("SHAPE");
    expect(engine.frobeniusNorm(half)).toBe(3);
    half.free();
  });

  test("functions that do not take it say so", () => {
    const half = stored(halves([3, 0, 0, 4]), [2, 2]) as never;
    for (const call of [
      () => engine.spectralNormalize(half),
      () => engine.powerIteration(half),
      () => engine.embeddingNorm(half),
      () => engine.spectralNormalize([[1]], { out: half }),
    ]) {
      expect(caught(call)).toMatchObject({ code: "TYPE", message: /expected float32 or float64, got bfloat16/ });
    }
    expect(engine.frobeniusNorm(half)).toBe(5);
  });

  test("what is not finite is found", () => {
    const half = stored(halves([1, 2, Number.NaN, 4]), [2, 2]);
    for (const call of [() => engine.spectralNorm(half), () => engine.frobeniusNorm(half)]) {
      expect(caught(call)).toMatchObject({ code: "NON_FINITE", message: /NaN in row 1, column 0/ });
    }
    half.free();
  });

  test("Node's entry has it, and the one that carries its module says that it has not", async () => {
    const node = (await loadDefault()).matrix([1, 2], { dtype: "bfloat16" });
    expect(node.dtype).toBe("bfloat16");
    node.free();
    const small = await (await freshMain()).load();
    expect(caught(() => small.matrix([1, 2], { dtype: "bfloat16" }))).toMatchObject({
      code: "OPTION",
      message: '"options.dtype" expected "float32" or "float64", got "bfloat16"',
    });
  });
});
