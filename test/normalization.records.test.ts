import { describe, expect, test } from "vitest";
import { type Case, expectEachRefused } from "./engine/refusals.js";
import { caught, engine, withNormalization } from "./engine/support.js";

const w = Float32Array.of(3, 1, 0, 1, 2, 1);

const torch = {
  "parametrizations.weight.original": w,
  "parametrizations.weight.0._u": Float32Array.of(1, 0),
  "parametrizations.weight.0._v": Float32Array.of(0, 1, 0),
};
const legacy = { weight_orig: w, weight_u: Float32Array.of(1, 0), weight_v: Float32Array.of(0, 1, 0) };

describe("records", () => {
  test("PyTorch's older names are read where a record has them, and written on request", () => {
    withNormalization([2, 3], { preset: "torch" }, (layer) => {
      expect(layer.fromPeerState(legacy)).toEqual(w);
      expect(layer.toPeerState(w, { legacy: true })).toEqual(legacy);
      expect(layer.toPeerState(w)).toEqual(torch);
      expect(caught(() => layer.fromPeerState(legacy, { legacy: false })).message).toContain("parametrizations");
    });
  });

  test("what a framework does not keep is 0", () => {
    withNormalization([2, 3], { preset: "keras" }, (layer) => {
      layer.fromPeerState({ kernel: w, vector_u: Float32Array.of(1, 2, 3) });
      expect(layer.state).toEqual({ u: new Float64Array(2), v: Float64Array.of(1, 2, 3), sigma: 0 });
    });
    withNormalization([2, 3], { preset: "flax" }, (layer) => {
      const record = { kernel: w, "kernel/u": Float32Array.of(1, 2, 3), "kernel/sigma": Float32Array.of(4) };
      layer.fromPeerState(record);
      expect(layer.state).toEqual({ u: new Float64Array(2), v: Float64Array.of(1, 2, 3), sigma: 4 });
      expect(layer.toPeerState(w)).toEqual(record);
    });
  });

  test("what is returned are copies", () => {
    withNormalization([2, 3], { preset: "torch" }, (layer) => {
      layer.fromPeerState(torch).fill(0);
      const written = layer.toPeerState(w);
      for (const values of Object.values(written)) values.fill(0);
      expect(layer.toPeerState(w)).toEqual(torch);
    });
  });

  test("a weight that is a handle is read out", () => {
    const handle = engine.matrix([2, 3]);
    handle.set(w);
    withNormalization([2, 3], { preset: "torch" }, (layer) => {
      layer.fromPeerState(torch);
      expect(layer.toPeerState(handle)).toEqual(torch);
    });
    handle.free();
  });
});

const withTorch =
  (
    use: (layer: ReturnType<typeof engine.createSpectralNormalization>) => unknown,
    preset: "torch" | "keras" | "article" = "torch",
  ) =>
  () =>
    withNormalization([2, 3], { preset }, use);
const reading = (record: unknown, settings?: object) =>
  withTorch((layer) => layer.fromPeerState(record as never, settings));

const records: readonly Case[] = [
  ["no record", reading(null), "TYPE", '"record" expected an object of float arrays, got null'],
  ["no weight", reading({}), "TYPE", '"record["parametrizations.weight.original"]" expected a Float32Array'],
  [
    "no u",
    reading({ ...torch, "parametrizations.weight.0._u": undefined }),
    "TYPE",
    '"record["parametrizations.weight.0._u"]" expected a Float32Array or Float64Array, got undefined',
  ],
  ["no v in an older one", reading({ ...legacy, weight_v: undefined }), "TYPE", '"record["weight_v"]" expected'],
  [
    "u of the wrong length",
    reading({ ...legacy, weight_u: new Float32Array(3) }),
    "SHAPE",
    '"record["weight_u"]" expected length 2, as u of this weight, got 3',
  ],
  [
    "a weight of the wrong length",
    reading({ ...legacy, weight_orig: new Float32Array(5) }),
    "SHAPE",
    "2 × 3 = 6, got 5",
  ],
  ["a weight of the wrong type", reading({ ...legacy, weight_orig: new Float64Array(6) }), "TYPE", "expected float32"],
  ["NaN in v", reading({ ...legacy, weight_v: Float32Array.of(0, Number.NaN, 0) }), "NON_FINITE", "got NaN at index 1"],
  ["a prefix that is not there", reading(torch, { prefix: "conv1." }), "TYPE", '"record["conv1.parametrizations.'],
  ["a prefix that is no string", reading(torch, { prefix: 1 }), "TYPE", '"options.prefix" expected a string, got 1'],
  ["an unknown option", reading(torch, { names: "weight" }), "OPTION", 'Did you mean "name"?'],
  [
    "older names of Keras",
    withTorch((layer) => layer.fromPeerState({}, { legacy: true }), "keras"),
    "OPTION",
    '"options" has the unknown key "legacy"',
  ],
  ["a legacy that is no flag", reading(torch, { legacy: 1 }), "TYPE", '"options.legacy" expected true or false, got 1'],
  ["writing before the first pass", withTorch((layer) => layer.toPeerState(w)), "STATE", "toPeerState needs a state"],
  [
    "writing with the article",
    withTorch((layer) => layer.toPeerState(w), "article"),
    "STATE",
    'preset "article" keeps nothing',
  ],
  [
    "reading with the article",
    withTorch((layer) => layer.fromPeerState({}), "article"),
    "STATE",
    'preset "article" keeps nothing',
  ],
  [
    "writing another weight",
    withTorch((layer) => layer.toPeerState(new Float32Array(5))),
    "SHAPE",
    '"w" expected length',
  ],
];

expectEachRefused({ records });

test("a record that is refused leaves the state as it was", () => {
  withNormalization([2, 3], { preset: "torch" }, (layer) => {
    layer.fromPeerState(torch);
    caught(() => layer.fromPeerState({ ...legacy, weight_v: Float32Array.of(1, 2, Number.NaN) }));
    expect(layer.toPeerState(w)).toEqual(torch);
  });
});

test("every use after free is an error", () => {
  const layer = engine.createSpectralNormalization([2, 3], { preset: "torch" });
  layer.free();
  for (const use of [() => layer.forward(w), () => layer.toPeerState(w), () => layer.fromPeerState(torch)]) {
    expect(caught(use).code).toBe("DISPOSED");
  }
});
