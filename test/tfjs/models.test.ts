import type { io, Tensor } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../values/inputs.ts";
import { adapter, backends, bell, errorOf, expectClose, tf, use } from "./support.ts";

interface Converted {
  readonly topology: object;
  readonly weights: readonly { readonly name: string; readonly shape: number[]; readonly seed: number }[];
  readonly output: readonly number[];
}

const { bake, constraints, layers, regularizers } = adapter;

const presets = ["torch", "article", "keras"] as const;

/** Saves a model and loads it from what was saved. */
async function roundTrip(model: tf.LayersModel): Promise<tf.LayersModel> {
  let saved: io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      // Through text, as files are.
      saved = { ...artifacts, modelTopology: JSON.parse(JSON.stringify(artifacts.modelTopology)) };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  return tf.loadLayersModel(tf.io.fromMemory(saved as io.ModelArtifacts));
}

/** A model of every layer that the wrapper takes, each in its place. */
function everyLayer(preset: (typeof presets)[number]): tf.LayersModel {
  const wrap = (layer: tf.layers.Layer) => layers.spectralNormalization({ preset, layer });
  const words = tf.input({ shape: [12] });
  const embedded = wrap(tf.layers.embedding({ inputDim: 5, outputDim: 12 })).apply(words) as tf.SymbolicTensor;
  const images = tf.layers.reshape({ targetShape: [6, 6, 4] }).apply(embedded) as tf.SymbolicTensor;
  const [left, right] = [
    [
      wrap(tf.layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu" })),
      wrap(tf.layers.depthwiseConv2d({ kernelSize: 2 })),
    ],
    [
      wrap(tf.layers.separableConv2d({ filters: 2, kernelSize: 3 })),
      wrap(tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2 })),
    ],
  ].map(([first, second]) => second?.apply(first?.apply(images) as tf.SymbolicTensor)) as tf.SymbolicTensor[];
  const flat = [left, right].map(
    (branch) => tf.layers.flatten().apply(branch as tf.SymbolicTensor) as tf.SymbolicTensor,
  );
  const sequence = tf.layers
    .reshape({ targetShape: [3, 34] })
    .apply(tf.layers.concatenate().apply(flat)) as tf.SymbolicTensor;
  const recurrent = wrap(tf.layers.lstm({ units: 3, returnSequences: true })).apply(sequence) as tf.SymbolicTensor;
  const gated = wrap(tf.layers.gru({ units: 4, returnSequences: true })).apply(recurrent) as tf.SymbolicTensor;
  const simple = wrap(tf.layers.simpleRNN({ units: 4, returnSequences: true })).apply(gated) as tf.SymbolicTensor;
  const one = wrap(tf.layers.conv1d({ filters: 2, kernelSize: 2 })).apply(simple) as tf.SymbolicTensor;
  const volume = tf.layers.reshape({ targetShape: [2, 2, 1, 1] }).apply(one) as tf.SymbolicTensor;
  const deep = wrap(tf.layers.conv3d({ filters: 2, kernelSize: [2, 1, 1] })).apply(volume) as tf.SymbolicTensor;
  const outputs = wrap(tf.layers.dense({ units: 1 })).apply(tf.layers.flatten().apply(deep)) as tf.SymbolicTensor;
  return tf.model({ inputs: words, outputs });
}

const words = () => tf.tidy(() => tf.randomUniform([3, 12], 0, 4.99, "int32", 3));

