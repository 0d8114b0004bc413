import type { Tensor, Variable } from "@tensorflow/tfjs";
import fc from "fast-check";
import { load as loadEngine, type NormalizationPreset } from "spectral-norm";
import type { SpectralNormalizationLayer, TfjsPreset } from "spectral-norm/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, backends, bell, errorOf, expectClose, tf, use } from "./support.ts";

const engine = await loadEngine();
const { layers } = adapter;
const presets = ["torch", "article", "keras"] as const;

function dense(preset: TfjsPreset, more: object = {}): SpectralNormalizationLayer {
  const layer = tf.layers.dense({ units: 4, useBias: false });
  const wrapper = layers.spectralNormalization({ preset, layer, inputShape: [6], ...more });
  wrapper.build([null, 6]);
  wrapper.layer.setWeights([bell([6, 4], 11, -8)]);
  return wrapper;
}

const call = (layer: tf.layers.Layer, x: Tensor, training: boolean) => layer.apply(x, { training }) as Tensor;

/** What an identity as input gives: the kernel that the layer computes with. */
const kernelOf = (layer: tf.layers.Layer, training: boolean) => call(layer, tf.eye(6), training);

/** The engine's own layer, which is held to PyTorch, Keras and Flax by tests of its own, in the same state. */
function oracleOf(preset: NormalizationPreset, wrapper: SpectralNormalizationLayer) {
  const oracle = engine.createSpectralNormalization([6, 4], { preset, axis: -1 });
  if (preset !== "article") {
    const named = Object.fromEntries(wrapper.weights.map((weight) => [weight.originalName.split("/").at(-1), weight]));
    const values = (name: string) => Float64Array.from(named[name]?.read().dataSync() ?? []);
    const rest = named["vector_v"] === undefined ? new Float64Array(6) : values("vector_v");
    oracle.restore({ u: rest, v: values("vector_u"), sigma: 0 });
  }
  return oracle;
}

