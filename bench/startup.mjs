import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { summary } from "./harness.mjs";

function run(script, ...args) {
  const start = performance.now();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [path, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return performance.now() - start;
}

/**
 * Milliseconds from import to first σ in a new process of Node, above those of an empty script, by alternating runs; of this
 * package, or of the one in a folder.
 */
export function startup(rounds, ...dist) {
  const empty = [];
  const first = [];
  run("startup/first.mjs", ...dist);
  run("startup/empty.mjs");
  for (let round = 0; round < rounds; round++) {
    empty.push(run("startup/empty.mjs"));
    first.push(run("startup/first.mjs", ...dist));
  }
  const [without, with_] = [summary(empty), summary(first)];
  return { empty: without, first: with_, above: with_.median - without.median, samples: { empty, first } };
}
