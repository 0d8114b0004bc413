import { readFileSync } from "node:fs";
import { isCommand } from "./lib/cli.mjs";
import { report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { readTensors } from "./lib/safetensors.mjs";
import { setUp } from "./setup.mjs";

/**
 * `npm run network`: the table of docs/numerics.md on the digits classifier, its bound layer by layer and what the article
 * counts, computed now, by the built package, beside the largest Jacobian that PyTorch recorded.
 */
function digitsNetwork(read) {
  const convolution = (name, options) => {
    const { data, shape } = read(`${name}.weight`);
    return { type: "convolution", name, kernel: data, shape, padding: 1, ...options };
  };
  const batchNorm = (name) => ({
    type: "batchNorm",
    name,
    gamma: read(`${name}.weight`).data,
    runningVar: read(`${name}.running_var`).data,
  });
  const dense = (name) => ({ type: "dense", name, ...read(`${name}.weight`) });
  const relu = { type: "relu" };
  return [
    ...[convolution("stem"), batchNorm("bn0"), relu],
    { type: "residual", name: "x + branch", branch: [convolution("block"), batchNorm("bn1"), relu] },
    ...[convolution("down", { stride: 2, groups: 2 }), relu, convolution("dw", { groups: 64 }), relu],
    ...[{ type: "flatten" }, dense("fc1"), relu, dense("fc2")],
  ];
}

/** The table in Markdown; layers whose constants are 1 both ways are left out. */
async function networkTable() {
  const { load } = await import("../dist/index.js");
  const engine = await load();
  const network = digitsNetwork(readTensors("digits-classifier.safetensors"));
  const sized = engine.lipschitzBound(network, { inputSize: [8, 8] });
  const any = engine.lipschitzBound(network);
  const lines = [
    "| layer | as the article counts | as run on 8×8, at most | on inputs of any size, at most | |",
    "|---|---:|---:|---:|---|",
  ];
  const row = (...cells) => lines.push(`| ${cells.join(" | ")} |`);
  const shown = ({ article, upper }, { upper: anywhere }) => [article, upper, anywhere].map((x) => x.toFixed(3));
  for (const [index, layer] of sized.layers.entries()) {
    if (layer.name === undefined) continue;
    const note = layer.note === undefined ? "" : layer.note.replaceAll(/network\S+/g, "`$&`");
    row(`\`${layer.path}\`, ${layer.name}`, ...shown(layer, any.layers[index]), note);
  }
  row("product", ...shown(sized, any), "");
  const { jacobianNorms } = JSON.parse(readFileSync(at("test/fixtures/digits.json"), "utf8"));
  lines.push("", `Largest norm of the Jacobian at a digit: ${Math.max(...jacobianNorms).toFixed(3)}.`);
  return lines.join("\n");
}

async function main() {
  await setUp();
  console.log(await networkTable());
}

if (isCommand(import.meta)) await main().catch(report);
