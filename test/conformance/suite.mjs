/**
 * Runs the suite against a package and compares what came with what was recorded. Plain JavaScript without imports from
 * any runtime.
 *
 * @module
 */
import { bitsOf, difference } from "./bits.mjs";
import { cases } from "./cases.mjs";
import { contract } from "./contract.mjs";
import { checkPool } from "./pool.mjs";

function outcome(run, engine) {
  try {
    return bitsOf(run(engine));
  } catch (error) {
    return `error: ${error.code ?? error.name}: ${error.message}`;
  }
}

/** The bits of every result, by name, computed in the order of `named`. */
export function record(engine, named = cases()) {
  const bits = {};
  for (const [name, run] of named) {
    if (name in bits) throw new Error(`two results are called ${name}`);
    bits[name] = outcome(run, engine);
  }
  return bits;
}

/** The checks that do not hold, as sentences. */
async function broken(api) {
  const sentences = [];
  for (const [name, check] of contract()) {
    try {
      await check(api);
    } catch (error) {
      sentences.push(`${name}: ${error.message}`);
    }
  }
  return sentences;
}

/** What differs between the bits a runtime gave and the recorded ones. */
export function differences(got, expected) {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names].flatMap((name) => {
    const where = difference(expected[name], got[name]);
    return where === undefined ? [] : [`${name}: ${where}`];
  });
}

/**
 * Everything a runtime has to say, as plain data.
 *
 * @param api The namespace of the package.
 * @param expected The recorded bits.
 * @param createPool That of `spectral-norm/pool`.
 * @param workers How many workers the runtime has for it.
 */
export async function conform(api, expected, createPool, workers = 2) {
  const started = Date.now();
  const engine = await api.load();
  const bits = record(engine);
  // Whatever a call leaves behind in memory must not reach the next one's result.
  const backwards = record(engine, [...cases()].reverse());
  const unstable = differences(backwards, bits).map((sentence) => `depends on the calls before: ${sentence}`);
  const pool = await checkPool(api, createPool, workers);
  return {
    results: Object.keys(bits).length,
    checks: [...contract()].length + 1 + pool.checks,
    differ: differences(bits, expected),
    broken: [...(await broken(api)), ...pool.broken, ...unstable.slice(0, 1)],
    milliseconds: Date.now() - started,
  };
}
