import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Case, expectEachRefused } from "./engine/refusals.js";
import {
  caught,
  engine,
  expectClose,
  expectVectorClose,
  gaussian,
  samples,
  withNormalization,
} from "./engine/support.js";

const peers = ["torch", "keras", "flax"] as const;
const w = Float32Array.of(3, 1, 0, 1, 2, 1);
const evaluation = { training: false } as const;

describe("torch", () => {
  test("the first pass is preceded by 15 steps and those of a read, from a vector of the seed", () => {
    fc.assert(
      fc.property(samples(), fc.nat(), fc.integer({ min: 1, max: 4 }), (sample, seed, iterations) => {
        const { rows, columns } = sample;
        const data = Float64Array.from(sample.data);
        const stepped = (steps: number) =>
          engine.powerIteration(
            { data, shape: [rows, columns] },
            { form: "gram", start: "random", seed, iterations: steps },
          );
        withNormalization([rows, columns], { preset: "torch", dtype: "float64", seed, iterations }, (layer) => {
          layer.forward(data, evaluation);
          expectVectorClose(layer.state?.v ?? [], stepped(15 + iterations).v, 1e-9);
          layer.forward(data);
          expectVectorClose(layer.state?.v ?? [], stepped(15 + 2 * iterations).v, 1e-9);
        });
      }),
    );
  });

  test("a restored layer has no warm-up", () => {
    withNormalization([2, 3], { preset: "torch" }, (layer) => {
      layer.restore({ u: new Float64Array(2), v: Float64Array.of(1, 0, 0), sigma: 0 });
      // One step from the first column, (3, 1).
      layer.forward(w);
      expectVectorClose(layer.state?.u ?? [], [3 / Math.sqrt(10), 1 / Math.sqrt(10)], 1e-15);
    });
  });

  test("evaluation divides by uᵀWv of the vectors that are there, be it negative", () => {
    withNormalization([2, 3], { preset: "torch", dtype: "float64" }, (layer) => {
      layer.restore({ u: Float64Array.of(1, 0), v: Float64Array.of(-1, 0, 0), sigma: 7 });
      const { data, sigma } = layer.forward(Float64Array.of(2, 1, 0, 1, 2, 1), evaluation);
      expect(sigma).toBe(-2);
      expect(data).toEqual(Float64Array.of(-1, -0.5, -0, -0.5, -1, -0.5));
      expect(layer.state?.sigma).toBe(7);
    });
  });

  test("the output axis makes the rows, also where it is the last one", () => {
    const { data } = gaussian(6, 4, 3, "float64");
    const flat = Float64Array.from({ length: 24 }, (_, i) => data[(i % 6) * 4 + Math.floor(i / 6)] ?? Number.NaN);
    const v = Float64Array.of(1, 2, 3, 4, 5, 6);
    const reached = (shape: readonly number[], axis: number, entries: Float64Array, side: "u" | "v") =>
      withNormalization(shape, { preset: "torch", dtype: "float64", axis }, (layer) => {
        layer.fromPeerState({
          "parametrizations.weight.original": entries,
          "parametrizations.weight.0._u": new Float64Array(4),
          "parametrizations.weight.0._v": v,
        });
        layer.forward(entries);
        return [layer.state?.[side] ?? [], layer.toPeerState(entries)["parametrizations.weight.0._u"] ?? []] as const;
      });
    const [expected, u] = reached([4, 6], 0, flat, "u");
    for (const shape of [
      [6, 4],
      [3, 2, 4],
    ]) {
      const [found, named] = reached(shape, -1, data as Float64Array, "v");
      expectVectorClose(found, expected, 1e-14);
      expectVectorClose(named, u, 1e-14);
    }
  });
});

describe("keras", () => {
  test("evaluation returns the weight, which Keras has overwritten in training", () => {
    withNormalization([2, 3], { preset: "keras" }, (layer) => {
      expect(layer.forward(w, evaluation)).toEqual({ data: w, sigma: 1 });
      expect(layer.state).toBeUndefined();
      const { data } = layer.forward(w);
      expect(layer.forward(data, evaluation)).toEqual({ data, sigma: 1 });
    });
  });

  test("the first vector is made of normal numbers that stay within two deviations", () => {
    // A row with a single 1 picks one entry of the start, which an epsilon of 1 leaves as it is.
    const columns = 2000;
    const entry = (place: number) =>
      withNormalization([1, columns], { preset: "keras", dtype: "float64", epsilon: 1, seed: 5 }, (layer) => {
        const weight = new Float64Array(columns);
        weight[place] = 1;
        layer.forward(weight);
        return layer.state?.u[0] ?? Number.NaN;
      });
    const drawn = Array.from({ length: 300 }, (_, place) => entry(place));
    expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(0.04);
    expect(Math.max(...drawn.map(Math.abs))).toBeGreaterThan(0.03);
    // Of a normal distribution cut off at two deviations, the deviation is 0.8796 of the whole one's.
    const deviation = Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length);
    expectClose(deviation, 0.02 * 0.8796, 0.1);
  });
});

