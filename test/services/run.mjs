/**
 * `node test/services/run.mjs`: the servers of examples/, started for real. Exit code 3 when a runtime is not installed, as
 * test/conformance has it.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findBinary, remedy } from "../conformance/drivers/binaries.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What has to be installed first, as sentences. */
function lacking() {
  const missing = ["deno", "bun", "workerd"].filter((runtime) => findBinary(runtime) === undefined);
  const sentences = missing.map((runtime) => `${runtime} is not installed: ${remedy(runtime)}.`);
  const hasBundlers = existsSync(path("../packaging/node_modules/"));
  return hasBundlers
    ? sentences
    : [...sentences, "The bundlers are not installed: run `npm ci --prefix test/packaging`."];
}

function run() {
  const args = [path("../../node_modules/vitest/vitest.mjs"), "run", "--config", path("vitest.config.mjs")];
  const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { stdio: "inherit" });
  return status ?? 1;
}

const sentences = lacking();
for (const sentence of sentences) console.error(sentence);
process.exitCode = sentences.length > 0 ? 3 : run();
