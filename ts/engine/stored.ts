/**
 * The functions of the module for weights that are stored in half of the bytes.
 *
 * @module
 */
import { storedFrobeniusNorm, storedGramPass, storedMultiply, storedTriplet } from "./wasm/spectral_norm.js";

/** What the door has for other weights, for these. */
export interface Stored {
  readonly dominantTriplet: typeof storedTriplet;
  readonly frobeniusNorm: typeof storedFrobeniusNorm;
  readonly multiply: typeof storedMultiply;
  readonly gramPass: typeof storedGramPass;
}

/** Those functions; undefined in the entry whose module lacks them, for which the bundler takes ./unstored.ts. */
export const stored: Stored | undefined = {
  dominantTriplet: storedTriplet,
  frobeniusNorm: storedFrobeniusNorm,
  multiply: storedMultiply,
  gramPass: storedGramPass,
};
