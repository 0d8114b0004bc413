import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { float64, safetensors } from "../checkpoint/writer.ts";
import { type Run, run } from "../cli/run.ts";
import { type TestRedis, until } from "./redis.ts";
import { begin, beginWorker, endAll, matrix, type Running, redisForEach, writeCheckpoint } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-rounds-"));
afterAll(() => rmSync(folder, { recursive: true }));

// With 1 MB of memory a block is 2^18 bytes of the file, and a share 8 blocks: each of these has four shares.
const SHARES = 4;
const settings = ["--json", "--memory", "1", "--certainty", "cheap"] as const;
const file = writeCheckpoint(join(folder, "large.safetensors"), 3, {
  tall: matrix(4000, 400, 1),
  wide: matrix(500, 4000, 2),
});

let redis: TestRedis;
redisForEach((started) => {
  redis = started;
});
const inRounds = () => [...settings, "--queue", redis.url, "--queue-share", "2"];
const beginWorkers = (count: number) =>
  Promise.all(Array.from({ length: count }, () => beginWorker("--queue", redis.url)));

/** The jobs of rounds to which something happened, as often as it did. */
async function roundJobs(what: "completed" | "stalled"): Promise<readonly string[]> {
  const [key] = await redis.ask((asked) => asked.keys("spectral-norm:*:events"));
  const events = await redis.ask((asked) => asked.xrange(key as string, "-", "+"));
  const told = events.map(([, fields]) => Object.fromEntries(fields.map((field, at) => [field, fields[at + 1]])));
  const ids = told.filter(({ event }) => event === what).map(({ jobId }) => String(jobId));
  return ids.filter((id) => id.startsWith("sum-"));
}

/** How many jobs an audit takes for its large weights: those of a round for each time that one was read from end to end. */
function jobsOf({ stdout }: Run): number {
  const { tensors } = JSON.parse(stdout).files[0];
  const looks = tensors.map(({ note }: { note: string | null }) =>
    Number(/read (\d+) times/.exec(note ?? "")?.[1] ?? 0),
  );
  return looks.reduce((sum: number, count: number) => sum + count * (SHARES + 1), 0);
}

/** Ends a worker while it has a share: it is held, looked at, and let go unless it has one. */
async function killAtWork(workers: readonly Running[]): Promise<void> {
  await until(async () => {
    for (const { child, name } of workers) {
      child.kill("SIGSTOP");
      const active = await redis.queue((queue) => queue.getActive());
      if (active.some((job) => job.name === "share" && job.processedBy === name)) return child.kill("SIGKILL");
      child.kill("SIGCONT");
    }
    return false;
  });
}

/** The names of the questions, answers and rows that lie in Redis. */
async function values(): Promise<readonly string[]> {
  const keys = await redis.ask((asked) => asked.keys("spectral-norm:*:values:*"));
  return keys.map((key) => key.split(":values:")[1] as string);
}

test("three workers measure large weights together, and the report is that of one process, byte for byte", async () => {
  const alone = await run("audit", ...settings, file);
  expect(alone.code).toBe(0);
  await beginWorkers(3);
  expect(await run("audit", ...inRounds(), file)).toEqual(alone);
  const jobs = await roundJobs("completed");
  expect(jobs).toHaveLength(jobsOf(alone));
  expect(new Set(jobs).size).toBe(jobs.length);

  // What is there is taken, without a worker; nothing else is left.
  await endAll();
  expect(await run("audit", ...inRounds(), "--queue-timeout", "5", file)).toEqual(alone);
  expect(await values()).toEqual([expect.stringMatching(/^row-/), expect.stringMatching(/^row-/)]);
  for (const key of await redis.ask((asked) => asked.keys("spectral-norm:*:values:*"))) {
    expect(await redis.ask((asked) => asked.ttl(key))).toBeGreaterThan(80_000);
  }
});

test("workers, Redis and whoever asks are killed in the middle of rounds: nothing is lost, and nothing there twice", async () => {
  const alone = await run("audit", ...settings, file);
  const workers = await beginWorkers(3);
  const first = begin("audit", ...inRounds(), file);
  await until(async () => (await roundJobs("completed")).length > 50);
  await killAtWork(workers);
  await until(async () => (await roundJobs("stalled")).length > 0);

  first.child.kill("SIGKILL");
  await first.ended;
  const before = await roundJobs("completed");
  expect(before.length).toBeLessThan(jobsOf(alone));
  const again = begin("audit", ...inRounds(), file);
  await until(async () => (await roundJobs("completed")).length > before.length + 20);

  await redis.kill("SIGKILL");
  const left = workers.filter(({ child }) => child.signalCode === null);
  expect(left).toHaveLength(2);
  await until(() => [again, ...left].every((one) => one.said().includes("trying again for 300 s")));
  await redis.start();
  expect(await again.ended).toMatchObject({ code: 0, stdout: alone.stdout });
  const jobs = await roundJobs("completed");
  expect(new Set(jobs).size).toBe(jobs.length);
  expect(jobs).toHaveLength(jobsOf(alone));
});

