/** Every method, bounds of every certainty, singular values, gradients and projections, operators. */
import { biased, DTYPES, matrix, noise, SHORT } from "../data.mjs";

const SHAPES = [
  [1, 40],
  [13, 9],
  [70, 90],
  [130, 66],
];

function* ofShape(dtype, shape, seed) {
  const at = `${SHORT[dtype]} ${shape.join("x")}`;
  const w = biased(dtype, shape, seed);
  const flat = noise(dtype, shape, seed + 1);
  for (const method of ["lanczos", "exact"]) {
    yield [`${method} triplet ${at}`, (engine) => engine.dominantTriplet(w, { method })];
    yield [`${method} triplet flat ${at}`, (engine) => engine.dominantTriplet(flat, { method, seed: 5 })];
  }
  yield [`lanczos sharp ${at}`, (engine) => engine.dominantTriplet(flat, { tolerance: 1e-10 })];
  yield [`lanczos start ones ${at}`, (engine) => engine.dominantTriplet(flat, { method: "lanczos", start: "ones" })];
  yield [`singularValues ${at}`, (engine) => engine.singularValues(flat, { k: 1, vectors: true })];
  for (const [name, certainty] of Object.entries({ cheap: "cheap", probable: 1 - 1e-9, rigorous: "rigorous" })) {
    yield [`bounds ${name} ${at}`, (engine) => engine.spectralNormBounds(flat, { certainty })];
  }
  yield [`spectralNormalize by upper ${at}`, (engine) => engine.spectralNormalize(flat, { by: "upper" })];
  yield [`spectralNormGradient ${at}`, (engine) => engine.spectralNormGradient(flat)];
  yield [`spectralNormalizeGradient ${at}`, (engine) => engine.spectralNormalizeGradient(flat, w.data)];
  yield [`spectralPenalty ${at}`, (engine) => engine.spectralPenalty(flat, { lambda: 0.1, above: 0.2 })];
  yield [`frobeniusPenalty ${at}`, (engine) => engine.frobeniusPenalty(flat, { lambda: 0.1 })];
  yield [`clipSpectral ${at}`, (engine) => engine.clipSpectral(flat, 1.5)];
}

function* ofSide(side, seed) {
  for (const dtype of DTYPES) {
    const at = `${SHORT[dtype]} ${side}x${side}`;
    yield [`spectralRadius ${at}`, (engine) => engine.spectralRadius(biased(dtype, [side, side], seed))];
    yield [`spectralRadius flat ${at}`, (engine) => engine.spectralRadius(noise(dtype, [side, side], seed + 1))];
  }
}

/** Plain loops, the same in every engine. */
function operatorOf({ data, shape: [rows, columns] }) {
  return {
    rows,
    columns,
    apply(x) {
      const y = new Float64Array(rows);
      for (let place = 0; place < data.length; place += 1)
        y[Math.floor(place / columns)] += data[place] * x[place % columns];
      return y;
    },
    applyAdjoint(y) {
      const x = new Float64Array(columns);
      for (let place = 0; place < data.length; place += 1)
        x[place % columns] += data[place] * y[Math.floor(place / columns)];
      return x;
    },
  };
}

export function* solvers() {
  for (const dtype of DTYPES) {
    for (const [i, shape] of SHAPES.entries()) yield* ofShape(dtype, shape, 700 + 2 * i);
    const cluster = matrix(dtype, 80, 70, (i, j) => (i === j ? 1 + Number(i < 3) - i / 4096 : 0));
    yield [`singularValues cluster ${SHORT[dtype]}`, (engine) => engine.singularValues(cluster, { k: 5 })];
    yield [`singularValues all ${SHORT[dtype]}`, (engine) => engine.singularValues(noise(dtype, [20, 31], 790))];
    const axes = biased(dtype, [4, 3, 3, 5], 791, 1);
    yield [`spectralNormGradient axis 1 ${SHORT[dtype]}`, (engine) => engine.spectralNormGradient(axes)];
  }
  for (const [i, side] of [1, 2, 7, 33, 70].entries()) yield* ofSide(side, 800 + 2 * i);
  const operator = operatorOf(noise("float64", [66, 80], 792));
  yield ["operator triplet", (engine) => engine.dominantTriplet(operator)];
  yield ["operator start ones", (engine) => engine.dominantTriplet(operator, { start: "ones", tolerance: 1e-9 })];
}
