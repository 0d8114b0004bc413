import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyOf, makePlan, type Run, SETTINGS } from "../../examples/experiments/plan.mjs";
import { runAll } from "../../examples/experiments/pool.mjs";
import {
  appendRecord,
  belonging,
  type Record as Kept,
  missing,
  readRecords,
} from "../../examples/experiments/records.mjs";

import { makeUp, seeds } from "./experiments.made-up.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "experiments-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the plan", () => {
  test("has five seeds of everything, and no run twice", () => {
    const runs = makePlan("full");
    expect(new Set(runs.map(keyOf)).size).toBe(runs.length);
    expect(new Set(runs.map(({ seed }) => seed))).toEqual(new Set(seeds));
    expect(new Set(runs.flatMap(({ claims }) => claims))).toEqual(new Set([1, 2, 3, 4, 5, 6, SETTINGS]));
    expect(runs.filter(({ seed }) => seed === 3)).toHaveLength(runs.length / 5);
  });

  test("of one claim is its part of the whole", () => {
    const runs = makePlan("quick", 5);
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.every(({ task }) => task === "supervised")).toBe(true);
  });
});

describe("records", () => {
  const plan = makePlan("quick");
  const [first, second, third] = makeUp({ plan }) as [Kept, Kept, Kept];

  test("make that what is done is not done again", () => {
    const file = join(folder, "new", "records.jsonl");
    expect(readRecords(file)).toEqual([]);
    appendRecord(file, first);
    appendRecord(file, second);
    expect(readRecords(file)).toEqual([first, second]);
    expect(missing(plan, readRecords(file))).toEqual(plan.slice(2));
    // Of another plan.
    expect(belonging([first.run], readRecords(file))).toEqual([first]);
  });

  test("that were cut off in the middle of a line are made again, and spoil no other", () => {
    const file = join(folder, "cut.jsonl");
    appendRecord(file, first);
    writeFileSync(file, readFileSync(file, "utf8") + JSON.stringify(second).slice(0, 40));
    expect(missing(plan, readRecords(file))).toContainEqual(second.run);
    appendRecord(file, third);
    appendRecord(file, second);
    expect(readRecords(file)).toEqual([first, third, second]);
  });

  test("of the same name but other settings are others", () => {
    const longer = { ...first.run, steps: first.run.steps + 1 };
    expect(missing([longer], [first])).toEqual([longer]);
  });
});

describe("the pool", () => {
  const runs = makePlan("quick").slice(0, 4);
  /** A worker of ours: seconds are its process. */
  const worker = (name: string, answer: string) => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(
      file,
      `process.on("message", (run) => { ${answer} }); process.on("disconnect", () => process.exit());`,
    );
    return file;
  };

  test("makes every run once, in as many processes as it was told", async () => {
    const file = worker("echo", "process.send({ result: run.method, seconds: process.pid })");
    const answers: [Run, unknown, number][] = [];
    const onAnswer = (run: Run, answer: { seconds: number }) =>
      answers.push([run, (answer as { result?: unknown }).result, answer.seconds]);
    await runAll(runs, { workers: 2, file, onAnswer });
    expect(answers.map(([run]) => keyOf(run)).sort()).toEqual(runs.map(keyOf).sort());
    for (const [run, result] of answers) expect(result).toBe(run.method);
    expect(new Set(answers.map(([, , pid]) => pid)).size).toBeLessThanOrEqual(2);
  });

  test("stops at once when told so, and keeps what is done", async () => {
    const file = worker("slow", `if (run.method === "${runs[0]?.method}") process.send({ result: 1, seconds: 0 })`);
    const controller = new AbortController();
    const done: string[] = [];
    const all = runAll(runs, {
      workers: 1,
      file,
      signal: controller.signal,
      onAnswer(run) {
        done.push(run.method);
        controller.abort(new Error("interrupted"));
      },
    });
    await expect(all).rejects.toThrow("interrupted");
    expect(done).toEqual([runs[0]?.method]);
  });

  test("rejects when a worker died before it was asked again", async () => {
    const file = worker("gone", "process.send({ result: 1, seconds: 0 }, () => process.exit(4))");
    // The first answer is kept until the worker is gone.
    const onAnswer = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    await expect(runAll(runs, { workers: 1, file, onAnswer })).rejects.toThrow("a worker ended with code 4");
  });

  test("rejects when a worker dies", async () => {
    const file = worker("dead", "process.exit(3)");
    await expect(runAll(runs, { workers: 2, file, onAnswer: () => {} })).rejects.toThrow("a worker ended with code 3");
  });
});

describe("the command", () => {
  const run = (...given: string[]) =>
    spawnSync(process.execPath, ["examples/experiments/run.mjs", ...given], { encoding: "utf8" });

  test.each([
    [["--only", "8"], '--only expected an integer from 1 to 7, got "8"'],
    [["--workers", "many"], '--workers expected an integer from 1 to 64, got "many"'],
    [["--quik"], "Unknown option '--quik'"],
  ])("refuses %j", (given, sentence) => {
    const { status, stderr } = run(...given);
    expect(stderr).toContain(`error: ${sentence}`);
    expect(status).toBe(1);
  });
});
