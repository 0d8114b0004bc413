/**
 * What must hold of `spectral-norm/pool` in every runtime. A check throws when it does not hold.
 *
 * @module
 */

function assert(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

function weight(rows, columns) {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.fround(((i * 7919) % 4093) / 4093 - 0.5));
  return { data, shape: [rows, columns] };
}

async function rejection(promise) {
  return promise.then(
    () => assert(false, "expected a rejection, got a value"),
    (error) => error,
  );
}

async function sameBits(api, pool) {
  const engine = await api.load();
  const list = [
    weight(30, 40),
    weight(200, 100),
    [
      [3, 0],
      [0, 4],
    ],
  ];
  const norms = await pool.spectralNorms(list);
  const expected = list.map((w) => engine.spectralNorm(w));
  assert(
    norms.every((norm, i) => Object.is(norm, expected[i])),
    `expected ${expected}, got ${norms}`,
  );
  const { v } = await pool.dominantTriplet(list[0]);
  assert(v.join() === engine.dominantTriplet(list[0]).v.join(), "vectors must agree to the bit");
}

async function givesBack(_, pool) {
  const w = weight(64, 64);
  const before = w.data.join();
  const norm = pool.with({ transfer: true }).spectralNorm(w);
  await norm;
  assert(w.data.join() === before, "an array that was transferred must come back as it was");
}

async function refuses(api, pool) {
  const error = await rejection(pool.spectralNorm([[1, Number.NaN]]));
  assert(error instanceof api.SpectralNormError && error.code === "NON_FINITE", `expected NON_FINITE, got ${error}`);
  assert((await pool.spectralNorm([[2]])) === 2, "the pool must compute correctly after an error");
}

async function aborts(_, pool) {
  const stop = new AbortController();
  const call = pool.with({ signal: stop.signal }).singularValues(weight(300, 300), { k: 200, tolerance: 1e-14 });
  setTimeout(() => stop.abort(new Error("enough")), 1);
  const error = await rejection(call);
  assert(error.message === "enough", `expected the signal's reason, got ${error}`);
  assert((await pool.spectralNorm([[2]])) === 2, "the pool must compute correctly after an abort");
}

/** What Node found with two workers; the same bits are found with any number, by any runtime. */
const SPLIT = 87.38172288175416;

async function splits(_, pool, createPool) {
  const w = weight(1000, 300);
  const alone = await createPool({ workers: 0 });
  const [one, other] = await Promise.all([pool, alone].map((on) => on.with({ split: true }).spectralNorm(w)));
  assert(
    Object.is(one, SPLIT) && Object.is(other, SPLIT),
    `expected ${SPLIT}, got ${one} by workers, ${other} by none`,
  );
  await alone.close();
}

async function closes(_, pool) {
  await pool.close();
  const error = await rejection(pool.spectralNorm([[1]]));
  assert(error.code === "WORKER", `expected WORKER, got ${error.code}: ${error.message}`);
}

/** The sentences of the checks that fail, and how many checks there are; each has a pool of `workers`. */
export async function checkPool(api, createPool, workers) {
  const checks = Object.entries({ sameBits, givesBack, refuses, ...(workers > 0 && { aborts }), splits, closes });
  const broken = [];
  for (const [name, check] of checks) {
    try {
      await check(api, await createPool({ workers }), createPool);
    } catch (error) {
      broken.push(`a pool of ${workers}: ${name}: ${error.message}`);
    }
  }
  return { checks: checks.length, broken };
}
