import { existsSync, rmSync } from "node:fs";
import { Failure } from "../lib/failure.mjs";
import { at } from "../lib/paths.mjs";
import { run, tryRun } from "../lib/run.mjs";
import { WASM_BINDGEN, WASM_PACK, WASM_TARGET } from "../lib/versions.mjs";

/** Variables that would replace the flags of .cargo/config.toml, or send the output elsewhere. */
export const CARGO_OVERRIDES = [
  "RUSTFLAGS",
  "CARGO_ENCODED_RUSTFLAGS",
  "CARGO_BUILD_RUSTFLAGS",
  "CARGO_BUILD_TARGET",
  "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
];

/** The standard library for WebAssembly. */
export async function targetStep(rust) {
  const { stdout } = await run("rustc", ["--print", "target-libdir", "--target", WASM_TARGET]);
  const folder = stdout.trim();
  return {
    name: `Rust target ${WASM_TARGET}`,
    inputs: ["rust-toolchain.toml"],
    values: { rust },
    outputs: [folder],
    // Looking costs nothing and needs no network, which rustup wants even for a target that is there.
    isReady: async () => existsSync(folder),
    async run(onLine) {
      await run("rustup", ["target", "add", WASM_TARGET], { onLine }).catch((error) => {
        throw new Failure(`The Rust target ${WASM_TARGET} is missing and rustup could not add it: ${error.message}`);
      });
    },
  };
}

/** A Rust program, compiled once and kept under the project, so that its version is ours and not the machine's. */
function toolStep({ crate, version, programs, flags, note }) {
  const program = (name) => at(".tools", "bin", process.platform === "win32" ? `${name}.exe` : name);
  // Beside the result, so that an interrupted installation goes on with what was compiled.
  const partial = at(".tools", `build-${crate}`);
  return {
    name: `${crate} ${version}`,
    note,
    inputs: [],
    values: { version },
    outputs: programs.map(program),
    async isReady() {
      if (!programs.every((name) => existsSync(program(name)))) return false;
      const { stdout } = await tryRun(program(programs[0]), ["--version"]);
      return stdout.trim().split(" ").at(-1) === version;
    },
    async run(onLine) {
      const place = ["--root", at(".tools"), "--target-dir", partial];
      const options = { onLine, without: CARGO_OVERRIDES, cwd: at() };
      await run("cargo", ["install", crate, "--version", version, "--force", ...flags, ...place], options);
      rmSync(partial, { recursive: true, force: true });
    },
  };
}

export const wasmPackStep = () =>
  toolStep({
    crate: "wasm-pack",
    version: WASM_PACK,
    programs: ["wasm-pack"],
    flags: ["--locked"],
    note: "compiled once, about 90 s",
  });

// Not --locked: the lock file of that release asks for a dependency newer than some registries have.
export const wasmBindgenStep = () =>
  toolStep({
    crate: "wasm-bindgen-cli",
    version: WASM_BINDGEN,
    programs: ["wasm-bindgen", "wasm-bindgen-test-runner"],
    flags: [],
    note: "compiled once, about 2 min",
  });
