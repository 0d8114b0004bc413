// @ts-check
import { loadavg } from "node:os";
import { load } from "../dist/index.js";
import { machine, median, say } from "./harness.mjs";
import { manyWeights, oneWeight, sum, warmPools } from "./peers/pool.mjs";

const help = `Usage: node bench/pool.mjs [ROUNDS] [COUNT] [SIDE] [SPLIT]

COUNT square weights of SIDE rows (64 of 1024), and one of SPLIT rows (8192; 0 for none) over a SharedArrayBuffer, by a pool of
one worker, by one of two, and by the engine in this thread, in turns, ROUNDS times (5): medians of seconds, and of the ratios
within a round. Other work on the machine slows two workers down more than one; what both cost in processor time hardly changes.`;

/** @typedef {{ name: string, run: () => Promise<unknown> }} Runner */
/** @typedef {{ seconds: number, processor: number }} Sample Of all threads of the process. */

/** @param {Runner[]} runners @param {number} rounds */
async function inTurns(runners, rounds) {
  /** @type {Map<string, Sample[]>} */
  const samples = new Map(runners.map(({ name }) => [name, []]));
  const results = new Set();
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % runners.length;
    for (const { name, run } of [...runners.slice(turn), ...runners.slice(0, turn)]) {
      const [start, before] = [performance.now(), process.cpuUsage()];
      const result = await run();
      const { user, system } = process.cpuUsage(before);
      const sample = { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
      samples.get(name)?.push(sample);
      results.add(`${name.startsWith("engine") ? "engine" : "pool"} ${result}`);
      say(`${name}: ${sample.seconds.toFixed(2)} s, ${sample.processor.toFixed(2)} s of processor time`);
    }
  }
  if (results.size > 2) throw new Error("the results differ");
  return samples;
}

/** @param {string} title @param {Map<string, Sample[]>} samples */
function report(title, samples) {
  const of = (/** @type {string} */ name, /** @type {keyof Sample} */ key) =>
    (samples.get(name) ?? []).map((sample) => sample[key]);
  const two = of("2 workers", "seconds");
  const ratio = (/** @type {string} */ name) =>
    median(of(name, "seconds").map((seconds, round) => seconds / (two[round] ?? 0))).toFixed(2);
  const cost = (/** @type {string} */ name) => median(of(name, "processor"));
  const each = [...samples.keys()].map(
    (name) => `${name} ${median(of(name, "seconds")).toFixed(2)} s (${cost(name).toFixed(2)} s of processor time)`,
  );
  console.log(`${title}: ${each.join(", ")}`);
  const most = ((2 * cost("1 worker")) / cost("2 workers")).toFixed(2);
  console.log(
    `  2 workers are ${ratio("1 worker")} times as fast as 1, at most ${most} with two processors to themselves; ${ratio("engine")} times as fast as the engine`,
  );
}

/** @param {string[]} args */
async function main([rounds = "5", count = "64", side = "1024", split = "8192"]) {
  if (!([rounds, count, side].every((value) => Number(value) >= 1) && Number(split) >= 0)) {
    say(help);
    process.exitCode = rounds === "--help" ? 0 : 2;
    return;
  }
  const engine = await load();
  const pools = await warmPools([1, 2]);
  const names = ["1 worker", "2 workers"];
  const n = Number(side);
  const norms = manyWeights(Number(count), n);
  const many = pools.map((pool, index) => ({ name: names[index] ?? "", run: async () => String(await norms(pool)) }));
  const alone = { name: "engine", run: async () => String(sum(norms.list.map((w) => engine.spectralNorm(w)))) };
  report(`${count} weights of ${n}×${n}, transferred and given back`, await inTurns([...many, alone], Number(rounds)));
  if (Number(split) > 0) {
    const rows = Number(split);
    const norm = oneWeight(rows);
    const parts = pools.map((pool, index) => ({ name: names[index] ?? "", run: () => norm(pool) }));
    const whole = { name: "engine", run: async () => engine.spectralNorm(norm.w) };
    report(`one weight of ${rows}×${rows}, split`, await inTurns([...parts, whole], Number(rounds)));
  }
  const { cpu, cores, node } = machine();
  console.log(`${cpu}, ${cores} cores, Node ${node}, load ${loadavg()[0]?.toFixed(1)} at the end`);
  await Promise.all(pools.map((pool) => pool.close()));
}

await main(process.argv.slice(2));
