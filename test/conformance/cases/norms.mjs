/** Norms, vectors and power iteration, over shapes that meet every tail of the SIMD kernels. */
import { biased, DTYPES, nested, noise, SHORT, vector } from "../data.mjs";

const SHAPES = [
  [1, 1],
  [1, 67],
  [67, 1],
  [3, 5],
  [16, 16],
  [17, 15],
  [31, 33],
  [67, 131],
];

const LARGE = [
  [128, 1152],
  [257, 255],
  [509, 3],
];

/** The unrolled kernels take 16 or more elements at a time, by blocks of 4 rows: these meet each remainder twice. */
const COLUMNS = 35;
const ROWS = 9;

function* ofShape(dtype, [rows, columns], seed) {
  const at = `${SHORT[dtype]} ${rows}x${columns}`;
  const w = noise(dtype, [rows, columns], seed);
  const clear = biased(dtype, [rows, columns], seed + 1);
  const u = vector(dtype, rows, seed + 2);
  const v = vector(dtype, columns, seed + 3);
  yield [`spectralNorm ${at}`, (engine) => engine.spectralNorm(clear)];
  yield [`dominantTriplet ${at}`, (engine) => engine.dominantTriplet(clear, { seed: 7 })];
  yield [`frobeniusNorm ${at}`, (engine) => engine.frobeniusNorm(w)];
  yield [`stableRank ${at}`, (engine) => engine.stableRank(clear)];
  yield [`bilinearForm ${at}`, (engine) => engine.bilinearForm(w, u, v)];
  yield [`powerIteration alternating ones ${at}`, (engine) => engine.powerIteration(w)];
  yield [
    `powerIteration gram random ${at}`,
    (engine) => engine.powerIteration(w, { form: "gram", start: "random", seed: seed + 4, iterations: 3 }),
  ];
}

function* ofLargeShape(dtype, [rows, columns], seed) {
  const at = `${SHORT[dtype]} ${rows}x${columns}`;
  const w = biased(dtype, [rows, columns], seed);
  yield [`dominantTriplet large ${at}`, (engine) => engine.dominantTriplet(w)];
  yield [`powerIteration large gram ${at}`, (engine) => engine.powerIteration(w, { form: "gram", iterations: 4 })];
  yield [`frobeniusNorm large ${at}`, (engine) => engine.frobeniusNorm(w)];
}

/** σ alone, a result a length: the name of the one that differs tells which tail is wrong. */
function* ofLengths(dtype) {
  const kind = SHORT[dtype];
  const gram = { form: "gram", iterations: 3 };
  for (let columns = 1; columns <= COLUMNS; columns += 1) {
    const w = noise(dtype, [6, columns], 1000 + columns);
    yield [`sweep gram columns ${kind} 6x${columns}`, (engine) => engine.powerIteration(w, gram).sigma];
    yield [`sweep frobenius columns ${kind} 6x${columns}`, (engine) => engine.frobeniusNorm(w)];
  }
  for (let rows = 1; rows <= ROWS; rows += 1) {
    const w = noise(dtype, [rows, 21], 2000 + rows);
    yield [`sweep gram rows ${kind} ${rows}x21`, (engine) => engine.powerIteration(w, gram).sigma];
    yield [`sweep alternating rows ${kind} ${rows}x21`, (engine) => engine.powerIteration(w).sigma];
  }
}

function* ofOptions(dtype) {
  const kind = SHORT[dtype];
  const w = biased(dtype, [12, 19], 40);
  for (const seed of [0, 1, 0x80000000, 0x100000001, Number.MAX_SAFE_INTEGER]) {
    const start = "random";
    yield [
      `seed ${seed} gram ${kind}`,
      (engine) => engine.powerIteration(w, { form: "gram", start, seed, iterations: 1 }),
    ];
    yield [`seed ${seed} alternating ${kind}`, (engine) => engine.powerIteration(w, { start, seed, iterations: 1 })];
    yield [`seed ${seed} triplet ${kind}`, (engine) => engine.dominantTriplet(w, { seed, maxIterations: 2 })];
  }
  for (const tolerance of [0.1, 1e-3, 1e-9, 1e-12]) {
    yield [`tolerance ${tolerance} ${kind}`, (engine) => engine.dominantTriplet(w, { tolerance })];
  }
  const v = vector("float64", 19, 41);
  const u = vector("float32", 12, 42);
  yield [`start given gram ${kind}`, (engine) => engine.powerIteration(w, { form: "gram", start: v, iterations: 2 })];
  yield [`start given alternating ${kind}`, (engine) => engine.powerIteration(w, { start: u, iterations: 2 })];
  yield [`start given triplet ${kind}`, (engine) => engine.dominantTriplet(w, { start: v })];
  yield [`start ones triplet ${kind}`, (engine) => engine.dominantTriplet(w, { start: "ones" })];
  yield [`iterations 50 ${kind}`, (engine) => engine.powerIteration(w, { iterations: 50 })];
  yield [`not converged ${kind}`, (engine) => engine.dominantTriplet(noise(dtype, [40, 40], 43), { maxIterations: 5 })];
}

/** The output axis of three and four dimensions, at either end and in the middle. */
function* ofAxes(dtype) {
  const kind = SHORT[dtype];
  const shapes = { "5x4x3": [5, 4, 3], "3x3x7x8": [3, 3, 7, 8] };
  let seed = 60;
  for (const [name, shape] of Object.entries(shapes)) {
    for (let axis = -1; axis < shape.length; axis += 1) {
      const w = biased(dtype, shape, seed, axis);
      seed += 1;
      yield [`axis ${axis} of ${name} triplet ${kind}`, (engine) => engine.dominantTriplet(w)];
      yield [`axis ${axis} of ${name} powerIteration ${kind}`, (engine) => engine.powerIteration(w)];
    }
  }
  yield [`axis frobenius ${kind}`, (engine) => engine.frobeniusNorm(noise(dtype, [3, 3, 7, 8], seed, -1))];
}

function* ofRows() {
  yield [
    "the article's shear",
    (engine) =>
      engine.dominantTriplet([
        [1, 100],
        [0, 1],
      ]),
  ];
  const rows = nested(biased("float64", [9, 11], 80));
  yield ["nested rows triplet", (engine) => engine.dominantTriplet(rows)];
  yield ["nested rows powerIteration", (engine) => engine.powerIteration(rows)];
  yield ["nested rows stableRank", (engine) => engine.stableRank(rows)];
}

export function* norms() {
  for (const dtype of DTYPES) {
    for (const [i, shape] of SHAPES.entries()) yield* ofShape(dtype, shape, 10 * i);
    for (const [i, shape] of LARGE.entries()) yield* ofLargeShape(dtype, shape, 500 + i);
    yield* ofLengths(dtype);
    yield* ofOptions(dtype);
    yield* ofAxes(dtype);
  }
  yield* ofRows();
}
