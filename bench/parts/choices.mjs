// @ts-check
import { alternate, clocked, repeated } from "../alternate.mjs";
import { gappedMatrix, gaussianMatrix } from "../harness.mjs";

const SIDE = 1024;
/** Of one pass in another order, and of norms to other tolerances. */
const AGREEMENT = 1e-3;
const TOGETHER = 20;

/** Iterations on a matrix of this shape and type. @param {any} engine @param {string} peer @param {number[]} shape @param {any} [options] */
function iterating(engine, peer, [rows = 1, columns = 1], { dtype = "float32", form = "gram" } = {}) {
  const matrix = engine.matrix([rows, columns], { dtype });
  const weight = gappedMatrix(rows, columns);
  matrix.set(dtype === "float64" ? Float64Array.from(weight) : weight);
  const step = (/** @type {number} */ iterations) => engine.powerIteration(matrix, { iterations, form }).sigma;
  return clocked(peer, Object.assign(step, { dispose: () => matrix.free() }));
}

/** Norms of a Gaussian matrix to a tolerance, by a method. @param {any} engine @param {string} peer @param {any} [options] */
function searching(engine, peer, options = {}) {
  const matrix = engine.matrix([SIDE, SIDE]);
  matrix.set(gaussianMatrix(SIDE, SIDE, SIDE));
  const step = repeated(() => engine.spectralNorm(matrix, options));
  return clocked(peer, Object.assign(step, { dispose: () => matrix.free() }));
}

/** Of a power iteration. @param {any} engine */
function passes(engine) {
  const square = [SIDE, SIDE];
  const iterations = { together: TOGETHER, fewest: TOGETHER, agreement: AGREEMENT };
  return [
    {
      name: "a power iteration, precision",
      runners: [iterating(engine, "float32", square), iterating(engine, "float64", square, { dtype: "float64" })],
      settings: iterations,
    },
    {
      name: "a power iteration, form",
      runners: [
        iterating(engine, "gram: WᵀWv in one sweep", square),
        iterating(engine, "alternating: Wv, then Wᵀu, each of unit length", square, { form: "alternating" }),
      ],
      settings: iterations,
    },
    {
      name: "a power iteration, long rows",
      runners: [iterating(engine, "128×8192", [128, 8192]), iterating(engine, "16×65536", [16, 65536])],
      settings: { ...iterations, agreement: Number.POSITIVE_INFINITY },
    },
    {
      name: "a power iteration, short rows",
      runners: [iterating(engine, "8192×128", [8192, 128]), iterating(engine, "65536×16", [65536, 16])],
      settings: { ...iterations, agreement: Number.POSITIVE_INFINITY },
    },
  ];
}

/** Of a norm. @param {any} engine */
function searches(engine) {
  const data = gaussianMatrix(SIDE, SIDE, SIDE);
  const copied = repeated(() => engine.spectralNorm({ data, shape: [SIDE, SIDE] }));
  return [
    {
      name: "spectralNorm, method",
      runners: [
        searching(engine, "lanczos, tolerance 1e-3", { tolerance: 1e-3 }),
        searching(engine, "power, tolerance 1e-3", { method: "power", tolerance: 1e-3 }),
      ],
      settings: { agreement: AGREEMENT },
    },
    {
      name: "spectralNorm, tolerance",
      runners: [
        searching(engine, "1e-6, the default"),
        searching(engine, "1e-4", { tolerance: 1e-4 }),
        searching(engine, "1e-9", { tolerance: 1e-9 }),
      ],
      settings: { agreement: AGREEMENT },
    },
    {
      name: "spectralNorm, where the weight is",
      runners: [searching(engine, "in the engine's memory"), clocked("in a typed array", copied)],
      settings: { agreement: AGREEMENT },
    },
  ];
}

/** What a call costs besides its work: the checks, the way into WebAssembly and back. @param {any} engine */
function calls(engine) {
  const matrix = engine.matrix([1, 1]);
  matrix.set([SIDE]);
  const [data, shape] = [Float32Array.of(SIDE), [1, 1]];
  const resident = repeated(() => engine.frobeniusNorm(matrix));
  return [
    {
      name: "frobeniusNorm of one number, where it is",
      runners: [
        clocked("in the engine's memory", Object.assign(resident, { dispose: () => matrix.free() })),
        clocked(
          "in a typed array",
          repeated(() => engine.frobeniusNorm({ data, shape })),
        ),
      ],
      settings: {},
    },
  ];
}

export const choices = {
  title: "What choices cost",
  about:
    "Ours in one way and in another, on a float32 matrix of 1024×1024 unless told; the first of each is what the others are held against. " +
    "The norms are of a Gaussian matrix, where neighboring singular values are as close as they get.",
  needs: [],
  async measure(/** @type {{ rounds: number, quick: boolean }} */ { rounds }) {
    const { load } = await import("../../dist/index.js");
    const engine = await load();
    const found = [];
    for (const { name, runners, settings } of [...passes(engine), ...searches(engine), ...calls(engine)]) {
      found.push({ name, results: await alternate(runners, { rounds, ...settings }) });
    }
    return { versions: {}, cases: found };
  },
};
