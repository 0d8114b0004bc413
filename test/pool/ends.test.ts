import { expect, test } from "vitest";
import { engine, expectIntact, mortal, overheard, poolOf, slow, weight } from "./support.js";

const aborted = (): AbortSignal => AbortSignal.abort(new Error("enough"));

test("what is asked after the signal was aborted rejects with its reason", async () => {
  const pool = await poolOf({ workers: 1 });
  await expect(pool.with({ signal: aborted() }).spectralNorm([[1]])).rejects.toThrow("enough");
  await expect(pool.with({ signal: aborted(), split: true }).spectralNorm([[1]])).rejects.toThrow("enough");
  await expectIntact(pool);
});

test("a job that waits is never begun once its signal is aborted, and others go on", async () => {
  const { createWorker, started } = mortal(0);
  const pool = await poolOf({ workers: 1, createWorker });
  const stop = new AbortController();
  const running = pool.singularValues(slow, { k: 50 });
  const waiting = pool.with({ signal: stop.signal }).spectralNorm([[1]]);
  const after = pool.spectralNorm([[2]]);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(after).resolves.toBe(2);
  await expect(running).resolves.toEqual(engine.singularValues(slow, { k: 50 }));
  expect(started()).toBe(1);
});

test("a job under way is stopped with its worker, which is replaced", async () => {
  const stop = new AbortController();
  let calls = 0;
  const { createWorker, started } = overheard((kind) => {
    if (kind === "call" && ++calls === 2) queueMicrotask(() => stop.abort());
  });
  const pool = await poolOf({ workers: 1, createWorker });
  await expectIntact(pool);
  const running = pool.with({ signal: stop.signal }).singularValues(slow, { k: 400 });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  await expectIntact(pool);
  expect(started()).toBe(2);
});

test("a split matrix is stopped, too", async () => {
  const stop = new AbortController();
  let products = 0;
  const { createWorker, started } = overheard((kind) => {
    // In the middle of a search of some eighty products, of either of two workers.
    if (kind === "multiply" && ++products === 21) queueMicrotask(() => stop.abort());
  });
  const pool = await poolOf({ workers: 2, createWorker });
  const w = weight(Float64Array, [1500, 400]);
  const running = pool.with({ signal: stop.signal, split: true }).spectralNorm(w, { tolerance: 1e-15 });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  // The other one may have been asked, too, but nothing after that.
  expect(products).toBeLessThanOrEqual(22);
  await expectIntact(pool);
  expect(started()).toBeGreaterThan(2);
});

test("a worker that dies is replaced, and its job tried once more", async () => {
  const { createWorker, started } = mortal(1);
  const pool = await poolOf({ workers: 1, createWorker });
  const [first, second] = [pool.spectralNorm([[5]]), pool.spectralNorm([[6]])];
  await expect(first).resolves.toBe(5);
  await expect(second).resolves.toBe(6);
  expect(started()).toBe(2);
});

test("a job of which two workers die is given up, and others go on", async () => {
  const { createWorker, started } = mortal(2);
  const pool = await poolOf({ workers: 1, createWorker });
  const message = "the worker that had the job died 2 times: it ended with code 9";
  await expect(pool.spectralNorm([[5]])).rejects.toMatchObject({ code: "WORKER", message });
  await expectIntact(pool);
  expect(started()).toBe(3);
});

test("what was moved to a worker that died cannot be tried again", async () => {
  const { createWorker } = mortal(1);
  const pool = await poolOf({ workers: 1, createWorker });
  const lost = pool.with({ transfer: true }).spectralNorm(weight(Float32Array, [2, 2]));
  await expect(lost).rejects.toMatchObject({ code: "WORKER", message: expect.stringMatching(/died once/) });
  await expectIntact(pool);
});

test("a split matrix is tried once more when a worker dies of it, and then given up", async () => {
  const w = weight(Float32Array, [900, 700]);
  const pool = await poolOf({ workers: 2, createWorker: mortal(1).createWorker });
  const sound = await poolOf({ workers: 1 });
  const norm = await sound.with({ split: true }).spectralNorm(w);
  await expect(pool.with({ split: true }).spectralNorm(w)).resolves.toBe(norm);
  const doomed = await poolOf({ workers: 2, createWorker: mortal(4).createWorker });
  await expect(doomed.with({ split: true }).spectralNorm(w)).rejects.toMatchObject({ code: "WORKER" });
  await expectIntact(doomed);
});

test("closing ends what is under way and what waits, and takes no more", async () => {
  const pool = await poolOf({ workers: 1 });
  const calls = [
    pool.singularValues(slow, { k: 400 }),
    pool.spectralNorm([[1]]),
    pool.with({ split: true }).spectralNorm(slow),
  ];
  const stopped = { code: "WORKER", message: "the work was stopped" };
  const all = Promise.all(calls.map((call) => expect(call).rejects.toMatchObject(stopped)));
  await pool.close();
  await all;
  await expect(pool.spectralNorm([[1]])).rejects.toMatchObject(stopped);
  await pool[Symbol.asyncDispose]();
});
