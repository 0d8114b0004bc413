/**
 * The key to what is inside engines and handles, for files of the package that are bundled apart.
 *
 * @module
 */

/** Where ts/pool/ and ts/checkpoint/ find it: between files of the package, and no part of what it promises. */
export const insides: unique symbol = Symbol.for("spectral-norm.insides") as never;
