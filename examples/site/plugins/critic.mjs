/**
 * `virtual:critic`: the first convolution of the critic in examples/data as PyTorch runs it, its weight divided by the
 * stored uᵀWv. Read when the site is built, for the page needs 288 numbers of a file of 670 kB.
 *
 * @module
 */
import { readTensors } from "../../../scripts/lib/safetensors.mjs";

const NAME = "virtual:critic";
const PREFIX = "conv1.parametrizations.weight";

async function criticModule() {
  const { load } = await import("../../../dist/index.js");
  const engine = await load();
  const read = readTensors("wgan-sn-critic.safetensors");
  const weight = { ...read(`${PREFIX}.original`), axis: 0 };
  const [u, v] = ["u", "v"].map((key) => read(`${PREFIX}.0._${key}`).data);
  const stored = engine.bilinearForm(weight, u, v);
  const kernel = Array.from(weight.data, (entry) => Math.fround(entry / stored));
  return `export const filters = ${weight.shape[0]};\nexport const kernel = ${JSON.stringify(kernel)};\n`;
}

export function critic() {
  return {
    name: "critic",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? criticModule() : undefined),
  };
}