test("every kind of large weight goes in rounds: with stored vectors, of float64, with an entry that is not finite", async () => {
  const entries = (count: number) => Array.from({ length: count }, (_, at) => Math.sin(at * at) + 1);
  const wrong = entries(300_000);
  wrong[100_000] = Number.NaN;
  wrong[290_000] = Number.POSITIVE_INFINITY;
  const path = join(folder, "kinds.safetensors");
  const tensors = {
    "a.weight_orig": matrix(1600, 500, 3),
    "a.weight_u": matrix(1, 1600, 4),
    "a.weight_v": matrix(1, 500, 5),
    double: float64([300, 1000], entries(300_000)),
    bad: float64([300, 1000], wrong),
  };
  writeFileSync(path, safetensors(tensors));
  await beginWorkers(2);
  for (const more of [[], ["--axis", "last"], ["--seed", "3", "--tolerance", "1e-9"]]) {
    const alone = await run("audit", ...settings, ...more, path);
    expect(alone.code).toBe(1);
    expect(alone.stdout).toContain("got NaN in row");
    expect(await run("audit", ...inRounds(), ...more, path)).toEqual(alone);
  }
  expect((await roundJobs("completed")).length).toBeGreaterThan(100);
});

test("two who ask for the same share the rounds", async () => {
  const alone = await run("audit", ...settings, file);
  const asked = [1, 2].map(() => run("audit", ...inRounds(), file));
  await until(async () => (await redis.queue((queue) => queue.getWaitingCount())) > 10);
  await beginWorkers(2);
  for (const report of await Promise.all(asked)) expect(report).toMatchObject({ code: 0, stdout: alone.stdout });
  const jobs = await roundJobs("completed");
  expect(new Set(jobs).size).toBe(jobsOf(alone));
});

test("what Redis has forgotten is asked for again", async () => {
  const alone = await run("audit", ...settings, file);
  const asked = begin("audit", ...inRounds(), file);
  await beginWorkers(2);
  await until(async () => (await roundJobs("completed")).length > 20);
  await redis.ask((asking) => asking.flushall());
  expect(await asked.ended).toMatchObject({ code: 0, stdout: alone.stdout });
});

test("what Redis has forgotten between a question and its jobs is asked for again", async () => {
  const alone = await run("audit", ...settings, file);
  const asked = begin("audit", ...inRounds(), file);
  await until(async () => (await redis.queue((queue) => queue.getWaitingCount())) >= 2 * SHARES);
  const questions = await redis.ask((asking) => asking.keys("spectral-norm:*:values:*-asked"));
  expect(questions).toHaveLength(2);
  await redis.ask((asking) => asking.unlink(...questions));
  await beginWorkers(2);
  expect(await asked.ended).toMatchObject({ code: 0, stdout: alone.stdout });
});

test("a weight that is smaller than the limit is a job, whatever its place", async () => {
  const alone = await run("audit", ...settings, file);
  await beginWorkers(1);
  expect(await run("audit", ...settings, "--queue", redis.url, file)).toEqual(alone);
  expect(await roundJobs("completed")).toEqual([]);
  expect(await redis.queue((queue) => queue.getCompletedCount())).toBe(5);
});

test("a worker that does not see the file is named, and who asks again has it tried again", async () => {
  const path = join(folder, "moving.safetensors");
  copyFileSync(file, path);
  const alone = await run("audit", ...settings, path);
  const asked = begin("audit", ...inRounds(), path);
  await until(async () => (await redis.queue((queue) => queue.getWaitingCount())) >= 2 * SHARES + 3);
  rmSync(path);
  const worker = await beginWorker("--queue", redis.url, "--concurrency", "6");
  const { code, stderr } = await asked.ended;
  expect(code).toBe(2);
  expect(stderr).toContain(`${path}: expected a file, but there is no such file [${worker.name}]`);
  copyFileSync(file, path);
  const other = await run("audit", ...settings, path);
  expect(other).toEqual(alone);
  expect(await run("audit", ...inRounds(), path)).toEqual(alone);
});

test("shares that kill whoever takes them have a row that says so, and are tried again for whoever asks again", async () => {
  const bytes = safetensors({ tall: matrix(4000, 400, 1) });
  let isStuck = false;
  const server = createServer((request, response) => {
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const end = Math.min(Number(to), bytes.length - 1);
    // Blocks keep workers waiting; the header does not.
    if (isStuck && end - Number(from) > 100_000) return;
    const range = `bytes ${from}-${end}/${bytes.length}`;
    response.writeHead(206, { "content-range": range }).end(bytes.subarray(Number(from), end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tall.safetensors`;
    const alone = await run("audit", ...settings, address);
    const asked = begin("audit", ...inRounds(), address);
    await until(async () => (await redis.queue((queue) => queue.getWaitingCount())) === SHARES);
    isStuck = true;
    for (let count = 0; count < 3; count += 1) {
      const worker = await beginWorker("--queue", redis.url, "--concurrency", String(SHARES));
      await until(async () => {
        const active = await redis.queue((queue) => queue.getActive());
        return active.filter(({ processedBy }) => processedBy === worker.name).length === SHARES;
      });
      worker.child.kill("SIGKILL");
      await worker.ended;
    }
    isStuck = false;
    await beginWorkers(1);
    const { code, stdout } = await asked.ended;
    expect(code).toBe(1);
    const [{ error, ...row }] = JSON.parse(stdout).files[0].tensors;
    expect(row).toMatchObject({ shape: [4000, 400], dtype: "F32", axis: 0, spectralNorm: null, upper: null });
    expect(error.code).toBe("WORKER");
    expect(error.message).toMatch(/^the 3 workers that took it died, the last of which was \S+:\d+$/);
    expect(await run("audit", ...inRounds(), address)).toEqual(alone);
  } finally {
    server.close();
  }
});
