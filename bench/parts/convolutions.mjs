// @ts-check
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { alternate, clocked, repeated } from "../alternate.mjs";
import { asking } from "../peers/lines.mjs";
import { startPython } from "../peers/python.mjs";

const data = (/** @type {string} */ name) => fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));

/** The names of the weights of an operator in expected.json, of which a file has one. */
const namesOf = (/** @type {string} */ name) => [`${name}.weight`, `${name}.parametrizations.weight.original`];

/** The convolutions of expected.json with their kernels. */
async function layers() {
  const { openCheckpoint } = await import("../../dist/checkpoint.js");
  const expected = JSON.parse(readFileSync(data("expected.json"), "utf8"));
  const found = [];
  for (const [file, { operators }] of Object.entries(expected)) {
    const checkpoint = await openCheckpoint(data(file));
    for (const [name, operator] of Object.entries(operators)) {
      const tensor = checkpoint.tensors.find((one) => namesOf(name).includes(one.name));
      if (tensor === undefined) throw new Error(`${file} has no ${name}`);
      found.push({ name, operator, kernel: (await checkpoint.read(tensor.name)).data });
    }
    await checkpoint.close();
  }
  return found;
}

/** Its norm as NumPy gives one, a number, and with proven bounds. @param {any} engine @param {any} layer */
function ours(engine, { kernel, operator }) {
  const { weightShape: shape, input, stride, padding, groups = 1, transposed } = operator;
  const [, ...inputSize] = input;
  const layer = { kernel, shape, inputSize, stride, padding, groups, transposed };
  const norm = (/** @type {string} */ certainty) => repeated(() => engine.convolutionNorm(layer, { certainty }).sigma);
  return [clocked("spectral-norm", norm("cheap")), clocked("spectral-norm, rigorous", norm("rigorous"))];
}

export const convolutions = {
  title: "The norm of a convolution against its dense matrix",
  about:
    "Every convolution of examples/data/expected.json, as it runs: `convolutionNorm` with certainty `cheap`, for σ alone, and with the proven bounds of its default, against the singular values of its dense matrix by NumPy on one " +
    "thread, in float32. The matrix is made before the clock starts. Errors are against NumPy in float64.",
  needs: ["python"],
  goal: () => 50,
  async measure(/** @type {{ rounds: number }} */ { rounds }) {
    const { load } = await import("../../dist/index.js");
    const engine = await load();
    let versions = {};
    const cases = [];
    for (const layer of await layers()) {
      const program = await startPython("convolutions_peer.py", layer.kernel, [JSON.stringify(layer.operator)]);
      const { about, dispose } = program;
      versions = about.versions;
      const { sigma: reference } = await program.ask("reference 1");
      const { run } = asking(program, "", (count) => `norm ${count}`);
      const runners = [...ours(engine, layer), { peer: "dense matrix, NumPy", run, dispose }];
      const name = `${layer.name}, ${about.shape.join("×")}`;
      cases.push({ name, results: await alternate(runners, { rounds, reference, patience: 6000 }) });
    }
    return { versions, cases };
  },
};
