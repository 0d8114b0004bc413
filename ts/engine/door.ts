/**
 * The one file that knows the generated glue, but for ./stored.ts.
 *
 * @module
 */
import type * as glue from "./wasm/spectral_norm.js";
import init, {
  addOuter,
  bufferAddress,
  bufferFree,
  bufferNew,
  convolutionNorm,
  dominantTriplet,
  fillNormal,
  frobeniusNorm,
  frobeniusProduct,
  gramPass,
  initSync,
  krylovBest,
  krylovNew,
  krylovStep,
  leading,
  multiply,
  powerIteration,
  scaleToNorm,
  spectralNormBounds,
  spectralRadius,
} from "./wasm/spectral_norm.js";

/** The functions of the Rust crate, as crate/src/wasm/ exports them. They take ids of buffers. */
export const door: Omit<typeof glue, "default" | "initSync" | `stored${string}`> = {
  addOuter,
  bufferAddress,
  bufferFree,
  bufferNew,
  convolutionNorm,
  dominantTriplet,
  fillNormal,
  frobeniusNorm,
  frobeniusProduct,
  gramPass,
  krylovBest,
  krylovNew,
  krylovStep,
  leading,
  multiply,
  powerIteration,
  scaleToNorm,
  spectralNormBounds,
  spectralRadius,
};

/**
 * At once where the engine allows it: the glue's asynchronous way asks for `Request`, whose first use in Node takes
 * longer than all the rest of loading. Chromium up to 114 refuses modules of this size on the main thread.
 */
export function start(module: WebAssembly.Module): ReturnType<typeof initSync> | ReturnType<typeof init> {
  try {
    return initSync({ module });
  } catch {
    return init({ module_or_path: module });
  }
}

/** Gives buffers back. */
export function release(ids: readonly number[]): void {
  for (const id of ids) {
    door.bufferFree(id);
  }
}
