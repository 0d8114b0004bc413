/**
 * Threads at work: no more than so many, lent to one piece of work at a time, the largest first.
 *
 * @module
 */
import { SpectralNormError } from "../engine/errors.js";
import type { Thread } from "./thread.js";

/** Threads, each made when there is work for it. */
export interface Crew {
  /** How many may be at work at a time. */
  readonly size: number;
  /** Whether it was dismissed. */
  readonly isClosed: boolean;
  /**
   * A thread for oneself, as soon as one is free: of those who wait, the one with the largest work has the next.
   *
   * @throws {SpectralNormError} `WORKER`: the crew was dismissed.
   */
  borrow(work: number): Loan;
  /** Takes it back; one that died is replaced. */
  giveBack(thread: Thread): void;
  /** Ends all threads at once, whatever they are about. */
  close(): Promise<void>;
}

/** A thread that was asked for. */
export interface Loan {
  readonly thread: Promise<Thread>;
  /** Waits no longer; a thread that was handed out already is to be given back. */
  cancel(reason: unknown): void;
}

interface Waiting {
  readonly work: number;
  readonly resolve: (thread: Thread) => void;
  readonly reject: (reason: unknown) => void;
}

/** A crew of at most `size` threads made by `start`. */
export function createCrew(size: number, start: () => Thread): Crew {
  const waiting: Waiting[] = [];
  const idle: Thread[] = [];
  const busy = new Set<Thread>();
  let isClosed = false;

  const dispatch = (): void => {
    while (waiting.length > 0 && busy.size < size) {
      const next = waiting.shift() as Waiting;
      try {
        const thread = hire();
        busy.add(thread);
        next.resolve(thread);
      } catch (thrown) {
        next.reject(thrown);
      }
    }
  };
  /** One may have died while nobody watched. */
  const hire = (): Thread => {
    const thread = idle.pop() ?? start();
    return thread.isDead ? hire() : thread;
  };
  const enqueue = (request: Waiting): void => {
    const place = waiting.findIndex(({ work }) => work < request.work);
    waiting.splice(place < 0 ? waiting.length : place, 0, request);
    dispatch();
  };

  return {
    size,
    get isClosed() {
      return isClosed;
    },
    borrow(work) {
      if (isClosed) return { thread: Promise.reject(stopped()), cancel() {} };
      let cancel: Loan["cancel"] = () => {};
      const thread = new Promise<Thread>((resolve, reject) => {
        const request = { work, resolve, reject };
        cancel = (reason) => {
          const place = waiting.indexOf(request);
          if (place < 0) return;
          waiting.splice(place, 1);
          reject(reason);
        };
        enqueue(request);
      });
      return { thread, cancel };
    },
    giveBack(thread) {
      busy.delete(thread);
      if (!thread.isDead) idle.push(thread);
      dispatch();
    },
    async close() {
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(stopped());
      await Promise.all([...idle.splice(0), ...busy].map((thread) => thread.end()));
    },
  };
}

/** The error of work that a dismissed crew does not do. */
export function stopped(): SpectralNormError {
  return workerError("the work was stopped");
}

/** By code, not by class: rows of audits whose threads ended say it in `error`. */
export function workerError(message: string): SpectralNormError {
  return new SpectralNormError("WORKER", message);
}
