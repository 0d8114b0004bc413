import { describe, expect, test } from "vitest";
import { caught, engine, expectEngineIntact, normals, withNormalization } from "./engine/support.js";

describe("state", () => {
  test("it is undefined before the first pass, and a copy after it", () => {
    withNormalization([2, 3], {}, (normalization) => {
      expect(normalization.state).toBeUndefined();
      normalization.forward(Float32Array.of(1, 2, 3, 4, 5, 6));
      const { state } = normalization;
      state?.u.fill(7);
      expect(normalization.state?.u).not.toEqual(state?.u);
    });
  });

  test("it can be put back, and changes no later result", () => {
    const w = Float32Array.of(1, 2, 3, 4, 5, 6);
    const state = { u: Float64Array.of(1, 0), v: Float64Array.of(0, 1, 0), sigma: 7 };
    withNormalization([2, 3], {}, (normalization) => {
      const expected = normalization.forward(w);
      normalization.restore(state);
      expect(normalization.state).toEqual(state);
      expect(normalization.forward(w)).toEqual(expected);
    });
  });

  const bad = [
    ["no object", null, "TYPE", '"state" expected { u, v, sigma }, got null'],
    ["an unknown key", { u: 1, w: 2 }, "OPTION", '"state" has the unknown key "w"'],
    [
      "u of the wrong length",
      { u: new Float64Array(3), v: new Float64Array(3), sigma: 1 },
      "SHAPE",
      '"state.u" expected length 2',
    ],
    [
      "v of the wrong type",
      { u: new Float64Array(2), v: [1, 2, 3], sigma: 1 },
      "TYPE",
      '"state.v" expected a Float32Array or Float64Array',
    ],
    [
      "NaN in v",
      { u: new Float64Array(2), v: Float64Array.of(0, Number.NaN, 0), sigma: 1 },
      "NON_FINITE",
      "got NaN at index 1",
    ],
    [
      "σ missing",
      { u: new Float64Array(2), v: new Float64Array(3) },
      "TYPE",
      '"state.sigma" expected a number, got undefined',
    ],
    ["σ infinite", { u: new Float64Array(2), v: new Float64Array(3), sigma: Infinity }, "NON_FINITE", "got Infinity"],
  ] as const;
  test.each(bad)("%s is refused and leaves the state as it was", (_, state, code, sentence) => {
    withNormalization([2, 3], {}, (normalization) => {
      normalization.forward(Float32Array.of(1, 2, 3, 4, 5, 6));
      const before = normalization.state;
      const error = caught(() => normalization.restore(state as never));
      expect(error.code).toBe(code);
      expect(error.message).toContain(sentence);
      expect(normalization.state).toEqual(before);
    });
  });
});

