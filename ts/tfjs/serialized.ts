/**
 * Layers within the configurations of layers, of this package and as Keras writes them.
 *
 * @module
 */
import type { layers, serialization } from "@tensorflow/tfjs";
import { complaint } from "../engine/validate.js";
import { FormatError } from "../index.js";
import type { TensorFlow } from "./types.js";

type Config = serialization.ConfigDict;

function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The configuration with types by their names: Keras 3 has objects of class DTypePolicy for them. */
export function withPlainTypes(config: Config): Config {
  const { dtype } = config;
  const policy = isConfig(dtype) && isConfig(dtype["config"]) ? dtype["config"]["name"] : undefined;
  return policy === undefined ? config : { ...config, dtype: policy };
}

/** Arguments as a configuration, without those that were left out. */
export function configOf(args: object): Config {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined && value !== null));
}

/** What was saved: TensorFlow.js adds the objects it knows besides, for whoever has use for them. */
export function withoutCustomObjects({ customObjects: _, ...config }: Config): Config {
  return config;
}

/** The layer that a configuration with a class name describes. */
export function fromClassName(tf: TensorFlow, title: string, value: unknown): layers.Layer {
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  const name = isConfig(value) ? value["className"] : undefined;
  const entry = typeof name === "string" && Object.hasOwn(known, name) ? known[name] : undefined;
  if (!isConfig(value) || entry === undefined || !isConfig(value["config"])) {
    throw new FormatError(complaint(title, "{ className, config } of a layer that is registered", value));
  }
  const [Class, fromConfig] = entry;
  return fromConfig(Class, withPlainTypes(value["config"])) as layers.Layer;
}
