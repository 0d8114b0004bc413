/**
 * Work for several threads of a crew at a time.
 *
 * @module
 */
import { type Crew, stopped } from "./crew.js";
import { Death, type Thread } from "./thread.js";
import type { AbortLike } from "./types.js";

/**
 * Has `count` threads do some work together. All are asked for at once and before all others, so that of two teams the first
 * has its threads before the second has one.
 *
 * @param go The work, which has left no thread with an open question when it ends.
 * @throws {SpectralNormError} `WORKER`: the crew was dismissed. {@link Death}: a thread died. The reason of the signal.
 *   Whatever `go` throws.
 */
export async function gather<R>(
  crew: Crew,
  count: number,
  signal: AbortLike | undefined,
  go: (threads: readonly Thread[]) => Promise<R>,
): Promise<R> {
  if (signal?.aborted) throw signal.reason;
  const loans = Array.from({ length: count }, () => crew.borrow(Number.POSITIVE_INFINITY));
  const gathered = Promise.all(loans.map((loan) => loan.thread));
  const threads: Thread[] = [];
  const abort = (): void => {
    for (const loan of loans) loan.cancel(signal?.reason);
    for (const thread of threads) void thread.end();
  };
  signal?.addEventListener("abort", abort);
  try {
    threads.push(...(await gathered));
    if (signal?.aborted) throw signal.reason;
    return await go(threads);
  } catch (thrown) {
    if (!(thrown instanceof Death)) throw thrown;
    if (signal?.aborted) throw signal.reason;
    throw crew.isClosed ? stopped() : thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
    // If one could not be had, those that could go back, too.
    for (const loan of loans) {
      loan.cancel(undefined);
      loan.thread.then(crew.giveBack, () => undefined);
    }
  }
}

/** What all give, once all have; if some fail, the error of the first of them. */
export async function all<T, R>(items: readonly T[], ask: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results = await Promise.allSettled(items.map(ask));
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
