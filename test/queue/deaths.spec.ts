import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { run } from "../cli/run.ts";
import { type TestRedis, until } from "./redis.ts";
import { begin, beginWorker, type Running, redisForEach, slowly, slowWeight, writeCheckpoint } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-deaths-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = writeCheckpoint(join(folder, "slow.safetensors"), 12, slowWeight());

let redis: TestRedis;
redisForEach((started) => {
  redis = started;
});

/** Waits until somebody is about the weight that takes seconds, and tells who. */
async function whoHasTheSlowOne(but: readonly string[] = []): Promise<string> {
  let name: string | undefined;
  await until(async () => {
    const active = await redis.queue((queue) => queue.getActive());
    const job = active.find(({ data }) => data.job.name === "slow");
    name = job?.processedBy;
    return name !== undefined && !but.includes(name);
  });
  return name as string;
}

function kill(workers: readonly Running[], name: string, signal: NodeJS.Signals): Running {
  const worker = workers.find((one) => one.name === name);
  if (worker === undefined) throw new Error(`${name} is none of ours`);
  worker.child.kill(signal);
  return worker;
}

test("what a worker was about that is killed is measured by another; nothing is lost or there twice", async () => {
  const alone = await run("audit", ...slowly, file);
  const workers = await Promise.all([1, 2].map(() => beginWorker("--queue", redis.url)));
  const asked = begin("audit", ...slowly, "--queue", redis.url, file);
  kill(workers, await whoHasTheSlowOne(), "SIGKILL");
  expect(await asked.ended).toEqual(alone);
  const jobs = await redis.queue((queue) => queue.getCompleted());
  expect(jobs).toHaveLength(13);
  expect(new Set(jobs.map(({ data }) => data.job.name)).size).toBe(13);
  const begun = new Map(jobs.map(({ data, attemptsStarted }) => [data.job.name, attemptsStarted]));
  expect(begun.get("slow")).toBe(2);
  for (const [name, count] of begun) expect(count, name).toBeLessThanOrEqual(name === "slow" ? 2 : 1);
});

test("a weight that kills whoever takes it has a row that says so, and the others have theirs", async () => {
  const asked = begin("audit", ...slowly, "--queue", redis.url, file);
  const dead: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const worker = await beginWorker("--queue", redis.url);
    dead.push(await whoHasTheSlowOne(dead));
    kill([worker], dead.at(-1) as string, "SIGKILL");
    await worker.ended;
  }
  await beginWorker("--queue", redis.url);
  const { code, stdout } = await asked.ended;
  expect(code).toBe(1);
  const { tensors } = JSON.parse(stdout).files[0];
  const { error, ...row } = tensors.find(({ name }: { name: string }) => name === "slow");
  expect(row).toMatchObject({ shape: [1800, 1800], dtype: "F32", axis: 0, spectralNorm: null, upper: null });
  expect(error.code).toBe("WORKER");
  expect(error.message).toMatch(/^the 3 workers that took it died, the last of which was \S+:\d+$/);
  const others = tensors.filter(({ name }: { name: string }) => name !== "slow");
  expect(others).toHaveLength(12);
  for (const other of others) expect(other).toMatchObject({ error: null, converged: true });

  // Whoever asks again has it tried again.
  const again = await run("audit", ...slowly, "--queue", redis.url, file);
  expect(again).toEqual(await run("audit", ...slowly, file));
});

test("who asks may be killed, and goes on with what is there", async () => {
  const alone = await run("audit", ...slowly, file);
  const asked = begin("audit", ...slowly, "--queue", redis.url, file);
  await until(async () => (await redis.queue((queue) => queue.getWaitingCount())) === 13);
  await beginWorker("--queue", redis.url, "--concurrency", "2");
  await until(async () => (await redis.queue((queue) => queue.getCompletedCount())) >= 3);
  asked.child.kill("SIGKILL");
  expect((await asked.ended).code).toBe(137);
  expect(await run("audit", ...slowly, "--queue", redis.url, file)).toEqual(alone);
  const jobs = await redis.queue((queue) => queue.getCompleted());
  expect(jobs.map(({ attemptsStarted }) => attemptsStarted)).toEqual(Array(13).fill(1));
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s makes a worker give back what it has, and it counts for nothing", async (signal, code) => {
  const asked = begin("audit", ...slowly, "--queue", redis.url, file);
  const first = await beginWorker("--queue", redis.url);
  expect(await whoHasTheSlowOne()).toBe(first.name);
  first.child.kill(signal);
  expect((await first.ended).code).toBe(code);
  expect(await redis.queue((queue) => queue.getActiveCount())).toBe(0);
  await beginWorker("--queue", redis.url);
  expect(await asked.ended).toEqual(await run("audit", ...slowly, file));
  const jobs = await redis.queue((queue) => queue.getCompleted());
  for (const { stalledCounter, attemptsMade } of jobs)
    expect({ stalledCounter, attemptsMade }).toMatchObject({ stalledCounter: 0 });
});
