import type { Tensor } from "@tensorflow/tfjs";
import fc from "fast-check";
import { load as loadEngine } from "spectral-norm";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, backends, bell, errorOf, expectClose, tf, use } from "./support.ts";

const engine = await loadEngine();
const { constraints, regularizers, guard } = adapter;

const weight = (w: Tensor, axis = -1) => ({ data: Float32Array.from(w.dataSync()), shape: w.shape, axis });

describe.each(backends)("constraints on %s", (backend) => {
  beforeAll(() => use(backend));

  test("spectralNormalization brings the norm to its target, and the article's five steps nearly", () => {
    tf.tidy(() => {
      const w = bell([3, 3, 4, 5], 1, -8);
      const normOf = (tensor: Tensor, axis = -1) => engine.spectralNorm(weight(tensor, axis));
      expect(normOf(constraints.spectralNormalization().apply(w))).toBeCloseTo(1, 5);
      expect(normOf(constraints.spectralNormalization({ target: 3, axis: 2 }).apply(w), 2)).toBeCloseTo(3, 5);
      const { sigma } = engine.powerIteration(weight(w), { iterations: 5 });
      expectClose(
        constraints.spectralNormalization({ iterations: 5 }).apply(w),
        Array.from(tf.div(w, sigma).dataSync()),
        1e-6,
      );
    });
  });

  test("shrink leaves alone what is small enough, and zero stays zero", () => {
    const shrink = constraints.spectralNormalization({ mode: "shrink", target: 2 });
    expect(
      shrink
        .apply(
          tf.tensor2d([
            [1, 0],
            [0, 0.5],
          ]),
        )
        .arraySync(),
    ).toEqual([
      [1, 0],
      [0, 0.5],
    ]);
    expect(
      shrink
        .apply(
          tf.tensor2d([
            [4, 0],
            [0, 1],
          ]),
        )
        .arraySync(),
    ).toEqual([
      [2, 0],
      [0, 0.5],
    ]);
    expect(
      constraints
        .spectralNormalization()
        .apply(tf.zeros([2, 3]))
        .arraySync(),
    ).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("a vector is a diagonal: its norm is its largest magnitude", () => {
    const gamma = tf.tensor1d([3, -4, 1]);
    expect(constraints.spectralNormalization().apply(gamma).arraySync()).toEqual([0.75, -1, 0.25]);
    expect(constraints.clipSpectral({ c: 2 }).apply(gamma).arraySync()).toEqual([2, -2, 1]);
    expect(regularizers.spectralNorm({ lambda: 1, above: 1 }).apply(gamma).arraySync()).toBe(9);
    expect(
      tf
        .grad((w: Tensor) => regularizers.spectralNorm({ lambda: 1 }).apply(w))(gamma)
        .arraySync(),
    ).toEqual([0, -8, 0]);
  });

  test("the clips are projections of the engine's kind", () => {
    tf.tidy(() => {
      const w = bell([4, 6], 2, -7);
      expectClose(
        constraints.clipSpectral({ c: 1 }).apply(w),
        Array.from(engine.clipSpectral(weight(w), 1).data),
        1e-6,
      );
      expectClose(
        constraints.frobeniusClip({ c: 1 }).apply(w),
        Array.from(engine.clipFrobenius(weight(w), 1).data),
        1e-6,
      );
      expectClose(
        constraints.weightClip({ c: 0.3 }).apply(w),
        Array.from(engine.clipWeights(weight(w), 0.3).data),
        1e-6,
      );
      const small = tf.mul(w, 1e-3);
      for (const constraint of [
        constraints.clipSpectral({ c: 1 }),
        constraints.frobeniusClip({ c: 1 }),
        constraints.weightClip({ c: 1 }),
      ]) {
        expect(constraint.apply(small).arraySync()).toEqual(small.arraySync());
      }
    });
  });

  test("laws: applied twice is applied once, and no norm grows", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 999 }),
        (rows, columns, seed) => {
          tf.tidy(() => {
            const w = bell([rows, columns], seed, -7);
            for (const constraint of [
              constraints.spectralNormalization({ mode: "shrink" }),
              constraints.clipSpectral({ c: 1 }),
              constraints.frobeniusClip({ c: 1 }),
              constraints.weightClip({ c: 1 }),
            ]) {
              const once = constraint.apply(w);
              expectClose(constraint.apply(once), Array.from(once.dataSync()), 1e-5);
              expect(engine.spectralNorm(weight(once))).toBeLessThanOrEqual(
                engine.spectralNorm(weight(w)) * (1 + 1e-5),
              );
            }
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  test("the penalties and their gradients are the engine's", () => {
    tf.tidy(() => {
      const w = bell([3, 2, 4], 5, -8);
      for (const options of [{ lambda: 0.5 }, { lambda: 2, above: 0.7 }, { lambda: 2, above: 100 }]) {
        for (const [regularizer, penalty] of [
          [regularizers.spectralNorm(options), engine.spectralPenalty(weight(w), options)],
          [regularizers.frobeniusNorm(options), engine.frobeniusPenalty(weight(w), options)],
        ] as const) {
          expectClose(regularizer.apply(w), [penalty.value], 1e-5);
          expectClose(tf.grad((x: Tensor) => regularizer.apply(x))(w), Array.from(penalty.gradient), 1e-4);
        }
      }
      const zero = tf.zeros([2, 2]);
      for (const regularizer of [regularizers.spectralNorm(), regularizers.frobeniusNorm({ above: 1 })]) {
        expect(regularizer.apply(zero).arraySync()).toBe(0);
        expect(
          tf
            .grad((x: Tensor) => regularizer.apply(x))(zero)
            .arraySync(),
        ).toEqual([
          [0, 0],
          [0, 0],
        ]);
      }
    });
  });

  test("a guarded optimizer applies constraints after each update, as none of TensorFlow.js does", async () => {
    const make = () => {
      const kernelConstraint = constraints.spectralNormalization();
      return tf.sequential({
        layers: [
          tf.layers.dense({
            units: 3,
            inputShape: [4],
            kernelConstraint,
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

  test("a regularized model is driven to its threshold", async () => {
    const kernelRegularizer = regularizers.spectralNorm({ lambda: 1, above: 0.5 });
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 3, inputShape: [4], kernelRegularizer, useBias: false })],
    });
    model.compile({ loss: (_: Tensor, output: Tensor) => tf.mul(output, 0), optimizer: tf.train.sgd(0.1) });
    await model.fit(tf.zeros([1, 4]), tf.zeros([1, 3]), { epochs: 100, verbose: 0 });
    expect(engine.spectralNorm(weight(model.getWeights()[0] as Tensor))).toBeCloseTo(0.5, 2);
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

describe("bad input", () => {
  beforeAll(() => use("cpu"));
  const nan = () => tf.tensor2d([[1, Number.NaN]]);
  const cube = () => tf.ones([2, 2, 2]);
  test.each([
    [
      "no limit",
      () => constraints.weightClip(undefined as never),
      "TYPE",
      '"args.c" expected a finite number above 0, got undefined',
    ],
    [
      "a limit of 0",
      () => constraints.frobeniusClip({ c: 0 }),
      "OPTION",
      '"args.c" expected a finite number above 0, got 0',
    ],
    ["an unknown argument", () => constraints.clipSpectral({ limit: 1 } as never), "OPTION", 'unknown key "limit"'],
    [
      "a target of infinity",
      () => constraints.spectralNormalization({ target: Infinity }),
      "OPTION",
      '"args.target" expected',
    ],
    [
      "an unknown mode",
      () => constraints.spectralNormalization({ mode: "clip" as never }),
      "OPTION",
      '"args.mode" expected "scale" or "shrink"',
    ],
    ["no steps", () => constraints.spectralNormalization({ iterations: 0 }), "OPTION", '"args.iterations" expected'],
    [
      "an axis that is none",
      () => constraints.clipSpectral({ c: 1, axis: 1.5 }),
      "OPTION",
      '"args.axis" expected an integer',
    ],
    ["an axis beyond the weight", () => constraints.spectralNormalization({ axis: 3 }).apply(cube()), "SHAPE", "axis"],
    [
      "a scalar",
      () => constraints.clipSpectral({ c: 1 }).apply(tf.scalar(1)),
      "SHAPE",
      '"w" expected a weight of at least one dimension',
    ],
    ["NaN", () => constraints.spectralNormalization().apply(nan()), "NON_FINITE", "NaN"],
    ["NaN to clip", () => constraints.weightClip({ c: 1 }).apply(nan()), "NON_FINITE", "NaN"],
    ["NaN to clip by its norm", () => constraints.frobeniusClip({ c: 1 }).apply(nan()), "NON_FINITE", "NaN"],
    [
      "NaN in a vector",
      () => constraints.spectralNormalization().apply(tf.tensor1d([Number.NaN])),
      "NON_FINITE",
      "NaN",
    ],
    ["NaN to penalize", () => regularizers.spectralNorm().apply(nan()), "NON_FINITE", "NaN"],
    [
      "a negative factor",
      () => regularizers.spectralNorm({ lambda: -1 }),
      "OPTION",
      '"args.lambda" expected a finite number of at least 0',
    ],
    [
      "a threshold of 0",
      () => regularizers.frobeniusNorm({ above: 0 }),
      "OPTION",
      '"args.above" expected a finite number above 0',
    ],
    ["a scalar to penalize", () => regularizers.frobeniusNorm().apply(tf.scalar(1)), "SHAPE", '"w" expected'],
    [
      "no optimizer",
      () => guard("adam" as never, tf.layers.dense({ units: 1 })),
      "TYPE",
      '"optimizer" expected an optimizer, e.g. tf.train.adam(), got "adam"',
    ],
    [
      "no model",
      () => guard(tf.train.sgd(1), undefined as never),
      "TYPE",
      '"model" expected a model or a layer, got undefined',
    ],
  ])("%s", (_, run, code, message) => {
    const error = errorOf(run);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
