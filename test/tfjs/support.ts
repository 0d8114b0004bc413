import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type { serialization, Tensor } from "@tensorflow/tfjs";
import { load, type SpectralNormalizationLayer, type Tfjs, type TfjsPreset } from "spectral-norm/tfjs";
import { expect } from "vitest";
import { makeData } from "../values/inputs.ts";

export { tf };

export const adapter: Tfjs = await load(tf);

// The WebAssembly backend comes first by itself, but only once it is asked for.
await tf.setBackend("cpu");

/** The backends that run in Node. */
export const backends = ["cpu", "wasm"] as const;

export async function use(backend: string): Promise<void> {
  expect(await tf.setBackend(backend)).toBe(true);
  expect(tf.getBackend()).toBe(backend);
}

/** A tensor of the integers of test/fixtures/inputs.py. */
export function bell(shape: readonly number[], seed: number, exponent: number): Tensor {
  return tf.tensor(makeData({ shape, kind: "bell", seed, exponent }, "float32"), [...shape]);
}

export interface LayerSpec {
  readonly className: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A layer by the name of its class, as fixtures name it. */
export function makeLayer(
  { className, args }: LayerSpec,
  more: Readonly<Record<string, unknown>> = {},
): tf.layers.Layer {
  const inner = args["layer"] as LayerSpec | undefined;
  if (inner !== undefined) {
    return adapter.layers.spectralNormalization({ ...args, layer: makeLayer(inner), ...more });
  }
  const [Layer] = tf.serialization.SerializationMap.getMap().classNameMap[className] ?? [];
  expect(Layer, className).toBeDefined();
  const Class = Layer as unknown as new (args: object) => serialization.Serializable;
  return new Class({ ...args, ...more }) as tf.layers.Layer;
}

/** Equality to a share of the largest entry, or of 1 where that is more. */
export function expectClose(actual: Tensor, expected: readonly number[] | undefined, tolerance: number): void {
  const values = actual.dataSync();
  expect(values).toHaveLength(expected?.length ?? -1);
  const scale = Math.max(1e-2, ...(expected ?? []).map(Math.abs));
  const worst = Math.max(...Array.from(values, (x, i) => Math.abs(x - (expected?.[i] ?? Number.NaN))));
  expect(worst / scale).toBeLessThan(tolerance);
}

/** What a function throws. */
export function errorOf(run: () => unknown): {
  readonly name: string;
  readonly code: string;
  readonly message: string;
} {
  try {
    run();
  } catch (error) {
    return error as never;
  }
  throw new Error("nothing was thrown");
}

/** A wrapped layer of four outputs, built for six inputs, with a kernel of the fixtures. */
export function dense(preset: TfjsPreset, more: object = {}): SpectralNormalizationLayer {
  const layer = tf.layers.dense({ units: 4, useBias: false });
  const wrapper = adapter.layers.spectralNormalization({ preset, layer, inputShape: [6], ...more });
  wrapper.build([null, 6]);
  wrapper.layer.setWeights([bell([6, 4], 11, -8)]);
  return wrapper;
}

/** Applies a layer to tensors. */
export const call = (layer: tf.layers.Layer, x: Tensor, training: boolean): Tensor =>
  layer.apply(x, { training }) as Tensor;

/** What an identity as input gives: the kernel that the layer computes with. */
export const kernelOf = (layer: tf.layers.Layer, training: boolean): Tensor => call(layer, tf.eye(6), training);