describe.each(backends)("models on %s", (backend) => {
  beforeAll(() => use(backend));

  test.each(presets)("with every layer, preset %s, are the same after a round trip, and baked", async (preset) => {
    const model = everyLayer(preset);
    const x = words();
    tf.dispose(model.apply(x, { training: true }) as Tensor);
    const expected = (model.predict(x) as Tensor).dataSync();
    const loaded = await roundTrip(model);
    expect((loaded.predict(x) as Tensor).dataSync()).toEqual(expected);
    const names = (list: readonly { readonly originalName: string }[]) => list.map(({ originalName }) => originalName);
    expect(names(loaded.weights)).toEqual(names(model.weights));
    const wrappers = loaded.layers.filter((layer) => layer.getClassName() === "SpectralNormalization");
    expect(wrappers).toHaveLength(11);
    expect(wrappers.map((layer) => layer.getConfig()["preset"])).toEqual(wrappers.map(() => preset));
    const plain = bake(model);
    expect(plain.layers.map((layer) => layer.getClassName())).not.toContain("SpectralNormalization");
    expect(plain.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
    expectClose(plain.predict(x) as Tensor, Array.from(expected), 1e-6);
    expect(((await roundTrip(plain)).predict(x) as Tensor).dataSync()).toEqual((plain.predict(x) as Tensor).dataSync());
  });
});

describe("saved models", () => {
  beforeAll(() => use("cpu"));

  test("from Keras, converted, compute what Keras does", async () => {
    const { converted } = readFixture<{ readonly fixture: { readonly converted: Converted } }>("tfjs").fixture;
    const { topology, weights, output } = converted;
    expect(weights.map(({ name }) => name)).toContain("spectral_normalization_1/vector_u");
    const tensors = weights.map(({ shape, seed }) => bell(shape, seed, -9).dataSync() as Float32Array);
    const weightSpecs = weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" as const }));
    const weightData = new Float32Array(tensors.flatMap((values) => [...values])).buffer;
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({ modelTopology: structuredClone(topology), weightSpecs, weightData }),
    );
    const x = bell([2, 6, 6, 1], 8090, -8);
    expectClose(model.predict(x) as Tensor, output, 1e-4);
    expectClose(bake(model).predict(x) as Tensor, output, 1e-4);
    const first = model.getLayer("spectral_normalization");
    expect(first.getConfig()).toMatchObject({ preset: "keras", powerIterations: 2 });
    // It can be trained on, too: inference then takes the raw kernel, as there.
    expect((model.apply(x, { training: true }) as Tensor).dataSync()).not.toEqual(
      (model.predict(x) as Tensor).dataSync(),
    );
  });

  test("go on training as if nothing had happened", async () => {
    const make = () => {
      const wrapper = layers.spectralNormalization({ layer: tf.layers.dense({ units: 2 }), inputShape: [3] });
      return tf.sequential({ layers: [wrapper] });
    };
    const [x, y] = [bell([8, 3], 1, -8), bell([8, 2], 2, -8)];
    const train = async (model: tf.LayersModel) => {
      model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(0.1) });
      await model.fit(x, y, { epochs: 3, verbose: 0, shuffle: false });
    };
    const model = make();
    await train(model);
    const loaded = await roundTrip(model);
    await train(model);
    await train(loaded);
    expect(loaded.getWeights().map((weight) => weight.arraySync())).toEqual(
      model.getWeights().map((weight) => weight.arraySync()),
    );
  });

  test("keep constraints and regularizers", async () => {
    const all = [
      constraints.spectralNormalization({ target: 2, mode: "shrink", iterations: 5 }),
      constraints.clipSpectral({ c: 2 }),
      constraints.weightClip({ c: 0.5 }),
      constraints.frobeniusClip({ c: 3 }),
    ];
    const both = [regularizers.spectralNorm({ lambda: 0.5, above: 1, axis: 0 }), regularizers.frobeniusNorm()];
    const model = tf.sequential({
      layers: all.map((kernelConstraint, index) => {
        return tf.layers.dense({
          units: 2,
          inputShape: [2],
          kernelConstraint,
          kernelRegularizer: both[index % 2] as never,
        });
      }),
    });
    const loaded = await roundTrip(model);
    for (const [index, layer] of loaded.layers.entries()) {
      const { kernelConstraint, kernelRegularizer } = layer.getConfig() as Record<
        string,
        { className: string; config: object }
      >;
      const [constraint, regularizer] = [all[index], both[index % 2]];
      expect(kernelConstraint).toEqual({ className: constraint?.getClassName(), config: constraint?.getConfig() });
      expect(kernelRegularizer).toEqual({ className: regularizer?.getClassName(), config: regularizer?.getConfig() });
    }
    expect(all.map((constraint) => constraint.getConfig())).toEqual([
      { target: 2, mode: "shrink", iterations: 5 },
      { c: 2, axis: -1 },
      { c: 0.5, axis: -1 },
      { c: 3, axis: -1 },
    ]);
  });

  test("whose wrapped layer nobody knows are refused", async () => {
    const config = { name: "wrapped", layer: { class_name: "Dance", config: {} } };
    const modelTopology = {
      class_name: "Sequential",
      config: { name: "model", layers: [{ class_name: "SpectralNormalization", config }] },
    };
    const error = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "FORMAT" });
    expect((error as Error).message).toContain(
      '"config.layer" expected { className, config } of a layer that is registered',
    );
  });

  test("may have the types of Keras 3 in their layers", () => {
    const policy = { className: "DTypePolicy", config: { name: "float32" } };
    const layer = { className: "Dense", config: { units: 2, dtype: policy, batchInputShape: [null, 3] } };
    const [Class, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap["SpectralNormalization"] ?? [];
    const wrapper = fromConfig?.(
      Class as never,
      { layer, dtype: policy, powerIterations: 1 } as never,
    ) as tf.layers.Layer;
    expect(wrapper.getConfig()["layer"]).toMatchObject({ config: { dtype: "float32" } });
    expect(wrapper.getConfig()["preset"]).toBe("keras");
  });
});

