import { readFileSync } from "node:fs";
import { findBrowser } from "../../test/conformance/drivers/browsers.mjs";
import { run } from "../lib/run.mjs";
import { say, seconds } from "../lib/say.mjs";

const PACKAGES = { chromium: "chromium", firefox: "firefox-esr" };

const missing = () => Object.keys(PACKAGES).filter((browser) => findBrowser(browser) === undefined);

function isDebian() {
  try {
    return /^ID(?:_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/**
 * Installs the browsers that are missing where that can be done without asking anybody; elsewhere says what to do. It
 * does not fail: the steps that want a browser do, or say loudly that they did not run.
 */
export async function installBrowsers() {
  if (missing().length === 0) return;
  const packages = missing().map((browser) => PACKAGES[browser]);
  if (process.getuid?.() !== 0 || !isDebian()) {
    say(`${missing().join(" and ")} not found: install them, or name their executables in CHROMIUM and FIREFOX.`);
    return;
  }
  const start = performance.now();
  say(`browsers … (apt-get install ${packages.join(" ")})`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" } };
  const wait = ["-o", "DPkg::Lock::Timeout=300"];
  try {
    await run("apt-get", [...wait, "update"], options);
    await run("apt-get", [...wait, "install", "--yes", "--no-install-recommends", ...packages], options);
    say(`browsers done in ${seconds(start)}`);
  } catch (error) {
    say(`the browsers could not be installed: ${error.message}`);
  }
}
