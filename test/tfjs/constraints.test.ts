import type { Tensor } from "@tensorflow/tfjs";
import fc from "fast-check";
import { load as loadEngine } from "spectral-norm";
import { beforeAll, describe, expect, test } from "vitest";
import { adapter, backends, bell, expectClose, tf, use } from "./support.ts";

const engine = await loadEngine();
const { constraints, regularizers } = adapter;

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

  test("laws: applied twice is applied once, and nothing grows", () => {
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
              // Not the spectral norm, which clamping the entries of a matrix may raise.
              expect(engine.frobeniusNorm(weight(once))).toBeLessThanOrEqual(
                engine.frobeniusNorm(weight(w)) * (1 + 1e-5),
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

  test("a regularized model is driven to its threshold", async () => {
    const kernelRegularizer = regularizers.spectralNorm({ lambda: 1, above: 0.5 });
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 3,
          inputShape: [4],
          kernelRegularizer,
          useBias: false,
          kernelInitializer: tf.initializers.glorotNormal({ seed: 3 }),
        }),
      ],
    });
    model.compile({ loss: (_: Tensor, output: Tensor) => tf.mul(output, 0), optimizer: tf.train.sgd(0.1) });
    await model.fit(tf.zeros([1, 4]), tf.zeros([1, 3]), { epochs: 100, verbose: 0 });
    expect(engine.spectralNorm(weight(model.getWeights()[0] as Tensor))).toBeCloseTo(0.5, 2);
  });
});
