import { readFileSync } from "node:fs";
import { isCommand } from "./lib/cli.mjs";
import { report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { readTensors } from "./lib/safetensors.mjs";
import { setUp } from "./setup.mjs";

/**
 * `npm run critic`: the table of docs/numerics.md on the article's claim that a critic whose every layer is spectrally
 * normalized is 1-Lipschitz, computed now, by the built package.
 */
const FOLDER = "examples/data";
const FILE = "wgan-sn-critic.safetensors";

/** One layer: by what PyTorch divides, and what norms that leaves. */
function measure(engine, read, name, { input, stride, padding }) {
  const prefix = `${name}.parametrizations.weight`;
  const weight = { ...read(`${prefix}.original`), axis: 0 };
  const [u, v] = ["u", "v"].map((key) => read(`${prefix}.0._${key}`).data);
  const stored = engine.bilinearForm(weight, u, v);
  const kernel = weight.data.map((entry) => entry / stored);
  const reshaped = engine.spectralNormBounds({ ...weight, data: kernel });
  if (input === undefined) return { stored, reshaped, run: reshaped, any: reshaped };
  const layer = { kernel, shape: weight.shape, stride, padding };
  const run = engine.convolutionNorm({ ...layer, inputSize: input.slice(1) });
  return { stored, reshaped, run, any: engine.convolutionNorm(layer) };
}

/** The table in Markdown. */
export async function criticTable() {
  const { load } = await import("../dist/index.js");
  const engine = await load();
  const read = readTensors(FILE);
  const { operators } = JSON.parse(readFileSync(at(FOLDER, "expected.json"), "utf8"))[FILE];
  const lines = [
    "| layer | divided by, PyTorch's σ̂ | reshaped kernel after that | as run | on inputs of any size, at most |",
    "|---|---:|---:|---:|---:|",
  ];
  const product = { reshaped: 1, lower: 1, upper: 1, any: 1 };
  for (const [name, operator] of [...Object.entries(operators), ["dense", {}]]) {
    const { stored, reshaped, run, any } = measure(engine, read, name, operator);
    const interval = `${run.lower.toFixed(3)} to ${run.upper.toFixed(3)}`;
    const cells = [name, stored.toFixed(3), reshaped.upper.toFixed(3), interval, any.upper.toFixed(3)];
    lines.push(`| ${cells.join(" | ")} |`);
    product.reshaped *= reshaped.upper;
    product.lower *= run.lower;
    product.upper *= run.upper;
    product.any *= any.upper;
  }
  const all = `${product.lower.toFixed(3)} to ${product.upper.toFixed(3)}`;
  lines.push(`| product | | ${product.reshaped.toFixed(3)} | ${all} | ${product.any.toFixed(3)} |`);
  return lines.join("\n");
}

async function main() {
  await setUp();
  console.log(await criticTable());
}

if (isCommand(import.meta)) await main().catch(report);
