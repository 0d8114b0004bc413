// @ts-check
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machine, say, seededMatrix } from "./harness.mjs";

const help = `Usage: node bench/workers.mjs [ROUNDS] [SIDE]

200 square weights of SIDE rows (512), audited by one worker and by two, in turns, ROUNDS times (5): medians of seconds and of
processor seconds. Other work on the machine slows two down more than one; what both cost in processor time hardly changes.`;

const COUNT = 200;
const program = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

/** @param {string} path @param {number} side */
function writeCheckpoint(path, side) {
  const bytes = side * side * 4;
  const names = Array.from({ length: COUNT }, (_, index) => `layers.${index}.weight`);
  const entries = names.map((name, index) => {
    return [name, { dtype: "F32", shape: [side, side], data_offsets: [index * bytes, (index + 1) * bytes] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const weights = names.map((_, seed) => Buffer.from(seededMatrix(side, side, seed).buffer));
  writeFileSync(path, Buffer.concat([length, header, ...weights]));
}

/** @param {string} file @param {number} workers */
function audit(file, workers) {
  // A process of its own tells the processor time of its one child.
  const script = `const { spawnSync } = require("node:child_process"); const start = performance.now();
const { stdout } = spawnSync(process.execPath, ${JSON.stringify([program, "audit", "--json", "--workers", String(workers), file])}, { maxBuffer: 2 ** 28 });
const seconds = (performance.now() - start) / 1000;
const hash = require("node:crypto").createHash("sha256").update(stdout).digest("hex");
const line = require("node:fs").readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
console.log(JSON.stringify({ seconds, processor: (Number(line[13]) + Number(line[14])) / 100, hash }));`;
  return JSON.parse(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }));
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)]);
}

/** @param {string[]} args */
function main([rounds = "5", side = "512"]) {
  if (!(Number(rounds) >= 1 && Number(side) >= 1)) {
    say(help);
    process.exitCode = rounds === "--help" ? 0 : 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "spectral-norm-bench-"));
  try {
    const file = join(folder, "weights.safetensors");
    writeCheckpoint(file, Number(side));
    /** @type {Record<number, { seconds: number, processor: number, hash: string }[]>} */
    const runs = { 1: [], 2: [] };
    for (let round = 0; round < Number(rounds); round += 1) {
      for (const workers of [1, 2]) {
        const run = audit(file, workers);
        runs[workers]?.push(run);
        say(`${workers} worker(s): ${run.seconds.toFixed(2)} s, ${run.processor.toFixed(2)} s of processor time`);
      }
    }
    const all = [...(runs[1] ?? []), ...(runs[2] ?? [])];
    if (new Set(all.map(({ hash }) => hash)).size !== 1) throw new Error("the reports differ");
    const seconds = [1, 2].map((workers) => median((runs[workers] ?? []).map((run) => run.seconds)));
    const processor = [1, 2].map((workers) => median((runs[workers] ?? []).map((run) => run.processor)));
    const [one = 0, two = 0] = seconds;
    const [oneCost = 0, twoCost = 0] = processor;
    const { cpu, cores } = machine();
    console.log(
      `${cpu}, ${cores} cores, load ${loadavg()[0]?.toFixed(1)} at the end; ${COUNT} weights of ${side}×${side}`,
    );
    console.log(`1 worker: ${one.toFixed(2)} s, ${oneCost.toFixed(2)} s of processor time`);
    console.log(`2 workers: ${two.toFixed(2)} s, ${twoCost.toFixed(2)} s of processor time`);
    console.log(
      `2 workers are ${(one / two).toFixed(2)} times as fast; with two processors to themselves at most ${((2 * oneCost) / twoCost).toFixed(2)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main(process.argv.slice(2));
