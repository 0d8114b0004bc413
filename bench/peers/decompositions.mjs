import { createRequire } from "node:module";
import { Matrix, SingularValueDecomposition } from "ml-matrix";

const require = createRequire(import.meta.url);

/** What users of JavaScript have for the largest singular value of a square matrix, prepared: a function that computes it, each. */
export function decompositions(weight, side) {
  const numeric = require("numeric");
  const math = require("mathjs");
  const rows = Array.from({ length: side }, (_, i) => Array.from(weight.subarray(i * side, (i + 1) * side)));
  const matrix = new Matrix(rows);
  const vectors = { computeLeftSingularVectors: false, computeRightSingularVectors: false };
  return {
    "ml-matrix": () => new SingularValueDecomposition(matrix, vectors).norm2,
    numeric: () => Math.max(...numeric.svd(rows).S),
    mathjs: () => math.norm(rows, 2),
  };
}