describe("bad input", () => {
  const create = (shape: unknown, options?: unknown) => () =>
    engine.createSpectralNormalization(shape as never, options as never);
  const creation = [
    ["no axis", create([1, 2, 3]), "SHAPE", '"options.axis" expected the output axis'],
    ["0 iterations", create([2, 2], { iterations: 0 }), "OPTION", '"options.iterations" expected an integer from 1'],
    [
      "an unknown preset",
      create([2, 2], { preset: "tensorflow" }),
      "OPTION",
      '"options.preset" expected "article" or "torch" or "keras" or "flax", got "tensorflow"',
    ],
    [
      "an unknown type",
      create([2, 2], { dtype: "float16" }),
      "OPTION",
      '"options.dtype" expected "float32" or "float64"',
    ],
    ["an unknown option", create([2, 2], { iteration: 5 }), "OPTION", 'Did you mean "iterations"?'],
    ["no shape", create(undefined), "TYPE", '"shape" expected an array of at least 2 positive integers, got undefined'],
  ] as const;
  test.each(creation)("%s", (_, call, code, sentence) => {
    const error = caught(call);
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expectEngineIntact();
  });

  const weights = [
    [
      "another type",
      new Float64Array(4),
      "TYPE",
      '"w" expected float32, as given at creation (option "dtype"), got float64',
    ],
    ["another length", new Float32Array(5), "SHAPE", '"w" expected length 2 × 2 = 4, got 5'],
    [
      "a weight that is an object",
      { data: new Float32Array(4), shape: [2, 2] },
      "TYPE",
      '"w" expected a Float32Array or Float64Array',
    ],
    [
      "infinity",
      Float32Array.of(1, 2, -Infinity, 4),
      "NON_FINITE",
      '"w" expected finite entries, got -Infinity in row 1, column 0',
    ],
  ] as const;
  test.each(weights)("%s in forward", (_, w, code, sentence) => {
    withNormalization([2, 2], {}, (normalization) => {
      const error = caught(() => normalization.forward(w as never));
      expect(error.code).toBe(code);
      expect(error.message).toContain(sentence);
      expect(normalization.forward(Float32Array.of(3, 0, 0, 0)).sigma).toBe(3);
    });
  });

  test("gradients of the wrong type, of the wrong length, with NaN", () => {
    withNormalization([2, 2], {}, (normalization) => {
      normalization.forward(Float32Array.of(1, 2, 3, 4));
      expect(caught(() => normalization.backward(new Float64Array(4))).code).toBe("TYPE");
      expect(caught(() => normalization.backward(new Float32Array(3))).message).toBe(
        '"g" expected length 2 × 2 = 4, got 3',
      );
      const error = caught(() => normalization.backward(Float32Array.of(1, 2, 3, Number.NaN)));
      expect(error.code).toBe("NON_FINITE");
      expect(error.message).toContain('"g" expected finite numbers, got NaN at index 3');
      expect(normalization.backward(new Float32Array(4))).toEqual(new Float32Array(4));
    });
  });

  test("options of forward", () => {
    withNormalization([2, 2], {}, (normalization) => {
      const forward = (options: unknown) => () => normalization.forward(new Float32Array(4), options as never);
      expect(caught(forward({ train: true })).message).toContain('Did you mean "training"?');
      expect(caught(forward({ training: 1 })).code).toBe("TYPE");
      expect(caught(forward(null)).code).toBe("TYPE");
    });
  });

  test("a handle of another shape, or with another axis", () => {
    withNormalization([2, 3, 4], { axis: 0 }, (normalization) => {
      const [flat, last] = [engine.matrix([6, 4]), engine.matrix([2, 3, 4], { axis: -1 })];
      expect(caught(() => normalization.forward(flat)).message).toContain("of shape 2 × 3 × 4, got one of shape 6 × 4");
      expect(caught(() => normalization.forward(last)).message).toContain("the output axis 0, as given at creation");
      flat.free();
      last.free();
    });
  });
});

describe("a layer that goes on", () => {
  const next = normals(11);
  const presets = ["torch", "keras", "flax"] as const;

  // Passes take turns with memory for their states; none may see what another has left there.
  test.each(presets.flatMap((preset) => [[preset, [64, 65]] as const, [preset, [3, 5]] as const]))(
    "is, with preset %s and shape %j, one that begins with its state",
    (preset, shape) => {
      const size = shape[0] * shape[1];
      const weights = Array.from({ length: 8 }, () => new Float32Array(size).map(next));
      const g = new Float32Array(size).map(next);
      withNormalization(shape, { preset }, (old) => {
        old.forward(weights[7] as Float32Array);
        for (const [index, w] of weights.entries()) {
          const { state } = old;
          const kept = structuredClone(state);
          withNormalization(shape, { preset }, (young) => {
            young.restore(state as NonNullable<typeof state>);
            if (index % 3 === 1) caught(() => old.forward(w.map(() => Number.NaN)));
            const expected = young.forward(w);
            expect(old.forward(w)).toEqual(expected);
            expect(old.state).toEqual(young.state);
            if (index % 2 === 0) {
              const other = weights[(index + 1) % 8] as Float32Array;
              expect(old.forward(other, { training: false })).toEqual(young.forward(other, { training: false }));
            }
            expect(old.backward(g)).toEqual(young.backward(g));
            expect(old.state).toEqual(young.state);
          });
          expect(state).toEqual(kept);
        }
      });
    },
  );

  test("keeps its vectors where W annihilates them, and finds the next norm from there", () => {
    withNormalization([64, 64], { preset: "torch" }, (old) => {
      const w = new Float32Array(64 * 64).map(next);
      old.forward(w);
      const before = old.state;
      for (let times = 0; times < 3; times += 1) {
        expect(old.forward(w.map(() => 0)).sigma).toBe(0);
        expect(old.state).toEqual({ ...before, sigma: 0 });
      }
      withNormalization([64, 64], { preset: "torch" }, (young) => {
        young.restore(before as NonNullable<typeof before>);
        for (let times = 0; times < 3; times += 1) expect(old.forward(w)).toEqual(young.forward(w));
      });
    });
  });
});
