/**
 * A redis-server of one's own: on a free port, in a folder of its own, with an append-only file.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { findRedis } from "./binary.mjs";

/** A server that can be killed and started again. */
export interface TestRedis {
  readonly port: number;
  /** For `--queue`. */
  readonly url: string;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Holds its breath, or goes on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  start(): Promise<void>;
  /** Asks the server directly. */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T>;
  /** Asks about the one queue that the command line has made. */
  queue<T>(question: (queue: Queue) => Promise<T>, prefix?: string): Promise<T>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** Starts a server. `args` are options of redis-server, `login` how the test's own questions get in. */
export async function startRedis(args: readonly string[] = [], login: object = {}): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), "spectral-norm-redis-"));
  const port = await freePort();
  const listening = args.includes("--tls-port") ? [] : ["--port", String(port)];
  const options = [...listening, "--dir", folder, "--appendonly", "yes", "--save", "", "--bind", "127.0.0.1", ...args];
  const given = options.map((option) => (option === "PORT" ? String(port) : option));
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise((resolve) => child?.once("exit", resolve));
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await ended;
  };
  const ask: TestRedis["ask"] = async (question) => {
    const redis = new Redis({ port, host: "127.0.0.1", lazyConnect: true, retryStrategy: () => null, ...login });
    redis.on("error", () => {});
    try {
      await redis.connect();
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  };
  const redis: TestRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill: end,
    signal: (signal) => void child?.kill(signal),
    async start() {
      child = spawn(findRedis() ?? "redis-server", given, { stdio: "ignore" });
      await until(async () => (await ask((asked) => asked.ping())) === "PONG");
    },
    ask,
    queue: (question, prefix = "spectral-norm") =>
      ask(async (asked) => {
        const [meta] = await asked.keys(`${prefix}:*:meta`);
        // A queue by another name would be there from now on.
        if (meta === undefined) throw new Error("nobody has made a queue yet");
        const queue = new Queue(meta.split(":")[1] as string, { connection: asked, prefix });
        return await question(queue);
      }),
    async remove() {
      child?.kill("SIGCONT");
      await end("SIGKILL");
      rmSync(folder, { recursive: true });
    },
  };
  await redis.start();
  return redis;
}

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Waits until it is so. A failure to find out is a no; it ends with the test. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (
    !(await Promise.resolve()
      .then(isSo)
      .catch(() => false))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
