import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../lib/failure.mjs";
import { at, ROOT } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { scratch, swap } from "../lib/swap.mjs";
import { WASM_BINDGEN, WASM_PACK, WASM_TARGET } from "../lib/versions.mjs";
import { CARGO_OVERRIDES } from "./rust.mjs";

const versionOf = (name) => JSON.parse(readFileSync(at("node_modules", name, "package.json"), "utf8")).version;

/** Panic messages carry source paths: without this the file would differ from machine to machine, and tell whose it was. */
function anonymousPaths() {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const flags = [`--remap-path-prefix=${cargoHome}=/cargo`, `--remap-path-prefix=${ROOT}=/spectral-norm`];
  return ["--config", `target.${WASM_TARGET}.rustflags=${JSON.stringify(flags)}`];
}

/** wasm-pack succeeds without optimizing when it finds no wasm-opt, and takes one of any version that it finds. */
async function checkOptimizer() {
  const wanted = versionOf("binaryen").split(".")[0];
  const { stdout } = await run("wasm-opt", ["--version"]);
  if (!stdout.includes(`version ${wanted}`))
    throw new Failure(`wasm-opt ${wanted} is needed, found "${stdout.trim()}".`);
}

function checkResult(folder, output) {
  if (/skipping wasm-opt/i.test(output) || !/wasm-opt/.test(output))
    throw new Failure(`wasm-pack did not run wasm-opt:\n${output}`);
  const module = new WebAssembly.Module(readFileSync(join(folder, "spectral_norm_bg.wasm")));
  const [section] = WebAssembly.Module.customSections(module, "target_features");
  const features = section === undefined ? "" : Buffer.from(section).toString("latin1");
  if (!features.includes("simd128"))
    throw new Failure("the WebAssembly was compiled without simd128: is .cargo/config.toml read?");
}

/** crate/ to build/wasm/engine/wasm: the module, optimized, and the glue for `initSync`. */
export function wasmStep(rust) {
  return {
    name: "WebAssembly",
    note: "20 s the first time",
    inputs: [
      "crate",
      "Cargo.toml",
      "Cargo.lock",
      ".cargo/config.toml",
      "rust-toolchain.toml",
      "scripts/steps/wasm.mjs",
    ],
    values: { rust, wasmPack: WASM_PACK, wasmBindgen: WASM_BINDGEN, binaryen: versionOf("binaryen") },
    outputs: [at("build", "wasm")],
    async run(onLine) {
      await checkOptimizer();
      const folder = scratch("wasm");
      const place = join(folder, "engine", "wasm");
      const args = [
        "build",
        at("crate"),
        "--release",
        "--target",
        "web",
        "--mode",
        "no-install",
        "--no-pack",
        "--no-gitignore",
      ];
      const names = ["--out-dir", place, "--out-name", "spectral_norm"];
      const { output } = await run("wasm-pack", [...args, ...names, "--", ...anonymousPaths()], {
        onLine,
        without: CARGO_OVERRIDES,
      });
      checkResult(place, output);
      swap(folder, at("build", "wasm"));
    },
  };
}
