/**
 * What must hold in every runtime besides the bits: how the package loads, how it refuses, and that it goes on after.
 * A check throws when it does not hold.
 *
 * @module
 */

function assert(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

const SHEAR = [
  [1, 100],
  [0, 1],
];
const SIGMA = 100.00999900019995;

function dense(data, ...shape) {
  return { data, shape };
}

const NOT_A_NUMBER = dense(Float64Array.of(1, 2, Number.NaN, 4), 2, 2);
const INFINITE = dense(Float32Array.of(1, Number.NEGATIVE_INFINITY), 1, 2);

/** Bad calls: the code and the words each must fail with, as functions of the top-level API and of an engine. */
const REFUSED = {
  "NaN, with row and column": ["NON_FINITE", /NaN.*row 1.*column 0/, (on) => on.spectralNorm(NOT_A_NUMBER)],
  "infinity in float32": ["NON_FINITE", /infinity.*row 0.*column 1/i, (on) => on.frobeniusNorm(INFINITE)],
  "a wrong length": ["SHAPE", /"w\.data" expected/, (on) => on.spectralNorm(dense(new Float32Array(5), 2, 3))],
  "a dimension of 0": ["SHAPE", /shape/, (on) => on.spectralNorm(dense(new Float32Array(0), 0, 3))],
  "no axis in four dimensions": ["SHAPE", /axis/, (on) => on.spectralNorm(dense(new Float32Array(16), 2, 2, 2, 2))],
  "an unknown option": ["OPTION", /tolerence/, (on) => on.spectralNorm(SHEAR, { tolerence: 1e-3 })],
  "a tolerance of 0": ["OPTION", /tolerance/, (on) => on.spectralNorm(SHEAR, { tolerance: 0 })],
  "no iterations": ["OPTION", /iterations/, (on) => on.powerIteration(SHEAR, { iterations: 0 })],
  "an array of integers": ["TYPE", /"w\.data" expected/, (on) => on.spectralNorm(dense(new Int32Array(4), 2, 2))],
  "no weight": ["TYPE", /"w" expected/, (on) => on.spectralNorm()],
  "a negative limit": ["OPTION", /"c"/, (on) => on.clipWeights(SHEAR, -1)],
  "too few passes": [
    "CONVERGENCE",
    /./,
    (on) => on.spectralNorm(slow(), { method: "power", maxIterations: 1, tolerance: 1e-12 }),
  ],
};

/** Singular values 1 and 1 - 1/64: one pass cannot tell them apart. */
function slow() {
  return [
    [1, 0],
    [0, 1 - 1 / 64],
  ];
}

function assertError(api, error, code, pattern) {
  assert(error instanceof Error, `expected an Error, got ${error}`);
  assert(error instanceof api.SpectralNormError, `expected a SpectralNormError, got ${error.name}: ${error.message}`);
  assert(error.code === code, `expected the code ${code}, got ${error.code}: ${error.message}`);
  assert(pattern.test(error.message), `expected a message that matches ${pattern}, got ${error.message}`);
}

async function rejection(start) {
  let promise;
  try {
    promise = start();
  } catch (error) {
    throw new Error(`threw instead of rejecting: ${error}`);
  }
  return promise.then(
    () => assert(false, "expected a rejection, got a value"),
    (error) => error,
  );
}

function thrown(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, got a value");
}

function throws(api, code, pattern, run) {
  assertError(api, thrown(run), code, pattern);
}

function* refusals() {
  for (const [name, [code, pattern, call]] of Object.entries(REFUSED)) {
    yield [
      `refuses ${name} with ${code}`,
      async (api) => {
        assertError(api, await rejection(() => call(api)), code, pattern);
        const engine = await api.load();
        throws(api, code, pattern, () => call(engine));
        assert(close(engine.spectralNorm(SHEAR)), "the engine must compute correctly after an error");
      },
    ];
  }
}

function close(sigma) {
  return Math.abs(sigma - SIGMA) <= 1e-6 * SIGMA;
}

async function loadsOnce(api) {
  const engines = await Promise.all(Array.from({ length: 20 }, () => api.load()));
  assert(new Set(engines).size === 1, "load() must give one engine");
  assert((await api.load()) === engines[0], "a later load() must give the same engine");
}

async function asynchronously(api) {
  const engine = await api.load();
  const promise = api.spectralNorm(SHEAR);
  assert(promise instanceof Promise, "spectralNorm must return a promise");
  const sigma = await promise;
  assert(close(sigma), `expected ${SIGMA}, got ${sigma}`);
  assert(Object.is(sigma, engine.spectralNorm(SHEAR)), "the async and the sync form must agree to the bit");
  const { sigma: estimate } = await api.powerIteration(SHEAR);
  assert(Object.is(estimate, engine.powerIteration(SHEAR).sigma), "powerIteration must agree to the bit");
  const layer = await api.createSpectralNormalization([1, 2]);
  const { sigma: divisor } = layer.forward(Float32Array.of(3, 4));
  assert(Math.abs(divisor - 5) <= 1e-12, `a layer of [3, 4] must divide by 5, got ${divisor}`);
  layer.free();
}

async function survivesGrowth(api) {
  const engine = await api.load();
  const small = engine.matrix([2, 3], { dtype: "float64" });
  small.set([1, 2, 3, 4, 5, 6]);
  const before = small.view.buffer.byteLength;
  const large = engine.matrix([1024, Math.ceil(before / 4096) + 1]);
  assert(small.view.buffer.byteLength > before, "the memory must have grown for this check to mean anything");
  assert(small.view.join() === "1,2,3,4,5,6", `a view read after growth must show the weight, got ${small.view}`);
  large.free();
  small.free();
}

async function disposes(api) {
  const engine = await api.load();
  const handle = engine.matrix([4, 4]);
  handle.free();
  handle.free();
  throws(api, "DISPOSED", /./, () => handle.view);
  throws(api, "DISPOSED", /./, () => engine.spectralNorm(handle));
  assertError(api, await rejection(() => api.spectralNorm(handle)), "DISPOSED", /./);
  const layer = engine.createSpectralNormalization([2, 2]);
  throws(api, "STATE", /./, () => layer.backward(new Float32Array(4)));
  layer.free();
  throws(api, "DISPOSED", /./, () => layer.forward(new Float32Array(4)));
}

async function copiesResults(api) {
  const engine = await api.load();
  const { v } = engine.dominantTriplet(SHEAR);
  const kept = v.slice();
  engine.dominantTriplet([
    [0, 1],
    [2, 0],
  ]);
  engine.matrix([512, 512]).free();
  assert(v.length === 2 && v.every((x, i) => x === kept[i]), "a result must not change with later calls");
  const data = Float32Array.of(3, 4);
  engine.spectralNormalize({ data, shape: [1, 2] });
  assert(data[0] === 3 && data[1] === 4, "the input must stay as it was");
}

/** Pairs of a name and an async function of the package's namespace. */
export function* contract() {
  yield ["load() gives one engine", loadsOnce];
  yield ["async functions agree with the engine", asynchronously];
  yield ["a view survives memory growth", survivesGrowth];
  yield ["freed handles refuse", disposes];
  yield ["results are copies", copiesResults];
  yield* refusals();
}
