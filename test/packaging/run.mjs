/**
 * `node test/packaging/run.mjs`: packs the project, installs the tarball in throwaway apps and has each print the same
 * norms. Exit code 0 when all do, 1 when not, 3 when something it needs is not installed.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { findBinary, remedy } from "../conformance/drivers/binaries.mjs";
import { inTemporaryFolder } from "../conformance/drivers/process.mjs";
import { runApps, runCommand } from "./lib/apps.mjs";
import { openChromium } from "./lib/page.mjs";
import { install, pack, troubleWith } from "./lib/tarball.mjs";

const KNOWN = 100.00999900019995;

/** The first app's answer is the others' measure, so it is held against the known norm of its first matrix. */
function isNorm(said) {
  const [word, small, large] = said.split(" ");
  return word === "sigma" && Math.abs(Number(small) - KNOWN) <= 1e-6 * KNOWN && Number(large) > 0;
}

function judge(results) {
  const [{ said: measure }] = results;
  return results.map(({ name, said, isRight }) => {
    const right = isRight === undefined ? said === measure && isNorm(said) : isRight(said);
    return { name, said, right };
  });
}

function print(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, said, right } of rows) console.log(`${right ? "ok  " : "FAIL"}  ${name.padEnd(width)}  ${said}`);
}

/** What has to be installed first, as sentences. */
function lacking() {
  const runtimes = ["chromium", "workerd"].filter((runtime) => findBinary(runtime) === undefined);
  const sentences = runtimes.map((runtime) => `${runtime} is not installed: ${remedy(runtime)}.`);
  const hasBundlers = existsSync(new URL("./node_modules/", import.meta.url));
  return hasBundlers
    ? sentences
    : [...sentences, "The bundlers are not installed: run `npm ci --prefix test/packaging`."];
}

async function main() {
  const missing = lacking();
  for (const sentence of missing) console.error(sentence);
  if (missing.length > 0) return 3;
  const started = Date.now();
  const chromium = await openChromium();
  try {
    return await inTemporaryFolder(async (folder) => {
      const tarball = await pack(folder);
      const root = `${folder}/apps`;
      await install(tarball.path, root);
      const rows = judge([...(await runApps(root, chromium)), await runCommand(root, tarball.version)]);
      print(rows);
      const trouble = troubleWith(tarball.files);
      for (const sentence of trouble) console.error(`FAIL  ${sentence}`);
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(
        `${rows.length} apps of a tarball of ${tarball.files.length} files, ${tarball.size} bytes; ${seconds} s`,
      );
      return trouble.length === 0 && rows.every(({ right }) => right) ? 0 : 1;
    });
  } finally {
    await chromium.close();
  }
}

process.exitCode = await main();
