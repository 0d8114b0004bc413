import { beforeAll, describe, expect, test } from "vitest";
import { adapter, call, dense, errorOf, kernelOf, tf, use } from "./support.ts";

const { layers } = adapter;

describe("bad input", () => {
  beforeAll(() => use("cpu"));
  const layer = () => tf.layers.dense({ units: 2 });
  const make = (args: object) => () => layers.spectralNormalization({ layer: layer(), ...args });
  const names =
    "Dense, Conv1D, Conv2D, Conv3D, Conv2DTranspose, DepthwiseConv2D, SeparableConv2D, Embedding, SimpleRNN, LSTM, GRU";
  test.each([
    [
      "no arguments",
      () => layers.spectralNormalization(undefined as never),
      "TYPE",
      '"args.layer" expected a layer of this TensorFlow.js',
    ],
    [
      "a layer without a kernel",
      make({ layer: tf.layers.reLU() }),
      "TYPE",
      `"args.layer" expected one of ${names}, got ReLU`,
    ],
    [
      "a wrapper in a wrapper",
      () => layers.spectralNormalization({ layer: dense("torch") }),
      "TYPE",
      "got SpectralNormalization",
    ],
    [
      "a preset that does not exist",
      make({ preset: "tensorflow" }),
      "OPTION",
      '"args.preset" expected "torch" or "article" or "keras", got "tensorflow"',
    ],
    ["no steps", make({ powerIterations: 0 }), "OPTION", '"args.powerIterations" expected an integer from 1'],
    [
      "both directions at once",
      () =>
        tf.layers.bidirectional({
          layer: make({ layer: tf.layers.lstm({ units: 2 }) })() as never,
          mergeMode: "concat",
        }),
      "UNSUPPORTED",
      "tf.layers.bidirectional cannot hold a layer of spectralNormalization",
    ],
    [
      "an epsilon that has no use",
      make({ preset: "article", epsilon: 1 }),
      "OPTION",
      '"args.epsilon" expected nothing with preset "article", got 1',
    ],
    ["no epsilon", make({ epsilon: 0 }), "OPTION", '"args.epsilon" expected a finite number above 0, got 0'],
    ["an axis that is none", make({ axis: 0.5 }), "OPTION", '"args.axis" expected an integer'],
    [
      "an axis beyond the kernel",
      () => (make({ axis: 3 })() as tf.layers.Layer).build([1, 2]),
      "OPTION",
      '"args.axis" expected an integer from -2 to 1, got 3',
    ],
    ["a seed that is none", make({ seed: -1 }), "OPTION", '"args.seed" expected an integer from 0'],
    ["an unknown argument", make({ power_iterations: 2 }), "OPTION", 'Did you mean "powerIterations"?'],
    [
      "an input of another rank",
      () => (make({})() as tf.layers.Layer).apply(tf.zeros([3])),
      "SHAPE",
      '"inputs" expected at least 2 dimensions for the layer "dense_',
    ],
    [
      "images without channels",
      () =>
        tf.sequential({
          layers: [
            layers.spectralNormalization({
              inputShape: [4, 4],
              layer: tf.layers.conv2d({ filters: 1, kernelSize: 2 }),
            }),
          ],
        }),
      "SHAPE",
      "got the shape [null, 4, 4]",
    ],
  ] as const)("%s", (_, run, code, message) => {
    const error = errorOf(run);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test("a state that does not fit, which changes nothing", () => {
    const wrapper = dense("torch");
    const before = wrapper.getWeights().map((weight) => weight.arraySync());
    for (const state of [[], [tf.zeros([6, 4])], [tf.ones([6, 4]), tf.ones([1, 4]), tf.ones([1, 5]), tf.scalar(1)]]) {
      const { code, message } = errorOf(() => wrapper.setWeights(state));
      expect(code).toBe("SHAPE");
      expect(message).toMatch(
        /^the state of "\S+" expected kernel\S* \[6,4\], .*vector_v\S* \[1,6\].*; nothing was changed$/,
      );
      expect(wrapper.getWeights().map((weight) => weight.arraySync())).toEqual(before);
    }
  });

  test("an input of another rank after the layer was built", () => {
    const wrapper = dense("torch");
    const { code } = errorOf(() => call(wrapper, tf.zeros([6]), false));
    expect(code).toBe("SHAPE");
    expect(kernelOf(wrapper, false).shape).toEqual([6, 4]);
  });
});
