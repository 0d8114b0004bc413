/**
 * In the place of ./stored.ts where the JavaScript carries the module, which is the smaller one: that entry takes no such weights.
 *
 * @module
 */

/** None. */
export const stored = undefined;
