// @ts-check
/**
 * What two revisions are compared by: calls of the public API, each a matrix and what is done with it.
 *
 * @module
 */

/** @typedef {(count: number) => number} Step Runs so many times, and gives a norm that both must agree on. */
/** @typedef {(Step & { dispose?: () => void })} Disposable */
/**
 * @typedef {object} Work
 * @property {string} name
 * @property {number} rows
 * @property {number} columns
 * @property {(engine: any, weight: Float32Array, shape: number[]) => Disposable} prepare
 */

/**
 * @param {(engine: any, matrix: any) => number} call
 * @param {"float32" | "float64"} dtype
 */
const onHandle =
  (call, dtype = "float32") =>
  (/** @type {any} */ engine, /** @type {Float32Array} */ weight, /** @type {number[]} */ shape) => {
    const matrix = engine.matrix(shape, { dtype });
    matrix.set(weight);
    const step = repeated(() => call(engine, matrix));
    return Object.assign(step, { dispose: () => matrix.free() });
  };

/** @param {() => number} call @returns {Step} */
function repeated(call) {
  return (count) => {
    let sigma = 0;
    for (let n = 0; n < count; n++) sigma = call();
    return sigma;
  };
}

/** Ten iterations a call, so that what a call costs besides is small. */
const iterate = (/** @type {any} */ engine, /** @type {any} */ matrix) =>
  engine.powerIteration(matrix, { iterations: 10, form: "gram" }).sigma;
const norm = (/** @type {any} */ engine, /** @type {any} */ matrix) => engine.spectralNorm(matrix);
const bounds = (/** @type {any} */ engine, /** @type {any} */ matrix) =>
  engine.spectralNormBounds(matrix, { certainty: "cheap" }).upper;
const values = (/** @type {any} */ engine, /** @type {any} */ matrix) => engine.singularValues(matrix, { k: 3 })[0];

/** @type {Work["prepare"]} */
function forward(engine, weight, shape) {
  const layer = engine.createSpectralNormalization(shape, { preset: "torch" });
  const step = repeated(() => layer.forward(weight).sigma);
  return Object.assign(step, { dispose: () => layer.free() });
}

/** @type {Work["prepare"]} */
function convolution(engine, weight, [out = 1, rest = 9]) {
  const layer = { kernel: weight, shape: [out, rest / 9, 3, 3], inputSize: [16, 16], padding: 1 };
  return repeated(() => engine.convolutionNorm(layer).upper);
}

/** @type {(name: string, shapes: [number, number][], prepare: Work["prepare"]) => Work[]} */
const over = (name, shapes, prepare) => shapes.map(([rows, columns]) => ({ name, rows, columns, prepare }));

/** @type {Work[]} */
export const works = [
  ...over(
    "10 power iterations",
    [
      [64, 64],
      [128, 1152],
      [512, 512],
      [1024, 1024],
      [4096, 4096],
    ],
    onHandle(iterate),
  ),
  ...over("10 power iterations, tall", [[20000, 64]], onHandle(iterate)),
  ...over("10 power iterations, float64", [[512, 512]], onHandle(iterate, "float64")),
  ...over(
    "spectralNorm",
    [
      [16, 16],
      [16, 4096],
      [64, 4096],
      [512, 512],
      [1024, 1024],
    ],
    onHandle(norm),
  ),
  ...over("spectralNormBounds, cheap", [[512, 512]], onHandle(bounds)),
  ...over("singularValues, k = 3", [[512, 512]], onHandle(values)),
  ...over(
    "forward, preset torch",
    [
      [64, 64],
      [128, 1152],
    ],
    forward,
  ),
  ...over("convolutionNorm, 3×3 on 16×16", [[16, 144]], convolution),
]; // prettier-ignore

/** @type {Work[]} */
export const quickWorks = [
  ...over("10 power iterations", [[37, 53]], onHandle(iterate)),
  ...over("spectralNorm", [[37, 53]], onHandle(norm)),
  ...over("forward, preset torch", [[37, 53]], forward),
  ...over("convolutionNorm, 3×3 on 16×16", [[4, 18]], convolution),
];
