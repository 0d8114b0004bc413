/**
 * Models without the wrapper: plain layers that compute the same, for who only wants to evaluate.
 *
 * @module
 */
import type { LayersModel, layers, serialization } from "@tensorflow/tfjs";
import { complaint } from "../engine/validate.js";
import { StateError, TypeMismatchError } from "../index.js";
import { configOf } from "./serialized.js";
import type { TensorFlow } from "./types.js";
import type { WrapperClass } from "./wrapper.js";

type Config = serialization.ConfigDict;
type Layer = layers.Layer;

/** Makes {@link Tfjs.bake} for a TensorFlow.js. */
export function makeBake(tf: TensorFlow, wrapper: WrapperClass): (model: LayersModel) => LayersModel {
  return (model) => {
    if (!(model instanceof tf.LayersModel)) {
      throw new TypeMismatchError(complaint("model", "a model of layers", model));
    }
    if (model.layers.length === 0 || model.layers.some(({ built }) => !built)) {
      throw new StateError(`the model "${model.name}" has no weights yet: give its first layer an inputShape`);
    }
    const Class = model.constructor as serialization.SerializableConstructor<LayersModel>;
    const config = unwrapped(structuredClone(model.getConfig()), wrapper.className) as Config;
    const baked = Class.fromConfig(Class, config);
    copyWeights(tf, wrapper, model, baked);
    return baked;
  };
}

/** A configuration with every wrapper replaced by the layer in it, under the wrapper's name, for nodes go by names. */
function unwrapped(value: unknown, className: string): unknown {
  if (Array.isArray(value)) {
    return value.map((entry) => unwrapped(entry, className));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(([key, entry]) => [key, unwrapped(entry, className)]);
  const config = Object.fromEntries(entries) as Record<string, Config | string>;
  if (config["className"] !== className || typeof config["config"] !== "object") {
    return config;
  }
  const { layer, name, batchInputShape } = config["config"] as Record<string, Config>;
  return { ...config, ...layer, config: configOf({ ...(layer?.["config"] as Config), name, batchInputShape }) };
}

/** The parts of a layer that are layers: those of a model, or the one in a wrapper of TensorFlow.js. */
function partsOf(layer: Layer): readonly Layer[] {
  const { layers: many, layer: one, forwardLayer, backwardLayer } = layer as unknown as Partial<Record<string, Layer>>;
  return many === undefined ? [one, forwardLayer, backwardLayer].filter((part) => part !== undefined) : (many as never);
}

function copyWeights(tf: TensorFlow, wrapper: WrapperClass, from: Layer, to: Layer): void {
  if (from instanceof wrapper) {
    tf.tidy(() => to.setWeights(from.bakedWeights()));
    return;
  }
  const parts = partsOf(from);
  if (parts.length === 0) {
    if (from.weights.length > 0) to.setWeights(from.getWeights());
    return;
  }
  for (const [index, part] of parts.entries()) {
    const other = partsOf(to)[index];
    if (other !== undefined) copyWeights(tf, wrapper, part, other);
  }
}
