/**
 * Threads that measure rows. One that dies is replaced, and what it was about is tried again.
 *
 * @module
 */
import type { Worker } from "node:worker_threads";
import type { Ask, AuditedTensor, Part } from "../audit.js";
import { createCrew } from "../pool/crew.js";
import { employ } from "../pool/employ.js";
import { lineOfNode } from "../pool/lines.js";
import { threadOf } from "../pool/thread.js";
import { heard } from "../pool/told.js";
import type { Order, ShareOrder } from "./task.js";
import type { Answer } from "./thread.js";
import { askTogether } from "./together.js";

/** Threads at work. */
export interface Pool {
  /** How many orders are worked on at a time. */
  readonly size: number;
  /**
   * Measures a row as soon as a thread is free.
   *
   * @throws {SpectralNormError} `WORKER`: the threads that tried it died, or the pool was closed; whatever the audit throws.
   */
  measure(order: Order): Promise<AuditedTensor>;
  /** Has a share of a weight answer a question; else the same. */
  part(order: ShareOrder): Promise<Part>;
  /**
   * Has all threads answer questions about a weight of so many shares together, each holding some of them.
   *
   * @param go Asks, until it is done. It may be begun anew.
   */
  together<R>(order: Order, shares: number, go: (ask: Ask) => Promise<R>): Promise<R>;
  /** Ends all threads at once, whatever they are about. */
  close(): Promise<void>;
}

/**
 * A pool of `size` threads, each made by `start` when there is work for it.
 *
 * @param attempts How many threads may die of an order before it is given up.
 */
export function createPool(size: number, start: () => Worker, attempts: number): Pool {
  const crew = createCrew(size, () => threadOf(lineOfNode(start())));
  // Whoever orders has put the largest first.
  const work = { size: 0, attempts, who: "the thread that measured it" };
  const answered = async (order: Order | ShareOrder) => {
    const answer = (await employ(crew, work, (thread) => thread.ask(order))) as Answer;
    if ("error" in answer) throw heard(answer.error);
    return answer;
  };
  return {
    size,
    measure: async (order) => ((await answered(order)) as { row: AuditedTensor }).row,
    part: async (order) => ((await answered(order)) as { part: Part }).part,
    together: (order, shares, go) => askTogether(crew, { order, shares, attempts }, go),
    close: () => crew.close(),
  };
}
