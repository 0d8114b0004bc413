/**
 * The functions of the package on workers, off the calling thread: `spectral-norm/pool`.
 *
 * @module
 */
export { createPool } from "./pool/create.js";
export type * from "./pool/types.js";
