/**
 * A piece of work, had done by whoever of a crew survives it.
 *
 * @module
 */
import { type Crew, type Loan, stopped, workerError } from "./crew.js";
import { Death, type Thread } from "./thread.js";
import type { AbortLike } from "./types.js";

/** A piece of work. */
export interface Work {
  /** How much it is, to begin the largest first. */
  readonly size: number;
  /** How many threads may die of it before it is given up. */
  readonly attempts: number;
  /** What messages call the thread. */
  readonly who: string;
  readonly signal?: AbortLike | undefined;
}

/**
 * Has a thread do some work, and another one once more if it dies of it.
 *
 * @param go The work, which asks the thread. It may be begun anew.
 * @throws {SpectralNormError} `WORKER`: the threads that tried it died, or the crew was dismissed. The reason of the signal.
 *   Whatever `go` throws.
 */
export async function employ<R>(crew: Crew, work: Work, go: (thread: Thread) => Promise<R>): Promise<R> {
  if (work.signal?.aborted) throw work.signal.reason;
  return await attempt(crew, work, crew.borrow(work.size), 1, go);
}

async function attempt<R>(
  crew: Crew,
  work: Work,
  loan: Loan,
  count: number,
  go: (thread: Thread) => Promise<R>,
): Promise<R> {
  const { signal } = work;
  let thread: Thread | undefined;
  // A thread that computes hears nothing: only its end stops it.
  const abort = (): void => {
    loan.cancel(signal?.reason);
    void thread?.end();
  };
  let another: Loan;
  signal?.addEventListener("abort", abort);
  try {
    thread = await loan.thread;
    if (signal?.aborted) throw signal.reason;
    return await go(thread);
  } catch (thrown) {
    if (!(thrown instanceof Death)) throw thrown;
    if (signal?.aborted) throw signal.reason;
    if (crew.isClosed) throw stopped();
    if (count >= work.attempts) throw workerError(`${work.who} died ${timesText(count)}: ${thrown.message}`);
    // Before the dead one is replaced, so that its work comes first.
    another = crew.borrow(Number.POSITIVE_INFINITY);
  } finally {
    signal?.removeEventListener("abort", abort);
    if (thread !== undefined) crew.giveBack(thread);
  }
  return await attempt(crew, work, another, count + 1, go);
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