describe("flax", () => {
  test("evaluation takes a step, and keeps nothing of it", () => {
    withNormalization([2, 3], { preset: "flax", dtype: "float64" }, (layer) => {
      const data = Float64Array.from(w);
      const { sigma } = layer.forward(data);
      const ahead = layer.forward(data, evaluation).sigma;
      expect(ahead).toBeGreaterThan(sigma);
      expect(layer.forward(data, evaluation).sigma).toBe(ahead);
      expect(layer.forward(data).sigma).toBe(ahead);
    });
  });

  test("a zero weight leaves a zero vector, from which Flax does not recover", () => {
    withNormalization([2, 3], { preset: "flax" }, (layer) => {
      layer.forward(new Float32Array(6));
      expect(layer.state).toEqual({ u: new Float64Array(2), v: new Float64Array(3), sigma: 0 });
      expect(layer.forward(w)).toEqual({ data: w, sigma: 0 });
    });
  });
});

describe.each(peers)("%s", (preset) => {
  test("a zero weight is returned as it is, and its gradient passes unchanged", () => {
    withNormalization([2, 3], { preset }, (layer) => {
      expect(layer.forward(new Float32Array(6))).toEqual({ data: new Float32Array(6), sigma: 0 });
      expect(layer.backward(w)).toEqual(w);
    });
  });

  test("an output axis in the middle, a handle, and an array give the same", () => {
    const axis = preset === "torch" ? 1 : -1;
    const { data } = gaussian(4, 6, 1, "float32");
    const handle = engine.matrix([2, 4, 3], { axis });
    handle.set(data);
    const run = (weight: Parameters<Parameters<typeof use>[0]["forward"]>[0]) =>
      withNormalization([2, 4, 3], { preset, axis }, (layer) => {
        const first = layer.forward(weight);
        return [first, layer.backward(data as Float32Array), layer.forward(weight, evaluation), layer.state];
      });
    const use = (layer: ReturnType<typeof engine.createSpectralNormalization>) => layer;
    expect(run(handle)).toEqual(run(data));
    expect(handle.view).toEqual(data);
    handle.free();
  });

  test("NaN and infinity are refused, and leave the state as it was", () => {
    withNormalization([2, 3], { preset, dtype: "float64" }, (layer) => {
      layer.forward(Float64Array.from(w));
      const before = layer.state;
      const failing = (entry: number, training: boolean) => () =>
        layer.forward(Float64Array.of(1, 2, 3, 4, entry, 6), { training });
      for (const training of [true, false]) {
        for (const entry of [Number.NaN, Infinity, -Infinity]) {
          const error = caught(failing(entry, training));
          expect(error.code).toBe("NON_FINITE");
          expect(error.message).toContain(`"w" expected finite entries, got ${entry} in row 1, column 1`);
        }
      }
      expect(layer.state).toEqual(before);
      expect(caught(() => layer.backward(new Float64Array(6))).code).toBe("STATE");
      expect(caught(() => layer.forward(new Float64Array(6).fill(1e200))).message).toContain(
        "squares float64 can hold",
      );
      layer.forward(Float64Array.from(w));
      const error = caught(() => layer.backward(Float64Array.of(1, 2, 3, 4, Number.NaN, 6)));
      expect(error.message).toBe('"g" expected finite numbers, got NaN at index 4');
    });
  });

  test("it takes 200 steps of training, used and freed, without growing memory", () => {
    const probe = engine.matrix([1, 1]);
    const once = () =>
      withNormalization([2, 16, 12], { preset, axis: -1 }, (layer) => {
        const { data } = gaussian(32, 12, 1, "float32");
        for (let step = 0; step < 200; step += 1) layer.backward(layer.forward(data).data);
      });
    once();
    const before = probe.view.buffer.byteLength;
    once();
    expect(probe.view.buffer.byteLength).toBe(before);
    probe.free();
  });
});

const create =
  (options: object, shape: readonly number[] = [2, 3]) =>
  () =>
    engine.createSpectralNormalization(shape, options).free();

const options: readonly Case[] = [
  [
    "epsilon 0",
    create({ preset: "torch", epsilon: 0 }),
    "OPTION",
    '"options.epsilon" expected a finite number above 0, got 0',
  ],
  ["epsilon in words", create({ preset: "flax", epsilon: "1e-3" }), "TYPE", '"options.epsilon" expected'],
  ["epsilon without a preset", create({ epsilon: 1e-3 }), "OPTION", 'nothing with preset "article"'],
  ["a negative seed", create({ preset: "torch", seed: -1 }), "OPTION", '"options.seed" expected an integer from 0'],
  [
    "0 iterations",
    create({ preset: "keras", iterations: 0 }),
    "OPTION",
    '"options.iterations" expected an integer from 1',
  ],
  [
    "Keras along the first axis",
    create({ preset: "keras", axis: 0 }),
    "SHAPE",
    '"options.axis" expected the last axis, which preset "keras" always takes, got 0',
  ],
  ["Flax along a middle axis", create({ preset: "flax", axis: 1 }, [2, 3, 4]), "SHAPE", "the last axis"],
  ["a torch axis out of range", create({ preset: "torch", axis: 4 }, [2, 3, 4, 5]), "SHAPE", '"options.axis" expected'],
  ["a misspelt preset", create({ preset: "pytorch" }), "OPTION", '"options.preset" expected "article" or "torch"'],
];

expectEachRefused({ options });
