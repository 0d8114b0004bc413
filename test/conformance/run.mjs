/**
 * `node test/conformance/run.mjs RUNTIME`: the conformance suite in one runtime. Exit code 0 when every bit and every
 * check is as recorded, 1 when not, 3 when the runtime is not installed: whether that is a failure is the caller's to say.
 *
 * @module
 */
import { findBinary, remedy } from "./drivers/binaries.mjs";
import { browserVersion } from "./drivers/browsers.mjs";
import { byFile } from "./drivers/plain.mjs";
import { execute } from "./drivers/process.mjs";
import { byVitest } from "./drivers/vitest.mjs";
import { byWorkerd } from "./drivers/workerd.mjs";

/** A change of a kernel changes most results: these suffice to see which kind. */
const SHOWN = 20;

const NODE_CONFIG = "vitest.node.config.mjs";

const DRIVERS = {
  node: (binary) => byVitest(binary, NODE_CONFIG),
  node22: (binary) => byVitest(binary, NODE_CONFIG),
  node24: (binary) => byVitest(binary, NODE_CONFIG),
  chromium: (binary) => byVitest(process.execPath, "vitest.chromium.config.mjs", binary),
  firefox: (binary) => byVitest(process.execPath, "vitest.firefox.config.mjs", binary),
  deno: (binary) => byFile(binary, ["run", "--allow-all", "--cached-only"]),
  bun: (binary) => byFile(binary, ["run", "--no-install"]),
  workerd: byWorkerd,
};

async function versionOf(runtime, binary) {
  if (runtime === "chromium" || runtime === "firefox") return browserVersion(binary);
  const { stdout } = await execute(binary, ["--version"]);
  const [version] = /\d[\d.-]*\d/.exec(stdout) ?? [stdout.trim()];
  return `${runtime.replace(/\d+$/, "")} ${version}`;
}

function report(version, { code, output, outcome }, seconds) {
  if (outcome === undefined) {
    console.error(`${version}: the suite gave no outcome (exit code ${code}).\n${output.trimEnd()}`);
    return 1;
  }
  const { results, checks, differ, broken, milliseconds } = outcome;
  for (const sentence of differ.slice(0, SHOWN)) console.error(`  differs: ${sentence}`);
  if (differ.length > SHOWN)
    console.error(`  and ${differ.length - SHOWN} more; \`node test/conformance/record.mjs\` shows all`);
  for (const sentence of broken) console.error(`  broken: ${sentence}`);
  const isRight = differ.length === 0 && broken.length === 0;
  // A runner that fails on its own account, e.g. for an error outside of any test, must not pass for a right outcome.
  if (isRight && code !== 0) console.error(output.trimEnd());
  const bits = differ.length === 0 ? "all bits equal" : `${differ.length} differ`;
  const contract = broken.length === 0 ? `${checks} checks hold` : `${broken.length} of ${checks} checks fail`;
  console.log(`${version}: ${results} results, ${bits}; ${contract} (suite ${milliseconds} ms, run ${seconds} s)`);
  return isRight && code === 0 ? 0 : 1;
}

async function main(runtime) {
  const drive = DRIVERS[runtime];
  if (drive === undefined) {
    console.error(`Usage: node test/conformance/run.mjs ${Object.keys(DRIVERS).join("|")}`);
    return 2;
  }
  const binary = findBinary(runtime);
  if (binary === undefined) {
    console.error(`${runtime} is not installed: ${remedy(runtime)}.`);
    return 3;
  }
  const version = await versionOf(runtime, binary);
  const started = Date.now();
  const outcome = await drive(binary);
  return report(version, outcome, ((Date.now() - started) / 1000).toFixed(1));
}

process.exitCode = await main(process.argv[2]);
