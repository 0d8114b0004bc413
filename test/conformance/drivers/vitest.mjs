/** Runs the suite by vitest, on a Node or inside a browser that Node drives. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execute, inTemporaryFolder, ROOT } from "./process.mjs";

/** The outcome that the spec left in its test's `meta`, if it came that far. */
async function outcomeOf(report) {
  const { testResults } = JSON.parse(await readFile(report, "utf8"));
  return testResults.flatMap((file) => file.assertionResults).find((result) => result.meta?.outcome)?.meta.outcome;
}

/**
 * @param node The Node that runs vitest.
 * @param config Name of the configuration in test/conformance.
 * @param browser The browser's executable, where there is one.
 */
export function byVitest(node, config, browser) {
  return inTemporaryFolder(async (folder) => {
    const report = join(folder, "report.json");
    const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
    const args = ["run", "--config", `test/conformance/${config}`, "--reporter=default"];
    const { code, output } = await execute(node, [vitest, ...args, "--reporter=json", `--outputFile=${report}`], {
      env: browser === undefined ? {} : { CONFORMANCE_BROWSER: browser },
    });
    const outcome = await outcomeOf(report).catch(() => undefined);
    return { code, output, outcome };
  });
}
