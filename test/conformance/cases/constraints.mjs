/** Normalization and clipping, into new arrays, into given ones and in place. */
import { arrayOf, biased, DTYPES, nested, noise, SHORT } from "../data.mjs";

const SHAPES = [
  [1, 1],
  [16, 33],
  [67, 35],
];

/** `out` in a result is a second reading of the same array, so the result leaves it out. */
function inPlace(call, w) {
  const out = w.data.slice();
  return call({ ...w, data: out }, out);
}

function* ofShape(dtype, shape, seed) {
  const at = `${SHORT[dtype]} ${shape.join("x")}`;
  const w = biased(dtype, shape, seed);
  const length = w.data.length;
  yield [`spectralNormalize ${at}`, (engine) => engine.spectralNormalize(w)];
  yield [`spectralNormalize target ${at}`, (engine) => engine.spectralNormalize(w, { target: 0.3, tolerance: 1e-9 })];
  yield [`spectralNormalize shrink ${at}`, (engine) => engine.spectralNormalize(w, { mode: "shrink", target: 2 })];
  yield [
    `spectralNormalize left alone ${at}`,
    (engine) => engine.spectralNormalize(w, { mode: "shrink", target: 1e6 }),
  ];
  yield [`spectralNormalize out ${at}`, (engine) => engine.spectralNormalize(w, { out: arrayOf(dtype, length) })];
  yield [`spectralNormalize in place ${at}`, (engine) => inPlace((x, out) => engine.spectralNormalize(x, { out }), w)];
  yield [`clipWeights ${at}`, (engine) => engine.clipWeights(w, 0.37)];
  yield [`clipWeights large ${at}`, (engine) => engine.clipWeights(w, 1e30)];
  yield [`clipWeights in place ${at}`, (engine) => inPlace((x, out) => engine.clipWeights(x, 0.01, { out }), w)];
  yield [`clipFrobenius ${at}`, (engine) => engine.clipFrobenius(w, 0.5)];
  yield [`clipFrobenius inside ${at}`, (engine) => engine.clipFrobenius(w, 1e6)];
  yield [`clipFrobenius in place ${at}`, (engine) => inPlace((x, out) => engine.clipFrobenius(x, 0.25, { out }), w)];
}

/** The elements stay in the input's order, whichever axis the norm was taken along. */
function* ofAxes(dtype) {
  for (const axis of [0, 1, 2, -1]) {
    const w = biased(dtype, [4, 3, 3, 5], 120 + axis, axis);
    yield [`spectralNormalize axis ${axis} ${SHORT[dtype]}`, (engine) => engine.spectralNormalize(w)];
  }
}

/** Every length, for the elementwise kernels read a weight as one long row. */
function* ofLengths(dtype) {
  for (let length = 1; length <= 18; length += 1) {
    const w = noise(dtype, [1, length], 3000 + length);
    const kind = `${SHORT[dtype]} 1x${length}`;
    yield [`sweep clipWeights ${kind}`, (engine) => engine.clipWeights(w, 0.5).data];
    yield [`sweep clipFrobenius ${kind}`, (engine) => engine.clipFrobenius(w, 0.5).data];
  }
}

export function* constraints() {
  for (const dtype of DTYPES) {
    for (const [i, shape] of SHAPES.entries()) yield* ofShape(dtype, shape, 100 + i);
    yield* ofAxes(dtype);
    yield* ofLengths(dtype);
  }
  const rows = nested(biased("float64", [5, 6], 130));
  yield ["nested rows spectralNormalize", (engine) => engine.spectralNormalize(rows)];
  yield ["nested rows clipWeights", (engine) => engine.clipWeights(rows, 0.4)];
  yield ["nested rows clipFrobenius", (engine) => engine.clipFrobenius(rows, 1)];
}
