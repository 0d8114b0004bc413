// @ts-check
/** A process that does passes over a float32 matrix until its engine has compiled them for good, and tells how long the fastest took. */
import { gaussianMatrix } from "../harness.mjs";

const [rows = 512, columns = 512] = process.argv.slice(2).map(Number);
const { load } = await import("../../dist/index.js");
const engine = await load();
const matrix = engine.matrix([rows, columns]);
matrix.set(gaussianMatrix(rows, columns, 1));
const iterations = Math.ceil(5e7 / (rows * columns));
const times = [];
for (let round = 0; round < 40; round += 1) {
  const start = performance.now();
  engine.powerIteration(matrix, { iterations, form: "gram" });
  times.push((performance.now() - start) / iterations);
}
console.log(JSON.stringify({ node: process.versions.node, milliseconds: Math.min(...times) }));
