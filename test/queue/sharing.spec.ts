import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { safetensors } from "../checkpoint/writer.ts";
import { data, run } from "../cli/run.ts";
import { type TestRedis, until } from "./redis.ts";
import { beginWorker, endAll, matrix, redisForEach, writeCheckpoint } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-queue-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

let redis: TestRedis;
redisForEach((started) => {
  redis = started;
});

/** How many jobs there are, and how often one was begun. */
async function executions(): Promise<{ jobs: number; begun: number }> {
  const jobs = await redis.queue((queue) => queue.getCompleted());
  return { jobs: jobs.length, begun: jobs.reduce((sum, { attemptsStarted }) => sum + attemptsStarted, 0) };
}

test("three workers share 48 weights, and the report is that of one process, byte for byte", async () => {
  const file = writeCheckpoint(at("shared.safetensors"), 48);
  const alone = await run("audit", "--json", file);
  expect(alone.code).toBe(0);
  const workers = await Promise.all([1, 2, 3].map(() => beginWorker("--queue", redis.url)));
  const shared = await run("audit", "--json", "--queue", redis.url, file);
  expect(shared).toEqual(alone);
  expect(await executions()).toEqual({ jobs: 48, begun: 48 });
  const jobs = await redis.queue((queue) => queue.getCompleted());
  const hands = new Set(jobs.map(({ processedBy }) => processedBy));
  expect([...hands].every((name) => workers.some((worker) => worker.name === name))).toBe(true);
  expect(hands.size).toBeGreaterThan(1);

  // What is there is taken, without a worker.
  await endAll();
  expect(await run("audit", "--json", "--queue", redis.url, "--queue-timeout", "5", file)).toEqual(alone);
  expect(await executions()).toEqual({ jobs: 48, begun: 48 });
});

test("two who ask for the same have it measured once", async () => {
  const file = writeCheckpoint(at("twice.safetensors"), 40);
  const alone = await run("audit", "--json", file);
  const asked = [1, 2].map(() => run("audit", "--json", "--queue", redis.url, file));
  await until(async () => (await redis.queue((queue) => queue.getWaitingCount())) === 40);
  await beginWorker("--queue", redis.url, "--concurrency", "2");
  for (const report of await Promise.all(asked)) expect(report).toMatchObject({ code: 0, stdout: alone.stdout });
  expect(await executions()).toEqual({ jobs: 40, begun: 40 });
});

test("every kind of checkpoint, of row and of report goes through the queue", async () => {
  const lora = { "q.lora_A.weight": matrix(2, 9, 1), "q.lora_B.weight": matrix(7, 2, 2) };
  writeFileSync(at("lora.safetensors"), safetensors(lora));
  writeFileSync(at("base.safetensors"), safetensors({ "q.weight": matrix(7, 9, 3) }));
  // Norms that overflow, are 0, and are not there.
  writeFileSync(
    at("odd.safetensors"),
    safetensors({
      huge: { dtype: "F64", shape: [2, 2], bytes: new Uint8Array(Float64Array.of(1e308, 1e308, 1e308, 1e308).buffer) },
      zero: { dtype: "F64", shape: [2, 2], bytes: new Uint8Array(32) },
      bad: { dtype: "F64", shape: [1, 2], bytes: new Uint8Array(Float64Array.of(Number.NaN, 1).buffer) },
    }),
  );
  const shard = (name: string) => ({ [name]: matrix(5, 4, name.length) });
  writeFileSync(at("part-1.safetensors"), safetensors(shard("a")));
  writeFileSync(at("part-2.safetensors"), safetensors(shard("bb")));
  const map = { a: "part-1.safetensors", bb: "part-2.safetensors" };
  writeFileSync(at("sharded.index.json"), JSON.stringify({ weight_map: map }));
  const files = [at("lora.safetensors"), at("odd.safetensors"), at("sharded.index.json"), "wgan-sn-critic.safetensors"];
  await beginWorker("--queue", redis.url);
  const layers = ["--layers", "critic-layers.json", "wgan-sn-critic.safetensors"];
  for (const args of [
    ["--json", "--lora-alpha", "4", ...files],
    ["--json", "--base", relative(data, at("base.safetensors")), at("lora.safetensors")],
    ["--csv", ...files],
    ["--axis", "last", "wgan-sn-generator.safetensors"],
    ["--markdown", "--max-norm", "1.05", ...files],
    ["--json", "--max-lipschitz", "10.1", ...layers],
    ["--wide", ...layers],
    ["missing.safetensors", "--json"],
  ]) {
    expect(await run("audit", "--queue", redis.url, ...args), args.join(" ")).toEqual(await run("audit", ...args));
  }
});

