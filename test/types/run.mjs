import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Compiles the consumer against the built package: each configuration with each TypeScript that people have. */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const COMPILERS = {
  "TypeScript 7": "../../node_modules/typescript/bin/tsc",
  "TypeScript 6": "../../node_modules/@typescript/typescript6/bin/tsc6",
};
const CONFIGURATIONS = ["tsconfig.json", "tsconfig.bundler.json", "tsconfig.jax.json", "tsconfig.tfjs.json"];

let failed = 0;
for (const [name, compiler] of Object.entries(COMPILERS)) {
  for (const configuration of CONFIGURATIONS) {
    const args = [here(compiler), "-p", here(configuration)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    console.log(`${status === 0 ? "ok  " : "FAIL"}  ${name}, ${configuration}`);
    if (status !== 0) console.log(stdout + stderr);
    failed += status === 0 ? 0 : 1;
  }
}
console.log(`${Object.keys(COMPILERS).length * CONFIGURATIONS.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
