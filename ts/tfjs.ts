/**
 * Spectral norms for TensorFlow.js, in the idiom of Keras: constraints, regularizers, a wrapper layer, losses of GANs.
 *
 * @module
 */
import { loadAdapter } from "./tfjs/load.js";
import type { TensorFlow, Tfjs } from "./tfjs/types.js";

export type * from "./tfjs/types.js";

/**
 * Loads the engine and the adapter for a TensorFlow.js, and registers its classes, so that `tf.loadLayersModel` knows
 * them. For the WebAssembly backend it also adds the operations that training convolutions and embeddings takes. Later
 * calls give the same adapter; after a failure the next call makes a new attempt.
 *
 * @param tf The module `@tensorflow/tfjs`. By default it is imported.
 * @throws {SpectralNormError} `LOAD`: `@tensorflow/tfjs` is not installed, or WebAssembly does not start. `TYPE`.
 * @example Object.keys(await load(tf)).length // 7
 */
export const load: (tf?: TensorFlow) => Promise<Tfjs> = loadAdapter;
