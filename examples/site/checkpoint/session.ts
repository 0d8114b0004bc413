/**
 * One audit: its workers, and what they have come to so far.
 *
 * @module
 */
import type { Audit, AuditedTensor, AuditJob } from "spectral-norm/audit";
import { type Ask, connect } from "../shared/worker-client.ts";
import type { Source } from "./sources.ts";
import type { Settings } from "./state.ts";
import type { Measured, Opened, ReportKind, tasks } from "./tasks.ts";

/** More would not wait for the processor but for the disk, and each holds a weight in memory. */
const MOST_WORKERS = 4;

/** What a session tells. */
export interface Listener {
  /** What there is to measure is known. */
  opened(opened: Opened): void;
  /** The rows of these jobs are being measured. */
  working(jobs: readonly AuditJob[]): void;
  measured(index: number, measured: Measured): void;
  finished(audit: Audit): void;
  failed(error: unknown): void;
}

/** A worker, and the line to it. */
export interface Hand {
  readonly worker: Worker;
  readonly ask: Ask<typeof tasks>;
}

/** A new worker. */
export function hire(): Hand {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return { worker, ask: connect<typeof tasks>(worker) };
}

/** How many workers measure `jobs` rows: at least two where there is work for two. */
export function workersFor(jobs: number, processors: number): number {
  return Math.max(1, Math.min(jobs, MOST_WORKERS, Math.max(2, processors)));
}

/** An audit that runs as soon as it is made, in the order of the file: what a reader of the table looks at comes first. */
export class Session {
  readonly #source: Source;
  readonly #settings: Settings;
  readonly #listener: Listener;
  readonly #hands: Hand[] = [];
  readonly #rows: AuditedTensor[] = [];
  readonly #current = new Map<Hand, AuditJob>();
  #jobs: readonly AuditJob[] = [];
  #next = 0;
  #measured = 0;
  #isOver = false;

  constructor(source: Source, settings: Settings, listener: Listener) {
    this.#source = source;
    this.#settings = settings;
    this.#listener = listener;
    this.#run().catch((error: unknown) => {
      if (this.#isOver) return;
      this.cancel();
      listener.failed(error);
    });
  }

  /** Ends the workers where they are. What they have come to so far has been told. */
  cancel(): void {
    this.#isOver = true;
    for (const { worker } of this.#hands.splice(0)) worker.terminate();
  }

  async #run(): Promise<void> {
    const lead = this.#hire();
    const opened = await lead.ask("open", this.#source, this.#settings, true);
    if (this.#isOver || opened === undefined) return;
    this.#jobs = opened.jobs;
    this.#listener.opened(opened);
    await this.#measureAll(lead);
    const audit = await lead.ask("finish", this.#rows);
    this.cancel();
    this.#listener.finished(audit);
  }

  /** Until the last row is there, which is not to wait for a helper that is still on its way. */
  #measureAll(lead: Hand): Promise<void> {
    const others = workersFor(this.#jobs.length, navigator.hardwareConcurrency) - 1;
    return new Promise((resolve, reject) => {
      const work = (hand: Hand) => this.#work(hand, resolve);
      if (this.#jobs.length === 0) resolve();
      work(lead).catch(reject);
      for (let count = 0; count < others; count++) this.#join().then(work).catch(reject);
    });
  }

  #hire(): Hand {
    const hand = hire();
    this.#hands.push(hand);
    return hand;
  }

  async #join(): Promise<Hand> {
    const hand = this.#hire();
    await hand.ask("open", this.#source, this.#settings, false);
    return hand;
  }

  async #work(hand: Hand, done: () => void): Promise<void> {
    while (this.#next < this.#jobs.length) {
      const index = this.#next;
      this.#next += 1;
      const job = this.#jobs[index] as AuditJob;
      this.#tell(hand, job);
      const measured = await hand.ask("measure", job);
      this.#rows[index] = measured.row;
      this.#measured += 1;
      this.#listener.measured(index, measured);
      if (this.#measured === this.#jobs.length) done();
    }
    this.#tell(hand, undefined);
  }

  #tell(hand: Hand, job: AuditJob | undefined): void {
    if (job === undefined) this.#current.delete(hand);
    else this.#current.set(hand, job);
    this.#listener.working([...this.#current.values()]);
  }
}

/** A report as a file, made by a worker of its own: those of the audit are gone by then. */
export async function render(audit: Audit, kind: ReportKind): Promise<string> {
  const { worker, ask } = hire();
  try {
    return await ask("render", audit, kind);
  } finally {
    worker.terminate();
  }
}
