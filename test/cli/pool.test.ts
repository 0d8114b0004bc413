import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import type { AuditedTensor, AuditJob, OpenAudit, Question } from "../../ts/audit.js";
import { createPool, type Pool } from "../../ts/cli/pool.js";
import { inOrder, rowsInPool } from "../../ts/cli/sharing.js";
import { PORTION } from "../../ts/cli/together.js";

/** A thread that does what the names of its jobs say. */
const CODE = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", async ({ job, share, shares, portion, question }) => {
  const [verb, ...rest] = job.name.split(" ");
  if (verb === "exit") process.exit(7);
  if (verb === "throw") setImmediate(() => { throw new Error("out of luck"); });
  else if (verb === "wait") return;
  else if (verb === "mourn" && shares.first === 0) process.exit(7);
  else if (shares !== undefined) {
    const terms = Array.from({ length: shares.count }, (_, at) => shares.first + at + question.factor / 10);
    const none = { image: undefined, back: undefined, norms: [portion], uppers: [], lowers: [] };
    parentPort.postMessage({ parts: terms.map((term) => ({ terms: [term], ...none })) });
  }
  else if (verb === "fail") parentPort.postMessage({ error: { code: rest[0], message: job.name, stack: "where" } });
  else parentPort.postMessage(share === undefined ? { row: { name: job.name } } : { part: { terms: [share] } });
});`;

const pools: Pool[] = [];
let started = 0;
function poolOf(size: number, attempts = 2): Pool {
  started = 0;
  const start = () => {
    started += 1;
    return new Worker(CODE, { eval: true });
  };
  const pool = createPool(size, start, attempts);
  pools.push(pool);
  return pool;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

const jobOf = (name: string, bytes = 1): AuditJob => ({ kind: "weight", name, shape: [1, 1], bytes });
const order = (name: string) => ({ task: { source: "file", settings: {} }, job: jobOf(name) });

test("orders are answered, by no more threads than there may be, made when there is work", async () => {
  const pool = poolOf(2);
  expect(started).toBe(0);
  const rows = await Promise.all(["a", "b", "c", "d", "e"].map((name) => pool.measure(order(name))));
  expect(rows.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e"]);
  expect(started).toBe(2);
});

test("shares of a weight are answered like rows, by the same threads", async () => {
  const pool = poolOf(1);
  const question: Question = { kind: "facts", adjoint: false, factor: 1, vectors: [], facts: "norms", sides: [1, 1] };
  const part = pool.part({ ...order("a"), share: 7, question });
  const row = pool.measure(order("b"));
  expect(await part).toEqual({ terms: [7] });
  expect(await row).toEqual({ name: "b" });
  expect(started).toBe(1);
});

const facts: Question = { kind: "facts", adjoint: false, factor: 1, vectors: [], facts: "norms", sides: [1, 1] };

test.each([1, 2, 3, 7])(
  "%i threads hold the shares of a weight between them, and answer in the order of these",
  async (size) => {
    const pool = poolOf(size);
    const found = await pool.together(order("a"), 5, async (ask) => [
      await ask(facts),
      await ask({ ...facts, factor: 2 }),
    ]);
    const threads = Math.min(size, 5);
    expect(found.map(({ terms }) => terms)).toEqual([
      [0.1, 1.1, 2.1, 3.1, 4.1],
      [0.2, 1.2, 2.2, 3.2, 4.2],
    ]);
    expect(new Set(found[0]?.norms)).toEqual(new Set([PORTION / threads]));
    expect(started).toBe(threads);
    await expect(pool.measure(order("b"))).resolves.toEqual({ name: "b" });
  },
);

test("of threads that work together one that dies is replaced, and the weight begun anew; the second time it is given up", async () => {
  const pool = poolOf(2);
  let begun = 0;
  const dead = pool.together(order("mourn"), 4, async (ask) => {
    begun += 1;
    return await ask(facts);
  });
  const message = "the threads that measured it died 2 times: it ended with code 7";
  await expect(dead).rejects.toMatchObject({ code: "WORKER", message });
  expect(begun).toBe(2);
  await expect(pool.together(order("a"), 2, (ask) => ask(facts))).resolves.toMatchObject({ terms: [0.1, 1.1] });
});

test("closing ends threads that work together", async () => {
  const pool = poolOf(2);
  const busy = pool.together(order("wait"), 2, (ask) => ask(facts));
  const stopped = expect(busy).rejects.toMatchObject({ code: "WORKER", message: "the work was stopped" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await pool.close();
  await stopped;
});

test("an error comes with its code, message and stack, and the thread lives on", async () => {
  const pool = poolOf(1);
  const failed = pool.measure(order("fail FORMAT"));
  await expect(failed).rejects.toMatchObject({ code: "FORMAT", message: "fail FORMAT", stack: "where" });
  await expect(pool.measure(order("a"))).resolves.toEqual({ name: "a" });
  expect(started).toBe(1);
});

test.each([
  ["exit", "the thread that measured it died 2 times: it ended with code 7"],
  ["throw", "the thread that measured it died 2 times: out of luck"],
])("a thread that dies by %s is replaced, and what it was about tried once more", async (name, message) => {
  const pool = poolOf(1);
  const [dead, next] = [pool.measure(order(name)), pool.measure(order("next"))];
  await expect(dead).rejects.toMatchObject({ code: "WORKER", message });
  await expect(next).resolves.toEqual({ name: "next" });
  expect(started).toBe(3);
});

test("closing ends what is under way and what waits, and takes no more", async () => {
  const pool = poolOf(1);
  const [busy, waiting] = [pool.measure(order("wait")), pool.measure(order("a"))];
  const stopped = { code: "WORKER", message: "the work was stopped" };
  const all = Promise.all([busy, waiting].map((row) => expect(row).rejects.toMatchObject(stopped)));
  await pool.close();
  await all;
  await expect(pool.measure(order("b"))).rejects.toMatchObject(stopped);
});

function fileOf(jobs: readonly AuditJob[]) {
  const told: string[] = [];
  const opened = {
    jobs,
    shares: async () => 0,
    failed: async ({ name }: AuditJob, error: object) => ({ name, error }),
  } as unknown as OpenAudit;
  const tracker = {
    add: () => {},
    start: ({ name }: AuditJob) => told.push(`start ${name}`),
    done: ({ name }: AuditJob) => told.push(`done ${name}`),
    clear: () => {},
  };
  return { told, file: { path: "file", settings: {}, opened, tracker } };
}

test("rows come in the order of the jobs, the largest being measured first; the dead have theirs", async () => {
  const { told, file } = fileOf([jobOf("small", 1), jobOf("exit", 2), jobOf("large", 9)]);
  const rows: readonly AuditedTensor[] = await rowsInPool(poolOf(1), file);
  expect(rows.map(({ name }) => name)).toEqual(["small", "exit", "large"]);
  expect(rows[1]?.error).toEqual({ code: "WORKER", message: expect.stringMatching(/died 2 times/) });
  expect(told.filter((text) => text.startsWith("start"))).toEqual(["start large", "start exit", "start small"]);
  expect(told.filter((text) => text.startsWith("done"))).toHaveLength(3);
});

test("what all measure together, and what is measured alone, comes after all else", async () => {
  const jobs = [jobOf("shared", 9), jobOf("alone", 8), jobOf("large", 3), jobOf("small", 1)];
  const { told, file } = fileOf(jobs);
  const shares = async ({ name }: AuditJob) => (name === "shared" ? 2 : 0);
  const measure = async ({ name }: AuditJob) => ({ name });
  const opened = { ...file.opened, shares, measure } as unknown as OpenAudit;
  const rows = await rowsInPool(poolOf(2), { ...file, opened }, ({ name }) => name === "alone");
  expect(rows.map(({ name }) => name)).toEqual(["shared", "alone", "large", "small"]);
  expect(told.slice(0, 2)).toEqual(["start large", "start small"]);
  expect(told.slice(4)).toEqual(["start shared", "done shared", "start alone", "done alone"]);
});

test("of a broken file the error is that of its first row that has one, whoever meets it first", async () => {
  const jobs = [jobOf("a", 1), jobOf("fail FIRST", 2), jobOf("never", 3), jobOf("fail LAST", 9)];
  const { told, file } = fileOf(jobs);
  await expect(rowsInPool(poolOf(1), file)).rejects.toMatchObject({ code: "FIRST" });
  // What comes before the error in the file may have an error of its own.
  expect(told.filter((text) => text.startsWith("start"))).toEqual([
    "start fail LAST",
    "start never",
    "start fail FIRST",
    "start a",
  ]);
});

test("after an error nothing is begun that comes later in the file", async () => {
  const { told, file } = fileOf([jobOf("fail FIRST", 9), jobOf("b", 8), jobOf("c", 7)]);
  await expect(rowsInPool(poolOf(1), file)).rejects.toMatchObject({ code: "FIRST" });
  expect(told).toEqual(["start fail FIRST", "done fail FIRST"]);
});

test("results come in order, a stated number of them under way", async () => {
  let busy = 0;
  let most = 0;
  const work = async (delay: number) => {
    busy += 1;
    most = Math.max(most, busy);
    await new Promise((resolve) => setTimeout(resolve, delay));
    busy -= 1;
    return delay;
  };
  const results: number[] = [];
  for await (const result of inOrder([30, 1, 20, 2, 3], 2, work)) results.push(result);
  expect(results).toEqual([30, 1, 20, 2, 3]);
  expect(most).toBe(2);
});
