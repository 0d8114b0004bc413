/**
 * Commands that are under way, and checkpoints for them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants, hostname } from "node:os";
import { afterEach, beforeEach } from "vitest";
import { float32, safetensors, type Written } from "../checkpoint/writer.ts";
import { data, program, type Run } from "../cli/run.ts";
import { startRedis, type TestRedis, until } from "./redis.ts";

/** A command that runs beside the test. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it is called by the queue. */
  readonly name: string;
  /** What it has said so far. */
  said(): string;
  readonly ended: Promise<Run>;
}

const running = new Set<ChildProcess>();

/** Starts `spectral-norm`. */
export function begin(...args: readonly string[]): Running {
  return beginWith({}, ...args);
}

/** The same with more in its environment. */
export function beginWith(env: object, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { cwd: data, env: { ...process.env, ...env } });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Run>((resolve) => {
    child.on("close", (code, signal) => {
      running.delete(child);
      // What a shell tells of a program that a signal has ended.
      resolve({ code: signal === null ? code : 128 + constants.signals[signal], stdout, stderr });
    });
  });
  const pid = child.pid as number;
  return { child, pid, name: `${hostname()}:${pid}`, said: () => stderr, ended };
}

/** A worker that is ready for jobs. */
export async function beginWorker(...args: readonly string[]): Promise<Running> {
  const worker = begin("worker", ...args);
  await until(() => worker.said().includes("waits for jobs") || worker.child.exitCode !== null);
  return worker;
}

/** Ends whatever a test has left. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      return ended;
    }),
  );
}

/** Starts a Redis before each test of a file, and ends it after, with whatever the test has left. */
export function redisForEach(take: (redis: TestRedis) => void): void {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startRedis();
    take(redis);
  });
  afterEach(async () => {
    await endAll();
    await redis.remove();
  });
}

/** A matrix of numbers that look random. */
export function matrix(rows: number, columns: number, seed: number): Written {
  let state = seed + 1;
  const entries = Array.from({ length: rows * columns }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
  return float32([rows, columns], entries);
}

/** Writes a checkpoint of `count` weights, each of another size. */
export function writeCheckpoint(path: string, count: number, more: Readonly<Record<string, Written>> = {}): string {
  const weights = Array.from({ length: count }, (_, index) => {
    return [`layers.${index}.weight`, matrix(8 + ((index * 5) % 23), 6 + (index % 11), index)] as const;
  });
  writeFileSync(path, safetensors({ ...Object.fromEntries(weights), ...more }));
  return path;
}

/** An interval of this one takes seconds. */
export function slowWeight(): Readonly<Record<string, Written>> {
  return { slow: matrix(1800, 1800, 99) };
}

/** With {@link slowWeight}. */
export const slowly = ["--json", "--certainty", "rigorous"] as const;
