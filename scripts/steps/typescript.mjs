import { cpSync, readFileSync } from "node:fs";
import { at } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { scratch, swap } from "../lib/swap.mjs";

const compilerVersion = () =>
  JSON.parse(readFileSync(at("node_modules", "typescript", "package.json"), "utf8")).version;

/** ts/ to build/ts: JavaScript and declarations, with the glue and the module beside the files that import them. */
export function typescriptStep() {
  return {
    name: "TypeScript",
    inputs: ["ts", "tsconfig.base.json", "tsconfig.build.json", "build/wasm", "scripts/steps/typescript.mjs"],
    values: { compiler: compilerVersion() },
    outputs: [at("build", "ts")],
    async run(onLine) {
      const folder = scratch("ts");
      const compiler = at("node_modules", "typescript", "bin", "tsc");
      await run(process.execPath, [compiler, "-p", "tsconfig.build.json", "--noEmitOnError", "--outDir", folder], {
        onLine,
      });
      cpSync(at("build", "wasm"), folder, { recursive: true });
      swap(folder, at("build", "ts"));
    },
  };
}
