// @ts-check
/**
 * `npm run experiments [-- --quick] [-- --only claim] [-- --fresh]`: makes the runs of the plan that are not made yet (all of
 * them with --fresh: records do not tell by which code they were made), then writes verdicts, figures and tables. The full plan writes docs/experiments.md and docs/experiments/, the quick one and a single claim
 * build/experiments/quick/ or build/experiments/claim-N/, because they are no evidence.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Failure, report } from "../../scripts/lib/failure.mjs";
import { at } from "../../scripts/lib/paths.mjs";
import { setUp } from "../../scripts/setup.mjs";
import { keyOf, makePlan, SETTINGS } from "./plan.mjs";
import { runAll } from "./pool.mjs";
import { appendRecord, belonging, missing, readRecords } from "./records.mjs";

function readArguments() {
  const options = /** @type {const} */ ({
    quick: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    only: { type: "string" },
    workers: { type: "string" },
  });
  try {
    const { values } = parseArgs({ options });
    return {
      name: /** @type {"full" | "quick"} */ (values.quick ? "quick" : "full"),
      fresh: values.fresh,
      only: readCount("--only", values.only, SETTINGS),
      workers: readCount("--workers", values.workers, 64) ?? Math.min(2, availableParallelism()),
    };
  } catch (error) {
    throw error instanceof TypeError ? new Failure(error.message) : error;
  }
}

/** @param {string} title @param {string | undefined} text @param {number} most */
function readCount(title, text, most) {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Failure(`${title} expected an integer from 1 to ${most}, got "${text}"`);
}

/**
 * Makes what is missing, each run recorded as it ends.
 *
 * @param {readonly import("./plan.mjs").Run[]} runs
 * @param {string} file
 * @param {number} workers
 */
async function make(runs, file, workers) {
  const left = missing(runs, readRecords(file));
  console.log(`${runs.length} runs, ${runs.length - left.length} of them made before; ${workers} at a time`);
  const controller = new AbortController();
  const interrupt = () => {
    const failure = new Failure("interrupted; the same command goes on from here");
    controller.abort(failure);
    report(failure);
    process.exit(130);
  };
  // Before that of scripts/lib, which ends the process without a word.
  process.prependOnceListener("SIGINT", interrupt);
  const start = performance.now();
  let [made, failed] = [0, 0];
  await runAll(left, {
    workers,
    signal: controller.signal,
    onAnswer(run, answer) {
      made += 1;
      const key = keyOf(run);
      const rest = ((performance.now() - start) / made / 60_000) * (left.length - made);
      console.log(`${made}/${left.length} ${key}: ${answer.seconds.toFixed(1)} s; about ${rest.toFixed(1)} min left`);
      if ("result" in answer) return appendRecord(file, { key, run, ...answer });
      failed += 1;
      console.error(answer.error);
    },
  });
  process.off("SIGINT", interrupt);
  if (failed > 0) throw new Failure(`${failed} runs failed`);
}

async function main() {
  const { name, fresh, only, workers } = readArguments();
  await setUp();
  const runs = makePlan(name, only);
  const file = at("build", "experiments", `${name}.jsonl`);
  if (fresh) rmSync(file, { force: true });
  await make(runs, file, workers);
  const { writeReport } = await import("./report.mjs");
  const final = name === "full" && only === undefined;
  const folder = only === undefined ? name : `${name}-claim-${only}`;
  const records = belonging(runs, readRecords(file));
  const written = writeReport(records, name, final ? at("docs") : at("build", "experiments", folder));
  console.log(written.join("\n"));
}

await main().catch(report);
