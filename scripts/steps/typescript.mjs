import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { scratch, swap } from "../lib/swap.mjs";

const compilerVersion = () =>
  JSON.parse(readFileSync(at("node_modules", "typescript", "package.json"), "utf8")).version;

/** ts/ to build/ts: JavaScript and declarations, with the glue and modules beside the files that import them. */
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
      const isText = (name) => name.endsWith(".wat");
      for (const name of readdirSync(at("ts"), { recursive: true }).filter(isText))
        cpSync(at("ts", name), join(folder, name));
      swap(folder, at("build", "ts"));
    },
  };
}