test("a job is about this file as it is now, and about these options", async () => {
  const file = writeCheckpoint(at("changing.safetensors"), 3);
  await beginWorker("--queue", redis.url);
  const ask = async (...more: string[]) => {
    const report = await run("audit", "--json", "--queue", redis.url, ...more, file);
    expect(report).toEqual(await run("audit", "--json", ...more, file));
    return (await executions()).jobs;
  };
  expect(await ask()).toBe(3);
  expect(await ask()).toBe(3);
  expect(await ask("--seed", "1")).toBe(6);
  expect(await ask("--tolerance", "1e-9")).toBe(9);
  expect(await ask("--values", "1")).toBe(12);
  // The same size, other numbers.
  const bytes = readFileSync(file);
  bytes.writeFloatLE(0.25, bytes.length - 4);
  writeFileSync(file, bytes);
  expect(await ask()).toBe(15);
  utimesSync(file, 1, 1);
  expect(await ask()).toBe(18);
});

test("another prefix is another queue", async () => {
  const file = writeCheckpoint(at("prefix.safetensors"), 2);
  await beginWorker("--queue", redis.url, "--queue-prefix", "other");
  const other = ["--queue-prefix", "other", file];
  expect((await run("audit", "--queue", redis.url, ...other)).code).toBe(0);
  expect(await redis.queue((queue) => queue.getCompletedCount(), "other")).toBe(2);
  const { code, stderr } = await run("audit", "--queue", redis.url, "--queue-timeout", "6", file);
  expect(code).toBe(2);
  expect(stderr).toContain(`no worker of this version is at ${redis.url}/0; waiting 6 s for one: spectral-norm worker`);
  expect(stderr).toMatch(
    /expected a worker within 6 s; what is measured is kept, and the same command goes on with it\n$/,
  );
});

test("results are kept for a day, and then go", async () => {
  const file = writeCheckpoint(at("kept.safetensors"), 1);
  await beginWorker("--queue", redis.url);
  expect((await run("audit", "--queue", redis.url, file)).code).toBe(0);
  const [job] = await redis.queue((queue) => queue.getCompleted());
  expect(job?.opts).toMatchObject({ removeOnComplete: { age: 86_400 }, removeOnFail: { age: 86_400 } });
});

test("addresses are audited, of a server that tells versions", async () => {
  let version = '"one"';
  const server = createServer((request, response) => {
    const bytes = readFileSync(join(data, "wgan-sn-critic.safetensors"));
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const end = Math.min(Number(to), bytes.length - 1);
    const range = `bytes ${from}-${end}/${bytes.length}`;
    response.writeHead(206, { "content-range": range, etag: version }).end(bytes.subarray(Number(from), end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/critic.safetensors`;
    await beginWorker("--queue", redis.url);
    const alone = await run("audit", "--json", address);
    expect(alone.code).toBe(0);
    expect(await run("audit", "--json", "--queue", redis.url, address)).toEqual(alone);
    version = '"two"';
    expect(await run("audit", "--json", "--queue", redis.url, address)).toEqual(alone);
    expect((await executions()).jobs).toBe(8);
  } finally {
    server.close();
  }
});

test("a file is found by its path from the root on, from whatever folder it was named", async () => {
  copyFileSync(join(data, "wgan-sn-generator.safetensors"), at("copy.safetensors"));
  await beginWorker("--queue", redis.url);
  const named = await run("audit", "--json", "--queue", redis.url, "wgan-sn-generator.safetensors");
  expect(named).toEqual(await run("audit", "--json", "wgan-sn-generator.safetensors"));
  const [job] = await redis.queue((queue) => queue.getCompleted());
  expect(job?.data.task.source).toBe(join(data, "wgan-sn-generator.safetensors"));
});
