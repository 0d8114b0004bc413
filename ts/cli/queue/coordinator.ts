/**
 * The side of the queue that asks: it enqueues a job a row, and collects the rows.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Queue } from "bullmq";
import type { AuditedTensor } from "../../audit.js";
import { FormatError } from "../../engine/errors.js";
import { complain } from "../exit.js";
import type { FileToAudit, Measurer } from "../sharing.js";
import type { Order } from "../task.js";
import type { Tracker } from "../tracker.js";
import type { RedisPlace } from "./address.js";
import { connect, QueueError } from "./connection.js";
import { fingerprint } from "./fingerprint.js";
import { queueName, type Result, readFailure, type Ticket, ticketOf } from "./jobs.js";
import { createLanes, type Lanes } from "./lanes.js";
import { loadPeers } from "./peer.js";
import { measureInRounds, type Outcome, type RoundContext, sharesOf } from "./rounds.js";
import { decodeRow } from "./rows.js";
import { createStore } from "./store.js";

/** Which queue, what to share there, and how long to wait for it. */
export interface QueueOptions {
  readonly place: RedisPlace;
  readonly prefix: string;
  /** For how many milliseconds Redis, or workers, may be missing. */
  readonly patience: number;
  /** How many bytes in its file make a weight that stays there everybody's. */
  readonly shared: number;
}

/** Files whose rows are waited for at a time. */
const AHEAD = 16;
/** Weights that are measured together at a time: while one is between two rounds, there is work on the others. */
const AT_ONCE = 4;
const CHUNK = 200;
const LOOK_MS = 200;
/** Workers are missed after so long. */
const MISSING_MS = 5000;

type Rows = Queue<Order, Result>;

/**
 * Has rows measured by workers at the queue.
 *
 * @throws {SpectralNormError} `OPTION`: the packages are missing; `QUEUE`: there is no Redis.
 */
export async function createQueueMeasurer(options: QueueOptions, version: string): Promise<Measurer> {
  const peers = await loadPeers();
  const connection = await connect(peers, options.place, options.patience);
  const { prefix, shared } = options;
  const line = { connection: connection.redis, prefix };
  const queue: Rows = new peers.bullmq.Queue(queueName(version), line);
  const flows = new peers.bullmq.FlowProducer(line);
  // Told by the connection already.
  queue.on("error", () => {});
  flows.on("error", () => {});
  const { check } = watchWorkers(queue, options);
  const rounds = { queue, flows, prefix, store: createStore(connection.redis, prefix, queue.name), check };
  const lanes = createLanes(AT_ONCE);
  return {
    ahead: AHEAD,
    rows: (file) => Promise.race([collect({ ...rounds, shared, lanes }, queue, file), connection.lost]),
    async close() {
      connection.close();
    },
  };
}

/** Who shares what. */
interface Sharing extends Omit<RoundContext, "signal"> {
  readonly shared: number;
  readonly lanes: Lanes;
}

/** All rows of a file, in their order: a job each, but for weights that all workers measure together. */
async function collect(sharing: Sharing, queue: Rows, file: FileToAudit): Promise<readonly AuditedTensor[]> {
  const { path, settings, opened, tracker } = file;
  const print = await fingerprint(path, settings.base);
  const tickets = opened.jobs.map((job) => ticketOf(path, print, settings, job));
  const counts = new Map<Ticket, number>();
  for (const ticket of tickets) {
    const count = await sharesOf(opened, ticket.data.job, sharing.shared);
    if (count > 1) counts.set(ticket, count);
  }
  const stopping = new AbortController();
  const context = { ...sharing, signal: stopping.signal };
  const whole = tickets.filter((ticket) => !counts.has(ticket));
  const inRounds = async (ticket: Ticket) => {
    const shares = counts.get(ticket) as number;
    const outcome = await sharing.lanes(() => measureInRounds(context, opened, ticket, shares));
    tracker.done(ticket.data.job);
    return [ticket, outcome] as const;
  };
  try {
    const [jobs, ...rounds] = await Promise.all([
      collectJobs(queue, whole, tracker, sharing.check),
      ...largestFirst([...counts.keys()]).map(inRounds),
    ]);
    const outcomes = new Map([...jobs, ...rounds]);
    return await Promise.all(tickets.map((ticket) => rowOf(path, opened, ticket, outcomes.get(ticket) as Outcome)));
  } finally {
    stopping.abort();
  }
}

