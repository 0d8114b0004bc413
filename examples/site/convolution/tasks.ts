/**
 * What the page asks the engine.
 *
 * @module
 */
import type { Convolution, ConvolutionNorm, ConvolutionNormOptions, Engine } from "spectral-norm";

/** The norm of a layer as it runs. */
export function norm(engine: Engine, layer: Convolution, options: ConvolutionNormOptions): ConvolutionNorm {
  return engine.convolutionNorm(layer, options);
}

/** The tasks by name. */
export const tasks = { norm };
