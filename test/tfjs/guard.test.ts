import type { Tensor } from "@tensorflow/tfjs";
import { load as loadEngine } from "spectral-norm";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, backends, bell, errorOf, tf, use } from "./support.ts";

const engine = await loadEngine();
const { constraints, guard } = adapter;

const weight = (w: Tensor) => ({ data: Float32Array.from(w.dataSync()), shape: w.shape, axis: -1 });

describe.each(backends)("guarded optimizers on %s", (backend) => {
  beforeAll(() => use(backend));

  test("a guarded optimizer applies constraints after each update, as none of TensorFlow.js does", async () => {
    const make = () => {
      const kernelConstraint = constraints.spectralNormalization();
      return tf.sequential({
        layers: [
          tf.layers.dense({
            units: 3,
            inputShape: [4],
            kernelConstraint,
            kernelInitializer: tf.initializers.glorotNormal({ seed: 3 }),
            biasConstraint: constraints.weightClip({ c: 1e-3 }),
          }),
        ],
      });
    };
    const [x, y] = [bell([8, 4], 1, -6), bell([8, 3], 2, -6)];
    const train = async (model: tf.LayersModel, optimizer: tf.Optimizer) => {
      model.compile({ loss: "meanSquaredError", optimizer });
      await model.fit(x, y, { epochs: 3, verbose: 0 });
      return engine.spectralNorm(weight(model.getWeights()[0] as Tensor));
    };
    const plain = make();
    expect(Math.abs((await train(plain, tf.train.sgd(0.1))) - 1)).toBeGreaterThan(0.01);
    const model = make();
    expect(await train(model, guard(tf.train.sgd(0.1), model))).toBeCloseTo(1, 5);
    const { numTensors } = tf.memory();
    await model.fit(x, y, { epochs: 3, verbose: 0 });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(Math.max(...((model.getWeights()[1] as Tensor).dataSync() as Float32Array))).toBeLessThanOrEqual(
      Math.fround(1e-3),
    );
  });

  test("a loss of NaN is refused before anything changes, and training can go on", async () => {
    const wrapper = adapter.layers.spectralNormalization({ layer: tf.layers.dense({ units: 1 }), inputShape: [2] });
    const model = tf.sequential({ layers: [wrapper] });
    const optimizer = guard(tf.train.adam(0.1), model);
    model.compile({ loss: "meanSquaredError", optimizer });
    const [x, y] = [bell([4, 2], 1, -8), tf.ones([4, 1])];
    await model.fit(x, y, { epochs: 2, verbose: 0 });
    const state = async () =>
      [...model.getWeights(), ...(await optimizer.getWeights()).map(({ tensor }) => tensor)].map((tensor) =>
        tensor.arraySync(),
      );
    const bad = tf.fill([4, 2], Number.NaN);
    const before = await state();
    const error = await model.fit(bad, y, { verbose: 0 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "NON_FINITE",
      message: "the loss expected a finite number, got NaN; no weight was changed",
    });
    const after = await state();
    // σ̂ and its vectors took the step that belongs to the kernel as it is, which is sound.
    expect([after[0], after[1], ...after.slice(5)]).toEqual([before[0], before[1], ...before.slice(5)]);
    expect(after.flat(9).every((entry) => Number.isFinite(entry))).toBe(true);
    const { history } = await model.fit(x, y, { epochs: 1, verbose: 0 });
    expect(history["loss"]?.[0]).toBeGreaterThan(0);
  });

  test("gradients that are not finite are refused, too", () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [1], useBias: false, kernelInitializer: "zeros" })],
    });
    const optimizer = guard(tf.train.sgd(0.1), model);
    const loss = () => tf.sum(tf.sqrt(model.apply(tf.ones([1, 1])) as Tensor)) as tf.Scalar;
    const { numTensors } = tf.memory();
    const { code, message } = errorOf(() => tf.tidy(() => void optimizer.minimize(loss)));
    expect(code).toBe("NON_FINITE");
    expect(message).toMatch(/^the gradient of "\S*kernel\S*" expected finite numbers; no weight was changed$/);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(model.getWeights()[0]?.arraySync()).toEqual([[0]]);
  });
});