describe.each(backends)("on %s", (backend) => {
  beforeAll(() => use(backend));

  describe.each(presets)("preset %s", (preset) => {
    test("five steps of training, and then inference, are those of the engine, with its gradients", () => {
      const wrapper = dense(preset);
      const oracle = oracleOf(preset, wrapper);
      const raw = wrapper.layer.weights[0]?.read() as Variable;
      for (let step = 0; step < 5; step += 1) {
        tf.tidy(() => {
          const g = bell([6, 4], 30 + step, -8);
          const loss = () => tf.sum(tf.mul(kernelOf(wrapper, true), g)) as tf.Scalar;
          const { grads } = tf.variableGrads(loss, [raw]);
          const { data } = oracle.forward(raw.dataSync() as Float32Array);
          expectClose(kernelOf(wrapper, true), Array.from(data), 1e-5);
          const gradient = oracle.backward(g.dataSync() as Float32Array);
          expectClose(grads[raw.name] as Tensor, Array.from(gradient), 1e-4);
          raw.assign(tf.add(raw, bell([6, 4], 50 + step, -10)));
        });
      }
      const { data } = oracle.forward(raw.dataSync() as Float32Array, { training: false });
      expectClose(kernelOf(wrapper, false), Array.from(data), 1e-5);
      oracle.free();
    });

    test("vectors change once after each change of the kernel, never in inference, and the raw kernel not at all", () => {
      const wrapper = dense(preset);
      const state = () => wrapper.weights.slice(1).map((weight) => weight.read().arraySync());
      const [before, kernel] = [state(), wrapper.layer.getWeights()[0]?.arraySync()];
      const first = kernelOf(wrapper, false).arraySync();
      expect(kernelOf(wrapper, false).arraySync()).toEqual(first);
      expect(state()).toEqual(before);
      const trained = kernelOf(wrapper, true).arraySync();
      const after = state();
      expect(after).not.toEqual(before);
      // The critic sees real and generated samples with one and the same norm.
      expect(kernelOf(wrapper, true).arraySync()).toEqual(trained);
      expect(state()).toEqual(after);
      expect(wrapper.layer.getWeights()[0]?.arraySync()).toEqual(kernel);
      tf.tidy(() => wrapper.layer.setWeights([bell([6, 4], 12, -8)]));
      kernelOf(wrapper, true);
      expect(state()).not.toEqual(after);
    });

    test("laws: the size of a kernel does not count, and the gradient knows", () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 999 }), fc.integer({ min: -8, max: 8 }), (seed, exponent) => {
          tf.tidy(() => {
            const kernel = bell([6, 4], seed, -8);
            // From the same vectors: those that a layer begins with depend on its first kernel.
            const vectors = dense(preset).getWeights().slice(1);
            const layerOf = (weight: Tensor) => {
              const wrapper = dense(preset);
              wrapper.setWeights([weight, ...vectors]);
              return wrapper;
            };
            const wrapper = layerOf(kernel);
            const raw = wrapper.layer.weights[0]?.read() as Variable;
            const { grads } = tf.variableGrads(() => tf.sum(tf.square(kernelOf(wrapper, true))) as tf.Scalar, [raw]);
            const along = tf.sum(tf.mul(grads[raw.name] as Tensor, raw)).arraySync() as number;
            expect(Math.abs(along)).toBeLessThan(1e-4);
            const scaled = layerOf(tf.mul(kernel, 2 ** exponent));
            expectClose(kernelOf(scaled, true), Array.from(kernelOf(wrapper, true).dataSync()), 1e-4);
          });
        }),
        { numRuns: 10 },
      );
    });

    test("a zero kernel, and one with NaN, leave the vectors as they are", () => {
      const wrapper = dense(preset);
      kernelOf(wrapper, true);
      const vectors = () => wrapper.weights.slice(1).filter(({ shape }) => shape.length === 2);
      const before = vectors().map((weight) => weight.read().arraySync());
      const raw = wrapper.layer.weights[0]?.read() as Variable;
      raw.assign(tf.zeros([6, 4]));
      expect(kernelOf(wrapper, true).arraySync()).toEqual(tf.zeros([6, 4]).arraySync());
      const { grads } = tf.variableGrads(() => tf.sum(kernelOf(wrapper, true)) as tf.Scalar, [raw]);
      expect(grads[raw.name]?.arraySync()).toEqual(tf.ones([6, 4]).arraySync());
      raw.assign(tf.fill([6, 4], Number.NaN));
      kernelOf(wrapper, true);
      expect(vectors().map((weight) => weight.read().arraySync())).toEqual(before);
      for (const { shape, read } of wrapper.weights
        .slice(1)
        .map((weight) => ({ shape: weight.shape, read: weight.read() }))) {
        expect(Array.from(read.dataSync()).every(Number.isFinite), `${shape}`).toBe(true);
      }
    });
  });

  test("preset torch takes 15 steps and those of one pass when it is built", () => {
    const vectorsOf = (kernelInitializer: ReturnType<typeof tf.initializers.zeros>) => {
      const layer = tf.layers.dense({ units: 4, useBias: false, kernelInitializer });
      const wrapper = layers.spectralNormalization({ layer, powerIterations: 2 });
      wrapper.build([null, 6]);
      return wrapper.getWeights().map((weight) => weight.dataSync() as Float32Array);
    };
    // A kernel of zeros leaves the vectors as they were drawn.
    const [, u = [], v = []] = vectorsOf(tf.initializers.zeros());
    const [kernel, ...found] = vectorsOf(tf.initializers.randomNormal({ mean: 0, stddev: 0.3, seed: 5 }));
    const oracle = engine.createSpectralNormalization([6, 4], { preset: "torch", axis: -1, iterations: 17 });
    oracle.restore({ u: Float64Array.from(v), v: Float64Array.from(u), sigma: 0 });
    oracle.forward(kernel as Float32Array);
    expectClose(tf.tensor1d(found[0] as Float32Array), Array.from(oracle.state?.v ?? []), 1e-5);
    expectClose(tf.tensor1d(found[1] as Float32Array), Array.from(oracle.state?.u ?? []), 1e-5);
    oracle.free();
  });

  test("preset article starts anew where all ones are annihilated", () => {
    const wrapper = layers.spectralNormalization({
      preset: "article",
      powerIterations: 60,
      layer: tf.layers.dense({ units: 1, useBias: false }),
    });
    wrapper.build([null, 3]);
    wrapper.layer.setWeights([tf.tensor2d([[1], [-2], [1]])]);
    expect(Math.hypot(...(call(wrapper, tf.eye(3), true).dataSync() as Float32Array))).toBeCloseTo(1, 5);
  });

  test("training loops leave nothing behind, convolutions and embeddings included", async () => {
    const inside = [
      tf.layers.embedding({ inputDim: 5, outputDim: 6, inputLength: 36 }),
      tf.layers.reshape({ targetShape: [6, 6, 6] }),
      tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu" }),
      tf.layers.separableConv2d({ filters: 3, kernelSize: 3 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1 }),
    ];
    const model = tf.sequential({
      layers: inside.map((layer) =>
        layer.weights === undefined || /reshape|flatten/.test(layer.name)
          ? layer
          : layers.spectralNormalization({ layer }),
      ),
    });
    model.compile({ loss: "meanSquaredError", optimizer: tf.train.adam(0.01) });
    const x = tf.tidy(() => tf.randomUniform([8, 36], 0, 4.99, "int32", 3));
    const y = tf.ones([8, 1]);
    const losses: unknown[] = [];
    const train = async () => losses.push((await model.fit(x, y, { epochs: 3, verbose: 0 })).history["loss"]?.at(-1));
    await train();
    const { numTensors, numDataBuffers } = tf.memory();
    for (let count = 0; count < 3; count += 1) await train();
    model.predict(x, { batchSize: 4 }) as Tensor;
    expect(tf.memory().numTensors).toBe(numTensors + 1);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers + 1);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });

  test("disposing gives everything back", () => {
    const { numTensors } = tf.memory();
    for (const preset of presets) {
      const model = tf.sequential({
        layers: [layers.spectralNormalization({ preset, layer: tf.layers.dense({ units: 2, inputShape: [3] }) })],
      });
      model.dispose();
    }
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe("the wrapper as a layer", () => {
  beforeAll(() => use("cpu"));

  test("has its own weights behind those of the layer, and passes on what is the layer's", () => {
    const regularized = tf.layers.dense({
      units: 2,
      kernelRegularizer: adapter.regularizers.frobeniusNorm({ lambda: 1 }),
    });
    const wrapper = layers.spectralNormalization({ layer: regularized, name: "wrapped" });
    wrapper.build([null, 3]);
    const names = (list: readonly { readonly originalName: string }[]) => list.map(({ originalName }) => originalName);
    expect(names(wrapper.trainableWeights)).toEqual(["kernel", "bias"]);
    expect(names(wrapper.nonTrainableWeights)).toEqual(["vector_u", "vector_v", "sigma"]);
    const [penalty] = wrapper.calculateLosses();
    const kernel = wrapper.layer.getWeights()[0] as Tensor;
    expectClose(penalty as Tensor, [tf.sum(tf.square(kernel)).arraySync() as number], 1e-5);
    wrapper.trainable = false;
    expect(wrapper.trainable).toBe(false);
    expect(regularized.trainable).toBe(false);
    expect(wrapper.trainableWeights).toEqual([]);
    expect(wrapper.weights).toHaveLength(5);
    const keras = layers.spectralNormalization({ preset: "keras", layer: tf.layers.lstm({ units: 2 }) });
    keras.build([null, 4, 3]);
    expect(names(keras.nonTrainableWeights)).toEqual(["vector_u", "recurrent_vector_u"]);
  });

  test("takes what every layer takes: a name, weights to begin with, whether they are trained", () => {
    const weights = [bell([3, 2], 1, -8), tf.zeros([2]), bell([1, 2], 2, -8), bell([1, 3], 3, -8), tf.scalar(2)];
    const layer = tf.layers.dense({ units: 2 });
    const wrapper = layers.spectralNormalization({
      layer,
      name: "wrapped",
      trainable: false,
      weights,
      inputShape: [3],
    });
    const model = tf.sequential({ layers: [wrapper] });
    expect(model.getLayer("wrapped")).toBe(wrapper);
    expect(wrapper.getWeights().map((weight) => weight.arraySync())).toEqual(
      weights.map((weight) => weight.arraySync()),
    );
    expect([layer.trainable, wrapper.trainable, model.trainableWeights.length]).toEqual([false, false, 0]);
  });

  test("passes masks and inputs of an embedding on", () => {
    const embedding = layers.spectralNormalization({
      layer: tf.layers.embedding({ inputDim: 4, outputDim: 2, maskZero: true, inputLength: 3 }),
    });
    const model = tf.sequential({ layers: [embedding, tf.layers.flatten()] });
    expect(model.predict(tf.tensor2d([[0, 1, 3]], [1, 3], "int32"))).toHaveProperty("shape", [1, 6]);
    expect((embedding.computeMask(tf.tensor2d([[0, 1, 3]])) as Tensor).arraySync()).toEqual([[0, 1, 1]]);
  });

  test("works within other wrappers and layers of states", () => {
    const inner = layers.spectralNormalization({ layer: tf.layers.dense({ units: 2 }) });
    const model = tf.sequential({
      layers: [
        tf.layers.timeDistributed({ layer: inner, batchInputShape: [1, 4, 3] }),
        layers.spectralNormalization({
          layer: tf.layers.gru({ units: 2, stateful: true, returnSequences: true, batchInputShape: [1, 4, 2] }),
        }),
      ],
    });
    const x = bell([1, 4, 3], 5, -8);
    const [first, second] = [model.predict(x), model.predict(x)] as [Tensor, Tensor];
    expect(second.arraySync()).not.toEqual(first.arraySync());
    model.layers[1]?.resetStates();
    expect((model.predict(x) as Tensor).arraySync()).toEqual(first.arraySync());
  });

  test("reads a transposed kernel, an embedding and a depthwise kernel as the preset's framework does", () => {
    const shapesOf = (preset: TfjsPreset, layer: tf.layers.Layer, shape: number[], more: object = {}) => {
      const wrapper = layers.spectralNormalization({ preset, layer, ...more });
      wrapper.build(shape);
      return wrapper.nonTrainableWeights.map((weight) => weight.shape).filter(({ length }) => length === 2);
    };
    const transposed = () => tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2 });
    expect(shapesOf("torch", transposed(), [1, 4, 4, 5])).toEqual([
      [1, 3],
      [1, 20],
    ]);
    expect(shapesOf("article", transposed(), [1, 4, 4, 5])).toEqual([
      [1, 5],
      [1, 12],
    ]);
    expect(shapesOf("article", transposed(), [1, 4, 4, 5], { axis: 2 })).toEqual([
      [1, 3],
      [1, 20],
    ]);
    const depthwise = () => tf.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3 });
    expect(shapesOf("torch", depthwise(), [1, 4, 4, 5])).toEqual([
      [1, 15],
      [1, 4],
    ]);
    expect(shapesOf("keras", depthwise(), [1, 4, 4, 5])).toEqual([[1, 3]]);
    const embedding = () => tf.layers.embedding({ inputDim: 7, outputDim: 2 });
    expect(shapesOf("torch", embedding(), [1, 4])).toEqual([
      [1, 7],
      [1, 2],
    ]);
    expect(shapesOf("article", embedding(), [1, 4])).toEqual([
      [1, 2],
      [1, 7],
    ]);
  });

  test("a seed makes the same vectors again, and another one others", () => {
    const vectorsOf = (seed: number) => dense("keras", { seed }).weights[1]?.read().arraySync();
    expect(vectorsOf(1)).toEqual(vectorsOf(1));
    expect(vectorsOf(1)).not.toEqual(vectorsOf(2));
    const vector = (vectorsOf(0) as number[][])[0] as number[];
    expect(Math.max(...vector.map(Math.abs))).toBeLessThanOrEqual(0.04);
  });
});

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
