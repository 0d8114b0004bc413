import type { Tensor } from "@tensorflow/tfjs";
import type { TfjsPreset } from "spectral-norm/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, bell, dense, expectClose, tf, use } from "./support.ts";

const { layers } = adapter;

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
