/**
 * `node test/site/run.mjs`: the site in real browsers. Exit code 3 when one is not installed, as test/conformance has it.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { remedy } from "../conformance/drivers/binaries.mjs";
import { findBrowser } from "../conformance/drivers/browsers.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const missing = ["chromium", "firefox"].filter((browser) => findBrowser(browser) === undefined);
for (const browser of missing) console.error(`${browser} is not installed: ${remedy(browser)}.`);

function run() {
  const args = [path("../../node_modules/vitest/vitest.mjs"), "run", "--config", path("vitest.config.mjs")];
  const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { stdio: "inherit" });
  return status ?? 1;
}

process.exitCode = missing.length > 0 ? 3 : run();
