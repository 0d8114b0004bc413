import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Failure } from "../lib/failure.mjs";
import { at } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { measure, table } from "../lib/size.mjs";
import { scratch, swap } from "../lib/swap.mjs";

const PUBLIC = [
  "index.d.ts",
  "slim.d.ts",
  "checkpoint.d.ts",
  "audit.d.ts",
  "repair.d.ts",
  "pool.d.ts",
  "model.d.ts",
  "worker.d.ts",
  "jax.d.ts",
  "tfjs.d.ts",
];

/** Not `WebAssembly.Module`, which a reader without the DOM library does not have; `load` of ./slim takes any object. */
const WASM_DECLARATION = `/** The compiled module, in runtimes that import WebAssembly; to be given to \`load\` of "spectral-norm/slim". */
declare const module: object;
export default module;
`;

/** The declarations that the public ones import, and theirs: what is not reachable is not published. */
function reachable(start) {
  const found = new Set(start.map((name) => at("build", "ts", name)));
  for (const path of found) {
    const text = readFileSync(path, "utf8");
    for (const [, name] of text.matchAll(/(?:from|import\(|import)\s*"(\.[^"]+)\.js"/g)) {
      const declaration = join(dirname(path), `${name}.d.ts`);
      if (!existsSync(declaration))
        throw new Failure(`${relative(at(), path)} imports ${name}.js, which has no declarations.`);
      if (declaration.includes("/wasm/")) throw new Failure(`${relative(at(), path)} makes the glue's types public.`);
      found.add(declaration);
    }
  }
  return [...found].map((path) => relative(at("build", "ts"), path));
}

function copyDeclarations(folder) {
  for (const name of reachable(PUBLIC)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(at("build", "ts", name), join(folder, name));
  }
  writeFileSync(join(folder, "spectral_norm.wasm.d.ts"), WASM_DECLARATION);
}

/** build/ts to dist: what is published. */
export function distStep() {
  return {
    name: "dist",
    inputs: [
      "build/ts",
      "rollup.config.mjs",
      "package-lock.json",
      "scripts/steps/dist.mjs",
      "scripts/lib/size.mjs",
      "scripts/lib/assembled.mjs",
    ],
    values: {},
    outputs: [at("dist")],
    async run(onLine) {
      const folder = scratch("dist");
      const rollup = at("node_modules", "rollup", "dist", "bin", "rollup");
      await run(process.execPath, [rollup, "--config", "--silent"], { onLine, env: { SPECTRAL_NORM_DIST: folder } });
      cpSync(at("build", "wasm", "engine", "wasm", "spectral_norm_bg.wasm"), join(folder, "spectral_norm.wasm"));
      copyDeclarations(folder);
      chmodSync(join(folder, "cli.js"), 0o755);
      const rows = measure(folder);
      if (rows.some((row) => row.excess)) throw new Failure(`a file is larger than its budget:\n${table(rows)}`);
      swap(folder, at("dist"));
    },
  };
}
