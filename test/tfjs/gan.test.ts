import type { Tensor, Variable } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, backends, bell, errorOf, tf, use } from "./support.ts";

const { gradientPenalty, wassersteinLoss, layers } = adapter;

describe.each(backends)("the gradient penalty on %s", (backend) => {
  beforeAll(() => use(backend));

  test("of what TensorFlow.js cannot differentiate twice names the operation, and leaves the registry as it was", () => {
    const pool = tf.layers.maxPooling2d({ poolSize: 2 });
    const convolution = tf.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 1] });
    const critic = tf.sequential({ layers: [convolution, pool, tf.layers.flatten(), tf.layers.dense({ units: 1 })] });
    const x = bell([2, 6, 6, 1], 1, -8);
    const variables = critic.trainableWeights.map((weight) => weight.read() as Variable);
    const { code, message } = errorOf(() => tf.variableGrads(() => gradientPenalty(critic, x, x), variables));
    expect(code).toBe("UNSUPPORTED");
    expect(message).toContain('the operation "MaxPoolGrad"');
    expect(["MaxPoolGrad", "Greater", "EluGrad"].map((name) => tf.getGradient(name))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(tf.getGradient("Tanh").outputsToSave).toEqual([true]);
  });

  test("is at points between the samples, one for each", () => {
    tf.tidy(() => {
      // The gradient of x²/2 is x: on the line from 0 to (3, 4) its length is 5ε.
      const critic = (x: Tensor) => tf.mul(tf.sum(tf.square(x), 1), 0.5);
      const [zeros, ends] = [tf.zeros([200, 2]), tf.tensor2d(Array.from({ length: 200 }, () => [3, 4]))];
      const penalty = (seed: number) => gradientPenalty(critic, ends, zeros, { lambda: 1, seed }).arraySync();
      expect(penalty(7)).toBe(penalty(7));
      expect(penalty(7)).not.toBe(penalty(8));
      // E (5ε − 1)² = 25/3 − 5 + 1 with a standard deviation of 4.6/√200.
      expect(Math.abs(penalty(7) - 13 / 3)).toBeLessThan(1.7);
    });
  });

  test("of a critic that is flat somewhere has a gradient without NaN", () => {
    tf.tidy(() => {
      const w = tf.variable(tf.tensor2d([[0], [0]]));
      const x = tf.ones([3, 2]) as tf.Tensor2D;
      const { value, grads } = tf.variableGrads(
        () => gradientPenalty((z) => tf.matMul(z as tf.Tensor2D, w as tf.Tensor2D), x, x),
        [w],
      );
      expect(value.arraySync()).toBe(10);
      expect(grads[w.name]?.arraySync()).toEqual([[0], [0]]);
      w.dispose();
    });
  });

  test("may be of a supervised model, by a function of its outputs", () => {
    tf.tidy(() => {
      const dense = tf.layers.dense({
        units: 3,
        inputShape: [2],
        weights: [
          tf.tensor2d([
            [3, 0, 1],
            [4, 0, 1],
          ]),
          tf.zeros([3]),
        ],
      });
      const model = tf.sequential({ layers: [dense] });
      const x = bell([4, 2], 3, -8);
      const logit = (z: Tensor) => tf.slice(model.apply(z) as tf.Tensor2D, [0, 0], [-1, 1]);
      expect(gradientPenalty(logit, x, x, { lambda: 1 }).arraySync()).toBeCloseTo(16, 3);
    });
  });

  test("the losses leave nothing behind", () => {
    const critic = tf.sequential({
      layers: [layers.spectralNormalization({ layer: tf.layers.dense({ units: 1, inputShape: [2] }) })],
    });
    const x = bell([4, 2], 3, -8);
    const labels = tf.ones([4, 1]);
    const optimizer = tf.train.adam(0.01);
    const step = () =>
      optimizer.minimize(() => {
        const scores = critic.apply(x, { training: true }) as Tensor;
        return tf.add(tf.mean(wassersteinLoss(labels, scores)), gradientPenalty(critic, x, x)) as tf.Scalar;
      });
    step();
    const { numTensors } = tf.memory();
    for (let count = 0; count < 5; count += 1) step();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe("bad input", () => {
  const x = tf.zeros([4, 2]);
  const critic = (z: Tensor) => z;
  const two = tf.model({ inputs: tf.input({ shape: [2] }), outputs: [] as never });
  test.each([
    [
      "another shape",
      () => gradientPenalty(critic, x, tf.zeros([3, 2])),
      "SHAPE",
      '"fake" expected the shape [4,2] of real, got [3,2]',
    ],
    [
      "no batch",
      () => gradientPenalty(critic, tf.zeros([4]), tf.zeros([4])),
      "SHAPE",
      '"real" expected a batch of samples, got [4]',
    ],
    [
      "labels that would be multiplied each with each",
      () => wassersteinLoss(tf.ones([4]), tf.ones([4, 1])),
      "SHAPE",
      '"scores" expected the shape [4] of labels, got [4,1]',
    ],
    ["labels that are none", () => wassersteinLoss(1 as never, x), "TYPE", '"labels" expected a tensor, got 1'],
    [
      "one score",
      () => wassersteinLoss(tf.scalar(1), tf.scalar(1)),
      "SHAPE",
      '"labels" expected a batch of scores, got []',
    ],
    ["no tensor", () => gradientPenalty(critic, x, [1] as never), "TYPE", '"fake" expected a tensor, got [1]'],
    [
      "no critic",
      () => gradientPenalty(undefined as never, x, x),
      "TYPE",
      '"critic" expected a model of layers or a function of a batch, got undefined',
    ],
    [
      "a critic of no output",
      () => gradientPenalty(two, x, x),
      "TYPE",
      '"critic" expected a model of one input and one output, got 1 and 0',
    ],
    [
      "an unknown option",
      () => gradientPenalty(critic, x, x, { lamda: 1 } as never),
      "OPTION",
      'Did you mean "lambda"?',
    ],
    ["a negative factor", () => gradientPenalty(critic, x, x, { lambda: -1 }), "OPTION", '"options.lambda" expected'],
    [
      "a flag that is none",
      () => gradientPenalty(critic, x, x, { oneSided: 1 as never }),
      "TYPE",
      '"options.oneSided" expected',
    ],
    ["a seed that is none", () => gradientPenalty(critic, x, x, { seed: 0.5 }), "OPTION", '"options.seed" expected'],
  ])("%s", (_, run, code, message) => {
    const error = errorOf(run);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

test("the Wasserstein loss is the mean of labels and scores, for compile and for hand-written loops", async () => {
  await use("cpu");
  const labels = tf.tensor2d([
    [-1, -1],
    [1, 1],
  ]);
  expect(
    wassersteinLoss(
      labels,
      tf.tensor2d([
        [1, 3],
        [5, 7],
      ]),
    ).arraySync(),
  ).toEqual([-2, 6]);
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [2], useBias: false, kernelInitializer: "ones" })],
  });
  model.compile({ loss: wassersteinLoss, optimizer: tf.train.sgd(1) });
  // One real sample (1, 0) and one fake one (0, 1): half the gradient is (−1, 1).
  await model.fit(
    tf.tensor2d([
      [1, 0],
      [0, 1],
    ]),
    tf.tensor2d([[-1], [1]]),
    { epochs: 1, verbose: 0 },
  );
  expect(model.getWeights()[0]?.arraySync()).toEqual([[1.5], [0.5]]);
});
