// @ts-check
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { findRedis } from "../test/queue/binary.mjs";
import { machine, median, say, seededMatrix } from "./harness.mjs";

const help = `Usage: node bench/rounds.mjs [ROUNDS] [ROWS] [COLUMNS] [WORKERS]

One weight of ROWS × COLUMNS (8192 × 8192), too large for the memory it may take, audited by one process, by a worker at a queue as one
job, and by WORKERS (2) in rounds, in turns, ROUNDS times (3): medians of seconds, of processor seconds of all processes but Redis, and
the bytes that went into Redis and out of it. Other work on the machine changes the seconds more than those of processors. Needs redis-server
and Linux.`;

const PORT = 16399;
const URL_OF_QUEUE = `redis://127.0.0.1:${PORT}`;
const program = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const run = promisify(execFile);

/** @param {string} path @param {number} rows @param {number} columns */
function writeWeight(path, rows, columns) {
  const bytes = rows * columns * 4;
  const header = Buffer.from(JSON.stringify({ w: { dtype: "F32", shape: [rows, columns], data_offsets: [0, bytes] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, header, Buffer.from(seededMatrix(rows, columns, 1).buffer)]));
}

/** @param {Redis} redis */
async function traffic(redis) {
  const text = await redis.info("stats");
  const of = (/** @type {string} */ name) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]);
  return { told: of("total_net_input_bytes"), tells: of("total_net_output_bytes") };
}

/** Seconds that processes have had of processors: of workers their own, of this one those of the audits that have ended. */
function processorSeconds(/** @type {readonly (number | undefined)[]} */ workers) {
  const ticks = (/** @type {number | "self"} */ pid, /** @type {number} */ field) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[field]) + Number(fields[field + 1]);
  };
  return workers.reduce((/** @type {number} */ sum, pid) => sum + ticks(pid ?? "self", 11), ticks("self", 13)) / 100;
}

/** @param {string[]} args */
async function audit(args) {
  const start = performance.now();
  const { stdout } = await run(process.execPath, [program, "audit", "--json", "--certainty", "cheap", ...args]);
  return { stdout, seconds: (performance.now() - start) / 1000 };
}

const ways = {
  "one process": [],
  "as a job": ["--queue", URL_OF_QUEUE, "--queue-share", "1000000"],
  "in rounds": ["--queue", URL_OF_QUEUE, "--queue-share", "0"],
};

/** @param {Redis} redis @param {string} file @param {number} count @param {readonly (number | undefined)[]} workers */
async function measure(redis, file, count, workers) {
  const runs = [];
  for (let round = 0; round < count; round += 1) {
    for (const [way, more] of Object.entries(ways)) {
      await redis.flushall();
      const [before, since] = [await traffic(redis), processorSeconds(workers)];
      const { stdout, seconds } = await audit([...more, file]);
      const [after, processor] = [await traffic(redis), processorSeconds(workers) - since];
      runs.push({ way, stdout, seconds, processor, told: after.told - before.told, tells: after.tells - before.tells });
      say(`${way}: ${seconds.toFixed(2)} s, ${processor.toFixed(2)} s of processor time`);
    }
  }
  if (new Set(runs.map(({ stdout }) => stdout)).size !== 1) throw new Error("the reports differ");
  const looks = Number(/read (\d+) times/.exec(runs[0]?.stdout ?? "")?.[1]);
  return Object.keys(ways).map((way) => {
    const own = runs.filter((one) => one.way === way);
    const [seconds, processor] = [median(own.map((one) => one.seconds)), median(own.map((one) => one.processor))];
    const [told, tells] = [median(own.map((one) => one.told)), median(own.map((one) => one.tells))];
    const bytes = `${(told / looks / 1e3).toFixed(0)} kB into Redis and ${(tells / looks / 1e3).toFixed(0)} kB out of it`;
    return `${way}: ${seconds.toFixed(2)} s, ${processor.toFixed(2)} s of processor time; for each of ${looks} passes ${bytes}`;
  });
}

/** @param {string[]} args */
async function main([count = "3", rows = "8192", columns = "8192", workers = "2"]) {
  if (![count, rows, columns, workers].every((value) => Number(value) >= 1)) {
    say(help);
    process.exitCode = count === "--help" ? 0 : 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "spectral-norm-bench-"));
  const options = ["--port", String(PORT), "--dir", folder, "--appendonly", "yes", "--save", "", "--bind", "127.0.0.1"];
  const children = [spawn(findRedis() ?? "redis-server", options, { stdio: "ignore" })];
  const redis = new Redis({ port: PORT, host: "127.0.0.1" });
  redis.on("error", () => {});
  try {
    await redis.ping();
    const file = join(folder, "weight.safetensors");
    writeWeight(file, Number(rows), Number(columns));
    for (let worker = 0; worker < Number(workers); worker += 1) {
      children.push(spawn(process.execPath, [program, "worker", "--queue", URL_OF_QUEUE], { stdio: "ignore" }));
    }
    const [, ...pids] = children.map(({ pid }) => pid);
    const lines = await measure(redis, file, Number(count), pids);
    const { cpu, cores } = machine();
    console.log(
      `${cpu}, ${cores} cores, load ${loadavg()[0]?.toFixed(1)} at the end; ${rows}×${columns}, ${workers} workers`,
    );
    for (const line of lines) console.log(line);
  } finally {
    redis.disconnect();
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}

await main(process.argv.slice(2));
