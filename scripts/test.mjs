import { Failure, report } from "./lib/failure.mjs";
import { tryRun } from "./lib/run.mjs";
import { seconds } from "./lib/say.mjs";
import { setUp } from "./setup.mjs";
import { installBrowsers } from "./steps/browsers.mjs";
import { packagesStep } from "./steps/packages.mjs";
import { installRedis } from "./steps/redis.mjs";
import { testSteps } from "./test-steps.mjs";

/** How a step says that what it runs on is not installed. */
const NOT_INSTALLED = 3;

const USAGE = `Usage: npm test [-- STEP...]    all steps, or those named; a name's beginning names all that begin so
       npm test -- --list     their names`;

/** What only tests need, and not all of them. */
const FOLDERS = {
  runtimes: () => packagesStep("test/runtimes", "runtimes to test in", "730 MB, once"),
  bundlers: () => packagesStep("test/packaging", "bundlers to test with", "once"),
};

/** All steps, or those named. */
function choose(steps, names) {
  if (names.length === 0) return steps;
  for (const name of names) {
    if (!steps.some((step) => step.name.startsWith(name))) throw new Failure(`There is no step "${name}".\n${USAGE}`);
  }
  const isExact = (name) => steps.some((step) => step.name === name);
  return steps.filter((step) =>
    names.some((name) => (isExact(name) ? step.name === name : step.name.startsWith(name))),
  );
}

/** One step, its output passed through as it comes. */
async function runStep(step) {
  console.log(`\n── ${step.name}: ${step.title}`);
  const start = performance.now();
  const result =
    step.command === undefined
      ? { code: NOT_INSTALLED }
      : await tryRun(step.command, step.args, { ...step, echo: true });
  const took = seconds(start);
  if (result.code !== NOT_INSTALLED) return { step, took, ...step.count(result) };
  console.log(`NOT RUN: ${step.name}`);
  // On a developer's machine that lacks a runtime the rest is still worth knowing; CI must prove all or fail.
  return { step, took, passed: 0, failed: process.env.CI ? 1 : 0, isMissing: true };
}

function summarize(outcomes) {
  console.log("\n── summary");
  for (const { step, took, passed, failed, isMissing } of outcomes) {
    const verdict = isMissing ? "NOT RUN" : failed === 0 ? "ok" : "FAILED";
    console.log(
      `${verdict.padEnd(7)}  ${step.name.padEnd(20)} ${`${passed} passed, ${failed} failed`.padEnd(24)} ${took}`,
    );
  }
  const missing = outcomes.filter((outcome) => outcome.isMissing).map(({ step }) => step.name);
  if (missing.length > 0) console.log(`NOT RUN, for what they run on is not installed: ${missing.join(", ")}`);
  const total = (key) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0;
}

async function main(names) {
  if (names.includes("--help")) return console.log(USAGE);
  if (names.includes("--list"))
    return console.log(
      testSteps()
        .map(({ name, title }) => `${name.padEnd(20)} ${title}`)
        .join("\n"),
    );
  const needs = new Set(choose(testSteps(), names).flatMap((step) => step.needs ?? []));
  await setUp(Object.keys(FOLDERS).flatMap((need) => (needs.has(need) ? [FOLDERS[need]] : [])));
  if (needs.has("browsers")) await installBrowsers();
  if (needs.has("redis")) await installRedis();
  // Anew, for what was installed just now is found only now.
  const steps = choose(testSteps(), names);
  const outcomes = [];
  for (const step of steps) outcomes.push(await runStep(step));
  if (!summarize(outcomes)) process.exitCode = 1;
}

await main(process.argv.slice(2)).catch(report);
