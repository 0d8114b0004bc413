/**
 * `spectral-norm worker --queue ADDRESS`: takes jobs from a queue, and measures.
 *
 * @module
 */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import { OptionError } from "../engine/errors.js";
import { readInteger } from "../engine/validate.js";
import type { Command, Values } from "./command.js";
import { complain } from "./exit.js";
import { toNumber } from "./numbers.js";
import { createPool, type Pool } from "./pool.js";
import { connect } from "./queue/connection.js";
import type { RoundData } from "./queue/flow.js";
import { ATTEMPTS, failureText, queueName, type Result } from "./queue/jobs.js";
import { loadPeers, type Peers } from "./queue/peer.js";
import { encodeRow } from "./queue/rows.js";
import { answerRound } from "./queue/shares.js";
import { createStore, type Store } from "./queue/store.js";
import { queueFlags, queueOptions } from "./queue-flags.js";
import type { Order } from "./task.js";
import { startThread } from "./thread.js";

/** The command. */
export const workerCommand: Command = {
  usage: "--queue ADDRESS [options]",
  summary: "Measures weights for `audit --queue`, on this or any other machine, until it is stopped.",
  description: [
    "Takes jobs from a queue that BullMQ keeps in Redis, a weight or a share of a large one a job, and leaves the results there. Any number of workers share the work. They must be of the same version as whoever asks, and see the files under the same paths; or else the files are http(s) addresses.",
    "Ctrl-C gives back what is not finished. What a worker was about that is killed is taken by another after half a minute.",
    "BullMQ and its driver are to be installed beside spectral-norm: npm install bullmq ioredis",
  ],
  flags: {
    ...queueFlags,
    concurrency: {
      value: "COUNT",
      help: "How many weights to measure at a time, each in a thread and with memory of its own (default: 1)",
    },
  },
  examples: [["Two weights at a time", "spectral-norm worker --queue redis://example.org:6379 --concurrency 2"]],
  run: runWorker,
};

/** A dead worker's job is free when its lock has run out, and found by whoever looks next. */
const LOCK_MS = 20_000;
const STALLED_MS = 10_000;
/** One that cannot open a file must not be faster at failing than others are at measuring. */
const SHAME_MS = 2000;
const STOP_MS = 5000;
const LINGER_MS = 500;

/**
 * @throws {SpectralNormError} `OPTION` or `TYPE`, for a wrong option; `QUEUE`: there is no Redis, or it went away for good.
 */
async function runWorker(files: readonly string[], flags: Values, version: string): Promise<number> {
  if (files.length > 0) throw new OptionError(`expected no files, for they come with the jobs, got ${files.join(" ")}`);
  const concurrency = readInteger("concurrency", toNumber(flags["concurrency"]), 1, 1, 256);
  const options = queueOptions(flags);
  const peers = await loadPeers();
  const connection = await connect(peers, options.place, options.patience);
  const pool = createPool(concurrency, startThread, 1);
  const me = `${hostname()}:${process.pid}`;
  const signal = nextSignal();
  const line = { connection: connection.redis, prefix: options.prefix };
  let isOver = false;
  const name = queueName(version);
  const hands = { pool, store: createStore(connection.redis, options.prefix, name), me };
  const worker = takeJobs(peers, name, hands, { ...line, concurrency, name: me }, () => isOver);
  try {
    await Promise.race([worker.waitUntilReady(), connection.lost]);
    complain(`${me} waits for jobs at ${options.place.shown}, ${concurrency} at a time`);
    return await Promise.race([signal.code, connection.lost]);
  } finally {
    isOver = true;
    signal.stop();
    await pool.close();
    // Gives back what it had, if Redis is there to take it.
    await Promise.race([worker.close().catch(() => {}), sleep(STOP_MS, undefined, { ref: false })]);
    connection.close();
    // What BullMQ waits for yet, such as its next attempt to connect, is of no use to anybody.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

type Data = Order | RoundData;
type QueueJob = Job<Data, Result | null>;
type QueueWorker = Worker<Data, Result | null>;

/** Who does a job, and where what is too large for a job lies. */
interface Hands {
  readonly pool: Pool;
  readonly store: Store;
  readonly me: string;
}

async function resultOf({ data }: QueueJob, { pool, store, me }: Hands): Promise<Result | null> {
  if ("round" in data) {
    await answerRound(store, pool, data);
    return null;
  }
  const row = await pool.measure(data);
  // Of this machine, or of this moment: another may have the memory.
  if (row.error?.code === "OUT_OF_MEMORY") throw row.error;
  return { row: encodeRow(row), worker: me };
}

function takeJobs(
  { bullmq }: Peers,
  name: string,
  hands: Hands,
  options: Pick<import("bullmq").WorkerOptions, "connection" | "prefix" | "concurrency" | "name">,
  isStopping: () => boolean,
): QueueWorker {
  const { me } = hands;
  const process = async (job: QueueJob, token?: string): Promise<Result | null> => {
    try {
      return await resultOf(job, hands);
    } catch (thrown) {
      if (isStopping()) {
        await job.moveToWait(token);
        throw new bullmq.WaitingError();
      }
      const { code, message } = thrown as { code?: unknown; message: string };
      const text = failureText(typeof code === "string" ? code : "WORKER", message, me);
      complain(`${"round" in job.data ? job.data.weight : job.data.job.name}: ${text}`);
      if (code === "FORMAT") await sleep(SHAME_MS);
      throw new Error(text);
    }
  };
  const worker: QueueWorker = new bullmq.Worker(name, process, {
    ...options,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_MS,
    maxStalledCount: ATTEMPTS - 1,
  });
  // The connection tells of itself.
  worker.on("error", () => {});
  worker.on("stalled", (id) => complain(`${id} is free again, for the worker that had it is gone`));
  return worker;
}

/** The exit code, once a signal asks to stop; the next one is not heard any more, and ends the process at once. */
function nextSignal() {
  let resolve: (code: number) => void = () => {};
  const code = new Promise<number>((settle) => {
    resolve = settle;
  });
  const handlers = Object.entries({ SIGINT: 130, SIGTERM: 143 }).map(([name, value]) => {
    const handler = () => resolve(value);
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  const stop = () => {
    for (const remove of handlers) remove();
  };
  return { code, stop };
}