describe("baking", () => {
  beforeAll(() => use("cpu"));

  test("reaches into models and wrappers of models", () => {
    const wrap = (layer: tf.layers.Layer) => layers.spectralNormalization({ layer });
    const inner = tf.sequential({ layers: [wrap(tf.layers.dense({ units: 3, inputShape: [4] })), tf.layers.reLU()] });
    const model = tf.sequential({
      layers: [
        tf.layers.timeDistributed({ layer: wrap(tf.layers.dense({ units: 4 })), inputShape: [2, 4] }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 4 }),
        tf.layers.batchNormalization(),
        inner,
        tf.layers.dense({ units: 1 }),
      ],
    });
    const x = bell([5, 2, 4], 4, -8);
    tf.dispose(model.apply(x, { training: true }) as Tensor);
    const plain = bake(model);
    expect(JSON.stringify(plain.getConfig())).not.toContain('"className":"SpectralNormalization"');
    expectClose(plain.predict(x) as Tensor, Array.from((model.predict(x) as Tensor).dataSync()), 1e-6);
    expect(() => model.layers[0]?.getConfig()).not.toThrow();
  });

  test("a model without wrappers copies it", () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    const copy = bake(model);
    expect(copy.getWeights()[0]?.arraySync()).toEqual(model.getWeights()[0]?.arraySync());
    tf.tidy(() => model.setWeights([tf.zeros([2, 1]), tf.ones([1])]));
    expect(copy.getWeights()[1]?.arraySync()).toEqual([0]);
  });

  test("leaves nothing behind but the copy", () => {
    const model = tf.sequential({
      layers: [layers.spectralNormalization({ layer: tf.layers.dense({ units: 1, inputShape: [2] }) })],
    });
    const { numTensors } = tf.memory();
    const plain = bake(model);
    expect(tf.memory().numTensors).toBe(numTensors + 2);
    plain.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test.each([
    ["nothing", () => bake(undefined as never), "TYPE", '"model" expected a model of layers, got undefined'],
    ["a layer", () => bake(tf.layers.dense({ units: 1 }) as never), "TYPE", '"model" expected a model of layers'],
    ["a model that was not built", () => bake(tf.sequential({ layers: [] })), "STATE", "has no weights yet"],
  ])("%s is refused", (_, run, code, message) => {
    const error = errorOf(run);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
