/**
 * Spectral normalization, penalties, clips and the WGAN's objectives for jax-js: pure functions that compose with its `grad`,
 * `jit` and `vmap`. Its package, `@jax-js/jax`, is an optional peer dependency.
 *
 * As in jax-js, a function uses its arrays up: write `.ref`, or `tree.ref(…)`, for what is needed again. A call that throws has
 * used nothing up.
 *
 * @module
 */
export * from "./jax/adversarial.js";
export { clipSpectral, frobeniusClip, spectralConstraint, weightClip } from "./jax/constraints.js";
export * from "./jax/exact.js";
export { frobeniusNorm, normalizeTree, powerIteration, spectralNorm, spectralNormalize } from "./jax/norms.js";
export * from "./jax/penalties.js";
export { spectralNormState, stateTree, updateState, updateTree } from "./jax/state.js";
export type * from "./jax/types.js";
