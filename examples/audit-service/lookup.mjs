// @ts-check
/**
 * What a name stands for, in Node, Deno and Bun, all of which have `node:dns`.
 *
 * @module
 */
import { lookup as resolve } from "node:dns/promises";

/**
 * @param {string} name
 * @returns {Promise<readonly string[]>}
 */
export async function lookup(name) {
  return (await resolve(name, { all: true })).map(({ address }) => address);
}
