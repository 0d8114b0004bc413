/**
 * What test/fixtures/tfjs.py has of Keras and JAX, on a backend: in Node by keras.test.ts, in Chromium by webgl.spec.ts.
 *
 * @module
 */
import type { NamedTensorMap, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { makeData } from "../values/inputs.ts";
import { adapter, bell, expectClose, type LayerSpec, makeLayer, tf, use } from "./support.ts";

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

interface Penalty {
  readonly value: number;
  readonly gradients: readonly (readonly number[])[];
}

interface CriticCase {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly seed: number;
  readonly layers: readonly LayerSpec[];
  readonly shapes: readonly (readonly number[])[];
  readonly vectors: readonly (readonly number[])[];
  readonly twoSided: Penalty;
  readonly oneSided: Penalty;
}

/** The fixture, in double precision. */
export interface Fixture {
  readonly layers: readonly LayerCase[];
  readonly critics: readonly CriticCase[];
}

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

/** A training step and 20 of Adam, of every layer that the wrapper takes. */
export function testLayers(backend: string, { layers }: Pick<Fixture, "layers">): void {
  describe.each(layers)(`on ${backend}, as in Keras: $className`, (example) => {
    beforeAll(() => use(backend));

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
}

/** The critic of a case with its weights, and a batch that is both real and fake, so that ε does not count. */
function criticOf({ inputShape, seed, layers: specs, shapes, vectors }: CriticCase) {
  const [first, ...rest] = specs.map((spec, index) => {
    const shape = index === 0 ? { inputShape: inputShape.slice(1) } : {};
    return makeLayer(spec, spec.className === "SpectralNormalization" ? { ...shape, preset: "keras" } : shape);
  });
  const model = tf.sequential({ layers: [first as tf.layers.Layer, ...rest] });
  for (const [k, weight] of model.trainableWeights.entries()) {
    weight.write(bell(shapes[k] ?? [], seed + k, (shapes[k]?.length ?? 0) > 1 ? -8 : -10));
  }
  const others = model.layers.flatMap((layer) => layer.nonTrainableWeights);
  expect(others.map(({ shape }) => shape)).toEqual(vectors);
  for (const [k, weight] of others.entries()) weight.write(bell(vectors[k] ?? [], seed + 50 + k, -8));
  return { model, x: bell(inputShape, seed + 90, -7) };
}

/** The gradient penalty of critics of every kind, and its gradients. */
export function testCritics(backend: string, { critics }: Pick<Fixture, "critics">): void {
  describe(`the gradient penalty on ${backend}`, () => {
    beforeAll(() => use(backend));

    test.each(
      critics.flatMap((example) => [
        { name: example.name, side: "two-sided", oneSided: false, example, expected: example.twoSided },
        { name: example.name, side: "one-sided", oneSided: true, example, expected: example.oneSided },
      ]),
    )("$side, of a critic ($name), and its gradients are those of JAX", ({ oneSided, example, expected }) => {
      tf.tidy(() => {
        const { model, x } = criticOf(example);
        const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
        const penalty = () => adapter.gradientPenalty(model, x, x, { oneSided });
        const { value, grads }: { value: Tensor; grads: NamedTensorMap } = tf.variableGrads(penalty, variables);
        expectClose(value, [expected.value], 1e-4);
        for (const [k, gradient] of expected.gradients.entries()) {
          // TensorFlow.js has no gradient at all for what does not count, such as the last bias.
          const found = grads[variables[k]?.name ?? ""] ?? tf.zeros(variables[k]?.shape ?? []);
          expectClose(found, gradient, 1e-4);
        }
      });
    });
  });
}