/** Puts what is not there yet into the queue, and waits until all of it is done. */
async function collectJobs(
  queue: Rows,
  tickets: readonly Ticket[],
  tracker: Tracker,
  check: RoundContext["check"],
): Promise<ReadonlyMap<Ticket, Outcome>> {
  const outcomes = new Map<Ticket, Outcome>();
  let pending = largestFirst(tickets);
  await forgetFailures(queue, pending);
  while (pending.length > 0) {
    const start = Date.now();
    const found = await look(queue, pending);
    for (const [ticket, outcome] of found) {
      outcomes.set(ticket, outcome);
      tracker.done(ticket.data.job);
    }
    pending = pending.filter((ticket) => !outcomes.has(ticket));
    if (pending.length === 0) break;
    await check(found.size > 0);
    // Of a long list no more than a tenth of the time is spent looking.
    await sleep(Math.max(LOOK_MS, 10 * (Date.now() - start)));
  }
  return outcomes;
}

function largestFirst(tickets: readonly Ticket[]): readonly Ticket[] {
  return [...tickets].sort((one, other) => other.data.job.bytes - one.data.job.bytes);
}

/** What failed when somebody asked before is tried again. */
async function forgetFailures(queue: Rows, tickets: readonly Ticket[]): Promise<void> {
  for (const chunk of chunks(tickets)) {
    for (const job of await find(queue, chunk)) {
      const outcome = job && outcomeOf(job);
      if (outcome !== undefined && "failure" in outcome) await job?.remove();
    }
  }
}

/** What is done of `tickets`. What is not in the queue is put there, also when Redis has forgotten it. */
async function look(queue: Rows, tickets: readonly Ticket[]): Promise<ReadonlyMap<Ticket, Outcome>> {
  const found = new Map<Ticket, Outcome>();
  for (const chunk of chunks(tickets)) {
    const jobs = await find(queue, chunk);
    const missing = chunk.filter((_, index) => jobs[index] === undefined);
    if (missing.length > 0) await queue.addBulk(missing);
    for (const [index, ticket] of chunk.entries()) {
      const outcome = jobs[index] && outcomeOf(jobs[index]);
      if (outcome !== undefined) found.set(ticket, outcome);
    }
  }
  return found;
}

function chunks(tickets: readonly Ticket[]): readonly Ticket[][] {
  const count = Math.ceil(tickets.length / CHUNK);
  return Array.from({ length: count }, (_, index) => tickets.slice(index * CHUNK, (index + 1) * CHUNK));
}

function find(queue: Rows, tickets: readonly Ticket[]): Promise<(Job<Order, Result> | undefined)[]> {
  return Promise.all(tickets.map(({ opts }) => queue.getJob(opts.jobId)));
}

function outcomeOf({ returnvalue, failedReason, finishedOn, processedBy }: Job<Order, Result>): Outcome | undefined {
  // A reason alone may be that of an attempt before.
  if (finishedOn === undefined) return undefined;
  if (typeof returnvalue?.row === "string") return { row: decodeRow(returnvalue.row) };
  return { failure: readFailure(failedReason ?? "it has no result", processedBy) };
}

/** What is about the file is thrown, as it would be without a queue; what is about one row is in the row. */
async function rowOf(
  path: string,
  opened: FileToAudit["opened"],
  { data: { job } }: Ticket,
  outcome: Outcome,
): Promise<AuditedTensor> {
  if ("row" in outcome) return outcome.row;
  const { code, message } = outcome.failure;
  if (code === "FORMAT" || code === "OPTION") {
    throw new FormatError(`${path}: ${job.name} could not be measured by a worker: ${message}`);
  }
  return await opened.failed(job, { code, message });
}

interface Watch {
  /** Waits for workers to come, but not for ever; `isAlive` is a sign that some are there. */
  check(isAlive: boolean): Promise<void>;
}

function watchWorkers(queue: Queue, { place: { shown }, prefix, patience }: QueueOptions): Watch {
  let seen = Date.now();
  let asked = 0;
  let isMissed = false;
  const remedy = `spectral-norm worker --queue ${shown}${prefix === "spectral-norm" ? "" : ` --queue-prefix ${prefix}`}`;
  return {
    async check(isAlive) {
      if (isAlive) seen = Date.now();
      if (Date.now() - asked < MISSING_MS / 2) return;
      asked = Date.now();
      if ((await queue.getWorkersCount()) > 0) seen = Date.now();
      const missing = Date.now() - seen;
      if (missing < MISSING_MS) isMissed = false;
      else if (!isMissed) {
        isMissed = true;
        complain(`no worker of this version is at ${shown}; waiting ${patience / 1000} s for one: ${remedy}`);
      }
      if (missing <= patience) return;
      const what = "what is measured is kept, and the same command goes on with it";
      throw new QueueError(`${shown}: expected a worker within ${patience / 1000} s; ${what}`);
    },
  };
}
