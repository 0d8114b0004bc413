import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { shareSignatures } from "../lib/doors.mjs";
import { Failure } from "../lib/failure.mjs";
import { nameByLikeness } from "../lib/neighbors.mjs";
import { at, ROOT } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { forgetPlaces, silencePanics } from "../lib/silence.mjs";
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

/** One of any version may be on the path. */
async function checkOptimizer() {
  const wanted = versionOf("binaryen").split(".")[0];
  const { stdout } = await run("wasm-opt", ["--version"]);
  if (!stdout.includes(`version ${wanted}`))
    throw new Failure(`wasm-opt ${wanted} is needed, found "${stdout.trim()}".`);
}

const FEATURES = ["simd", "bulk-memory", "bulk-memory-opt", "nontrapping-float-to-int", "sign-ext", "mutable-globals"];
const ENABLED = [...FEATURES, "reference-types", "multivalue"].map((feature) => `--enable-${feature}`);
const OPTIMIZATION = [
  // For size: the inner loops come out the same as at -O3. What gzip sees twice costs it little, and less than the locals
  // that hold a common subexpression or belong to a function that is inlined where it is called once: 0.8 kB of the file.
  "-Oz",
  "--skip-pass=local-cse",
  "--one-caller-inline-max-function-size=1",
  "--low-memory-unused",
  "--strip-producers",
  ...ENABLED,
];

/**
 * Optimizes a module in place, between which steps what panics would say goes, and at last brings together what is alike.
 * One that starts `quickly` has doors, which take bytes.
 */
async function optimize(file, quickly) {
  checkFeatures(file);
  const { bytes, silenced } = await silencePanics(readFileSync(file));
  if (silenced === 0) throw new Failure("no function of the WebAssembly panics: has Rust changed its names?");
  writeFileSync(file, quickly ? await shareSignatures(bytes) : bytes);
  await run("wasm-opt", [...OPTIMIZATION, "--strip-debug", file, "-o", file]);
  const smaller = readFileSync(file);
  forgetPlaces(smaller);
  writeFileSync(file, smaller);
  await run("wasm-opt", [...OPTIMIZATION, "--strip-target-features", file, "-o", file]);
  writeFileSync(file, nameByLikeness(readFileSync(file)));
  await run("wasm-opt", [...ENABLED, "--reorder-functions-by-name", "--strip-debug", file, "-o", file]);
}

function checkFeatures(file) {
  const module = new WebAssembly.Module(readFileSync(file));
  const [section] = WebAssembly.Module.customSections(module, "target_features");
  const features = section === undefined ? "" : Buffer.from(section).toString("latin1");
  if (!features.includes("simd128"))
    throw new Failure("the WebAssembly was compiled without simd128: is .cargo/config.toml read?");
}

const MODULE = "spectral_norm_bg.wasm";

/** The crate's module with its glue, optimized. */
async function compile(place, { features, quickly }, onLine) {
  const options = ["--release", "--target", "web", "--mode", "no-install", "--no-pack", "--no-gitignore"];
  const names = ["--out-dir", place, "--out-name", "spectral_norm"];
  const args = ["build", at("crate"), ...options, ...names, "--", ...features, ...anonymousPaths()];
  await run("wasm-pack", args, { onLine, without: CARGO_OVERRIDES });
  await optimize(join(place, MODULE), quickly);
}

/**
 * crate/ to build/wasm/engine/wasm: the module and the glue for `initSync`, and a smaller module for the entry that
 * carries it.
 */
export function wasmStep(rust) {
  return {
    name: "WebAssembly",
    note: "40 s the first time",
    inputs: [
      "crate",
      "Cargo.toml",
      "Cargo.lock",
      ".cargo/config.toml",
      "rust-toolchain.toml",
      "scripts/steps/wasm.mjs",
      "scripts/lib/doors.mjs",
      "scripts/lib/neighbors.mjs",
      "scripts/lib/rewrite.mjs",
      "scripts/lib/silence.mjs",
    ],
    values: { rust, wasmPack: WASM_PACK, wasmBindgen: WASM_BINDGEN, binaryen: versionOf("binaryen") },
    outputs: [at("build", "wasm")],
    async run(onLine) {
      await checkOptimizer();
      const folder = scratch("wasm");
      const place = join(folder, "engine", "wasm");
      await compile(place, { features: [], quickly: true }, onLine);
      // The glue of the whole module serves the smaller one too, which lacks two of its functions.
      const small = join(folder, "small");
      await compile(small, { features: ["--no-default-features"], quickly: false }, onLine);
      renameSync(join(small, MODULE), join(place, "small_bg.wasm"));
      rmSync(small, { recursive: true });
      swap(folder, at("build", "wasm"));
    },
  };
}
