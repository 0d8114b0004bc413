import { Failure, report } from "./lib/failure.mjs";
import { npm } from "./lib/run.mjs";

/** Fails unless the tarball holds what is published, all of it and nothing else. */
const EXPECTED = [
  "LICENSE",
  "README.md",
  "dist/audit.d.ts",
  "dist/audit.js",
  "dist/checkpoint.d.ts",
  "dist/checkpoint.js",
  "dist/checkpoint/adapters.d.ts",
  "dist/checkpoint/audit-types.d.ts",
  "dist/checkpoint/audit.d.ts",
  "dist/checkpoint/decode.d.ts",
  "dist/checkpoint/detail.d.ts",
  "dist/checkpoint/gates.d.ts",
  "dist/checkpoint/heads.d.ts",
  "dist/checkpoint/layers.d.ts",
  "dist/checkpoint/listed.d.ts",
  "dist/checkpoint/low-rank.d.ts",
  "dist/checkpoint/network.d.ts",
  "dist/checkpoint/open.d.ts",
  "dist/checkpoint/operator.d.ts",
  "dist/checkpoint/repair/diff.d.ts",
  "dist/checkpoint/repair/stored.d.ts",
  "dist/checkpoint/repair/types.d.ts",
  "dist/checkpoint/repair/weights.d.ts",
  "dist/checkpoint/products.d.ts",
  "dist/checkpoint/report/csv.d.ts",
  "dist/checkpoint/report/fields.d.ts",
  "dist/checkpoint/report/html/page.d.ts",
  "dist/checkpoint/report/json.d.ts",
  "dist/checkpoint/report/markdown.d.ts",
  "dist/checkpoint/report/notes.d.ts",
  "dist/checkpoint/shared.js",
  "dist/checkpoint/row.d.ts",
  "dist/checkpoint/sources/source.d.ts",
  "dist/checkpoint/stored.d.ts",
  "dist/checkpoint/streamed/question.d.ts",
  "dist/checkpoint/tensor.d.ts",
  "dist/checkpoint/types.d.ts",
  "dist/checkpoint/weight.d.ts",
  "dist/checkpoint/write/files.d.ts",
  "dist/checkpoint/write/sink.d.ts",
  "dist/cli.js",
  "dist/edge-light.js",
  "dist/engine/errors.d.ts",
  "dist/index.d.ts",
  "dist/index.js",
  "dist/jax.d.ts",
  "dist/jax.js",
  "dist/jax/adversarial.d.ts",
  "dist/jax/constraints.d.ts",
  "dist/jax/exact.d.ts",
  "dist/jax/norms.d.ts",
  "dist/jax/penalties.d.ts",
  "dist/jax/state.d.ts",
  "dist/jax/types.d.ts",
  "dist/operators.d.ts",
  "dist/repair.d.ts",
  "dist/repair.js",
  "dist/slim.d.ts",
  "dist/slim.js",
  "dist/spectral_norm.wasm",
  "dist/spectral_norm.wasm.d.ts",
  "dist/tfjs.d.ts",
  "dist/tfjs.js",
  "dist/tfjs/types.d.ts",
  "dist/types.d.ts",
  "dist/types/bounds.d.ts",
  "dist/types/constraints.d.ts",
  "dist/types/convolution.d.ts",
  "dist/types/gradients.d.ts",
  "dist/types/layers.d.ts",
  "dist/types/network.d.ts",
  "dist/types/normalization.d.ts",
  "dist/types/norms.d.ts",
  "dist/types/operators.d.ts",
  "dist/types/weights.d.ts",
  "dist/workerd.js",
  "package.json",
];

async function main() {
  const { stdout } = await npm(["pack", "--dry-run", "--json", "--ignore-scripts"]);
  const [{ files }] = JSON.parse(stdout);
  const packed = new Set(files.map(({ path }) => path));
  const missing = EXPECTED.filter((path) => !packed.has(path));
  const surplus = [...packed].filter((path) => !EXPECTED.includes(path));
  if (missing.length > 0) throw new Failure(`the tarball lacks ${missing.join(", ")}.`);
  if (surplus.length > 0) throw new Failure(`the tarball also holds ${surplus.join(", ")}.`);
  console.log(`${EXPECTED.length} files`);
}

await main().catch(report);
