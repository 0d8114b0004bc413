import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { summary } from "./harness.mjs";

function run(script, ...args) {
  const start = performance.now();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return { time: performance.now() - start, stdout: stdout.trim() };
}

/**
 * Milliseconds from import to first σ in a new process of Node, above those of an empty script, by alternating runs; of this
 * package, or of the one in a folder.
 */
export function startup(rounds, ...dist) {
  const empty = [];
  const first = [];
  if (run("startup/first.mjs", ...dist).stdout !== "4") throw new Error("the first σ is not 4");
  run("startup/empty.mjs");
  for (let round = 0; round < rounds; round++) {
    empty.push(run("startup/empty.mjs").time);
    first.push(run("startup/first.mjs", ...dist).time);
  }
  const [without, with_] = [summary(empty), summary(first)];
  return { empty: without, first: with_, above: with_.median - without.median, samples: { empty, first } };
}
