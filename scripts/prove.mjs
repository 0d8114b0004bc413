import { report } from "./lib/failure.mjs";
import { run } from "./lib/run.mjs";
import { CARGO_OVERRIDES } from "./steps/rust.mjs";

/**
 * The proof run: bounds and norms of 102,000 matrices against nalgebra's singular values, on all cores. With `--quick`
 * fewer and smaller ones.
 */
async function main() {
  const quick = process.argv.includes("--quick") ? ["--", "--quick"] : [];
  await run("cargo", ["run", "--quiet", "--release", "--package", "spectral-norm", "--example", "prove", ...quick], {
    echo: true,
    without: CARGO_OVERRIDES,
  });
}

await main().catch(report);
