import type { Tensor, Variable } from "@tensorflow/tfjs";
import fc from "fast-check";
import { load as loadEngine, type NormalizationPreset } from "spectral-norm";
import type { SpectralNormalizationLayer } from "spectral-norm/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, backends, bell, call, dense, expectClose, kernelOf, tf, use } from "./support.ts";

const engine = await loadEngine();
const { layers } = adapter;
const presets = ["torch", "article", "keras"] as const;

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
            // What cancels are two terms of twice the loss each.
            const size = tf.sum(tf.square(kernelOf(wrapper, true))).arraySync() as number;
            expect(Math.abs(along) / size).toBeLessThan(1e-4);
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
    // Not those that are drawn at random, for the loss to fall every time.
    tf.tidy(() => model.setWeights(model.getWeights().map(({ shape }, index) => bell(shape, index, -10))));
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
