/**
 * All weights of a model at once: `spectral-norm/model`.
 *
 * @module
 */
export { createModelNormalization } from "./model/create.js";
export { spectralNorms } from "./model/norms.js";
export type * from "./model/types.js";
