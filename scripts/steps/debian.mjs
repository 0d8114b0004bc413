// @ts-check
import { readFileSync } from "node:fs";
import { run } from "../lib/run.mjs";
import { say, seconds } from "../lib/say.mjs";

function isDebian() {
  try {
    return /^ID(?:_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/**
 * Installs Debian's packages where that can be done without asking anybody; elsewhere says what to do. It does not fail:
 * the steps that want them do, or say loudly that they did not run.
 *
 * @param {string} what What they are, for people.
 * @param {string[]} packages
 * @param {string} remedy What to do elsewhere.
 */
export async function installFromDebian(what, packages, remedy) {
  if (process.getuid?.() !== 0 || !isDebian()) {
    say(remedy);
    return;
  }
  const start = performance.now();
  say(`${what} … (apt-get install ${packages.join(" ")})`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" } };
  const wait = ["-o", "DPkg::Lock::Timeout=300"];
  try {
    await run("apt-get", [...wait, "update"], options);
    await run("apt-get", [...wait, "install", "--yes", "--no-install-recommends", ...packages], options);
    say(`${what} done in ${seconds(start)}`);
  } catch (error) {
    say(`${what} could not be installed: ${/** @type {Error} */ (error).message}`);
  }
}
