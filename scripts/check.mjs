import { join } from "node:path";
import { report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { tryRun } from "./lib/run.mjs";
import { seconds } from "./lib/say.mjs";
import { WASM_TARGET } from "./lib/versions.mjs";
import { setUp } from "./setup.mjs";
import { CARGO_OVERRIDES } from "./steps/rust.mjs";

/**
 * `npm run check`: everything about the sources and the package that is not a test: formatting, lints, types, packaging.
 * All of it runs even after a failure, so that one round shows all there is to mend. With --fix it formats instead.
 */
const cargo = (title, ...args) => ({ title, command: "cargo", args });
const node = (title, script, ...args) => ({
  title,
  command: process.execPath,
  args: [at("node_modules", script), ...args],
});

const TSC = join("typescript", "bin", "tsc");
const BIOME = join("@biomejs", "biome", "bin", "biome");
const CLIPPY = ["--workspace", "--", "-Dwarnings"];

const CHECKS = [
  cargo("Rust: format", "fmt", "--all", "--check"),
  cargo("Rust: lock file is current", "metadata", "--locked", "--format-version=1", "--quiet"),
  cargo("Rust: lints, native", "clippy", "--all-targets", ...CLIPPY),
  cargo("Rust: lints, WebAssembly", "clippy", "--lib", "--tests", "--target", WASM_TARGET, ...CLIPPY),
  node("JavaScript: format and lints", BIOME, "check", "--error-on-warnings"),
  node("types: sources and tests", TSC, "-p", "tsconfig.json"),
  node("types: the library without Node", TSC, "-p", "tsconfig.lib.json"),
  node("types: the site", TSC, "-p", join("examples", "site", "tsconfig.json")),
  node("types: the site's tests", TSC, "-p", join("test", "site", "tsconfig.json")),
  node("unused files, exports and dependencies", join("knip", "bin", "knip.js")),
  node("package: publint", join("publint", "src", "cli.js"), "--strict"),
  { title: "package: arethetypeswrong", command: "attw", args: ["--pack", ".", "--profile", "esm-only"] },
  { title: "package: contents", command: process.execPath, args: [at("scripts", "contents.mjs")] },
];

const FIXES = [cargo("Rust", "fmt", "--all"), node("JavaScript", BIOME, "check", "--write")];

async function main(fix) {
  await setUp();
  let failed = 0;
  const jobs = fix ? FIXES : CHECKS;
  for (const { title, command, args } of jobs) {
    const start = performance.now();
    const { code, output } = await tryRun(command, args, { without: CARGO_OVERRIDES });
    console.log(`${code === 0 ? "ok    " : "FAILED"}  ${title} (${seconds(start)})`);
    if (code === 0) continue;
    failed += 1;
    console.log(output.trimEnd());
  }
  console.log(`${jobs.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main(process.argv.includes("--fix")).catch(report);
