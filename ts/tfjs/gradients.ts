/**
 * Second derivatives, which a gradient penalty needs.
 *
 * TensorFlow.js 4.22 lacks those of some operations. Worse, it gives wrong ones where a gradient reads the result of its
 * operation, as those of tanh, sigmoid, elu and softmax do: the copy it saves is on the tape before the operation is, so
 * that nothing flows through it. While a penalty is made, the gradients below stand in for those; what is recorded then
 * keeps them, and afterwards the registry is as it was.
 *
 * @module
 */
import type { GradConfig, NamedTensorMap, Tensor } from "@tensorflow/tfjs";
import { SpectralNormError } from "../index.js";
import type { TensorFlow } from "./types.js";

/** Operations whose gradients read their result, with the names of their inputs. */
const readResult: Readonly<Record<string, readonly string[]>> = {
  Elu: ["x"],
  Exp: ["x"],
  Sigmoid: ["x"],
  Tanh: ["x"],
  Softmax: ["logits"],
  LogSoftmax: ["logits"],
  Max: ["x"],
  Min: ["x"],
  Pow: ["a", "b"],
};

/** Steps, which have the gradient 0 wherever they have one. */
const steps: Readonly<Record<string, readonly string[]>> = {
  Equal: ["a", "b"],
  NotEqual: ["a", "b"],
  Greater: ["a", "b"],
  GreaterEqual: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalOr: ["a", "b"],
  LogicalNot: ["x"],
};

type Attributes = Readonly<Record<string, unknown>>;

/** Runs `compute` with gradients that have gradients. */
export function withSecondDerivatives<T>(tf: TensorFlow, compute: () => T): T {
  const before = new Map<string, GradConfig | undefined>();
  const swap = (config: GradConfig) => {
    before.set(config.kernelName, tf.getGradient(config.kernelName));
    put(tf, config.kernelName, config);
  };
  try {
    for (const config of [...linked(tf), ...constant(tf), ...missing(tf)]) swap(config);
    for (const { kernelName } of tf.getKernelsForBackend(tf.getBackend())) {
      if (tf.getGradient(kernelName) === undefined) swap(refusal(kernelName));
    }
    return compute();
  } finally {
    for (const [name, config] of before) put(tf, name, config);
  }
}

function put(tf: TensorFlow, name: string, config: GradConfig | undefined): void {
  // Without this, debug mode warns of each gradient that is replaced.
  if (tf.getGradient(name) !== undefined) tf.unregisterGradient(name);
  if (config !== undefined) tf.registerGradient(config);
}

/** The gradients of TensorFlow.js itself, of a result that is computed again, and so is on the tape where it belongs. */
function linked(tf: TensorFlow): GradConfig[] {
  return Object.entries(readResult).flatMap(([kernelName, names]) => {
    const config = tf.getGradient(kernelName);
    if (config?.outputsToSave === undefined) return [];
    const kept = config.inputsToSave ?? [];
    const gradFunc: GradConfig["gradFunc"] = (dy, saved, attributes) => {
      const inputs = Object.fromEntries(names.map((name, index) => [name, saved[kept.length + index]]));
      const result = tf.engine().runKernel(kernelName, inputs as NamedTensorMap, attributes) as Tensor;
      return config.gradFunc(dy, [...saved.slice(0, kept.length), result], attributes);
    };
    return [{ kernelName, inputsToSave: [...kept, ...names], gradFunc }];
  });
}

function constant(tf: TensorFlow): GradConfig[] {
  return Object.entries(steps).map(([kernelName, names]) => ({
    kernelName,
    inputsToSave: [...names],
    gradFunc: (_, saved) =>
      Object.fromEntries(names.map((name, index) => [name, () => tf.zeros((saved[index] as Tensor).shape)])),
  }));
}

/** Gradients of gradients, which are linear in what they are given. */
function missing(tf: TensorFlow): GradConfig[] {
  const run = (name: string, inputs: Record<string, unknown>, attributes: unknown) =>
    tf.engine().runKernel(name, inputs as NamedTensorMap, attributes as never) as Tensor;
  const convolution = (transposed: string, forward: string, filterGradient: string): GradConfig => ({
    kernelName: transposed,
    inputsToSave: ["dy", "filter"],
    gradFunc: (g, [dy, filter], attributes) => ({
      dy: () => run(forward, { x: g, filter }, { dilations: [1, 1, 1], ...(attributes as Attributes) }),
      filter: () => run(filterGradient, { x: g, dy }, { ...(attributes as Attributes), filterShape: filter?.shape }),
    }),
  });
  return [
    {
      kernelName: "EluGrad",
      inputsToSave: ["dy", "y"],
      gradFunc: (g, [dy, y]) => ({
        dy: () => run("EluGrad", { dy: g, y }, {}),
        y: () => tf.mul(tf.mul(g as Tensor, dy as Tensor), tf.cast(tf.less(y as Tensor, 0), "float32")),
      }),
    },
    {
      kernelName: "AvgPoolGrad",
      inputsToSave: ["input"],
      gradFunc: (g, [input], attributes) => ({
        dy: () => run("AvgPool", { x: g }, attributes),
        input: () => tf.zerosLike(input as Tensor),
      }),
    },
    convolution("Conv3DBackpropInputV2", "Conv3D", "Conv3DBackpropFilterV2"),
    convolution("DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropFilter"),
  ];
}

/** Throws where TensorFlow.js would, but says what to do. */
function refusal(kernelName: string): GradConfig {
  return {
    kernelName,
    gradFunc: () => {
      throw new SpectralNormError(
        "UNSUPPORTED",
        `gradientPenalty needs the derivative of the operation "${kernelName}", which TensorFlow.js does not have; ` +
          "leave the layer that uses it out of the critic",
      );
    },
  };
}
