import type { NamedTensorMap, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { makeData, readFixture } from "../values/inputs.ts";
import { adapter, backends, bell, expectClose, type LayerSpec, makeLayer, tf, use } from "./support.ts";

interface LayerCase extends LayerSpec {
  readonly inputShape: readonly number[];
  readonly seed: number;
  readonly shapes: readonly (readonly number[])[];
  readonly kernels: number;
  readonly outputShape: readonly number[];
  readonly output: readonly number[];
  readonly loss: number;
  readonly gradients: readonly (readonly number[])[];
  readonly vectors: readonly (readonly number[])[];
  readonly trained: readonly (readonly number[])[];
  readonly trainedVectors: readonly (readonly number[])[];
}

/** By Keras itself, in double precision: test/fixtures/tfjs.py. */
const { fixture } = readFixture<{ readonly fixture: { readonly layers: readonly LayerCase[] } }>("tfjs");
const tolerance = 1e-4;

function inputOf({ className, args, inputShape, seed }: LayerCase): Tensor {
  if (className !== "Embedding") return bell(inputShape, seed + 90, -8);
  const words = makeData({ shape: inputShape, kind: "positive", seed: seed + 90, exponent: 0 }, "float32");
  return tf.tensor(
    words.map((word) => word % Number(args["inputDim"])),
    [...inputShape],
    "int32",
  );
}

/** The wrapper around the layer of a case, built and with the weights and vectors of the fixture. */
function wrapped(example: LayerCase) {
  const layer = adapter.layers.spectralNormalization({ preset: "keras", layer: makeLayer(example) });
  layer.build([...example.inputShape]);
  const weights = example.shapes.map((shape, k) => bell(shape, example.seed + k, k < example.kernels ? -9 : -11));
  const vectors = example.shapes.slice(0, example.kernels).map((shape, k) => {
    return bell([1, shape.at(-1) ?? 0], example.seed + 50 + k, -8);
  });
  layer.setWeights([...weights, ...vectors]);
  return layer;
}

/** The parts of a training step. */
function stepOf(example: LayerCase) {
  const [layer, x] = [wrapped(example), inputOf(example)];
  const target = bell(example.outputShape, example.seed + 95, -8);
  const outputOf = () => layer.apply(x, { training: true }) as Tensor;
  const loss = () => tf.losses.meanSquaredError(target, outputOf()) as Scalar;
  const variables = layer.trainableWeights.map((weight) => weight.read() as Variable);
  return { layer, outputOf, loss, variables };
}

describe.each(backends)("on %s, as in Keras", (backend) => {
  beforeAll(() => use(backend));

  describe.each(fixture.layers)("$className", (example) => {
    test("the output, the vectors and the gradients of a training step", () => {
      tf.tidy(() => {
        const { layer, loss, variables, outputOf } = stepOf(example);
        const raw = layer.layer.getWeights().map((weight) => weight.arraySync());
        const { value, grads }: { value: Tensor; grads: NamedTensorMap } = tf.variableGrads(loss, variables);
        expectClose(value, [example.loss], tolerance);
        for (const [k, gradient] of example.gradients.entries()) {
          expectClose(grads[variables[k]?.name ?? ""] as Tensor, gradient, tolerance);
        }
        const vectors = layer.getWeights().slice(example.shapes.length);
        for (const [k, vector] of example.vectors.entries()) expectClose(vectors[k] as Tensor, vector, tolerance);
        expectClose(outputOf(), example.output, tolerance);
        expect(layer.layer.getWeights().map((weight) => weight.arraySync())).toEqual(raw);
      });
    });

    test("the weights and vectors after 20 steps of Adam", () => {
      const { layer, loss, variables } = stepOf(example);
      const optimizer = tf.train.adam(0.01, 0.9, 0.999, 1e-10);
      for (let step = 0; step < 20; step += 1) optimizer.minimize(loss, false, variables);
      const weights = layer.getWeights();
      for (const [k, values] of [...example.trained, ...example.trainedVectors].entries()) {
        expectClose(weights[k] as Tensor, values, tolerance);
      }
    });
  });
});
