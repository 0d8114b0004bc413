/**
 * Threads that measure rows. One that dies is replaced, and what it was about is tried again.
 *
 * @module
 */
import type { Worker } from "node:worker_threads";
import type { AuditedTensor, Part } from "../audit.js";
import { SpectralNormError } from "../engine/errors.js";
import type { Order, ShareOrder } from "./task.js";
import type { Answer } from "./thread.js";

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
  /** Ends all threads at once, whatever they are about. */
  close(): Promise<void>;
}

interface Request {
  readonly order: Order | ShareOrder;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
  deaths: number;
}

/**
 * A pool of `size` threads, each made by `start` when there is work for it.
 *
 * @param attempts How many threads may die of an order before it is given up.
 */
export function createPool(size: number, start: () => Worker, attempts: number): Pool {
  const waiting: Request[] = [];
  const idle: Worker[] = [];
  const busy = new Map<Worker, Request>();
  let isClosed = false;

  const dispatch = () => {
    while (!isClosed && waiting.length > 0 && busy.size < size) {
      const request = waiting.shift() as Request;
      const thread = idle.pop() ?? hire();
      busy.set(thread, request);
      thread.postMessage(request.order);
    }
  };
  const hire = () => {
    const thread = start();
    let reason: string | undefined;
    thread.on("error", ({ message }: Error) => {
      reason = message;
    });
    thread.on("message", (answer: Answer) => {
      const request = busy.get(thread);
      busy.delete(thread);
      idle.push(thread);
      if (request !== undefined) settle(request, answer);
      dispatch();
    });
    thread.on("exit", (code) => {
      const request = busy.get(thread);
      busy.delete(thread);
      if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
      if (request !== undefined) mourn(request, reason ?? `it ended with code ${code}`);
      dispatch();
    });
    return thread;
  };
  const mourn = (request: Request, reason: string) => {
    request.deaths += 1;
    if (isClosed) request.reject(ended("the work was stopped"));
    else if (request.deaths < attempts) waiting.unshift(request);
    else request.reject(ended(`the thread that measured it died ${timesText(request.deaths)}: ${reason}`));
  };

  const answered = (order: Request["order"]) =>
    new Promise<Answer>((resolve, reject) => {
      if (isClosed) reject(ended("the work was stopped"));
      else waiting.push({ order, resolve, reject, deaths: 0 });
      dispatch();
    });

  return {
    size,
    measure: async (order) => ((await answered(order)) as { row: AuditedTensor }).row,
    part: async (order) => ((await answered(order)) as { part: Part }).part,
    async close() {
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(ended("the work was stopped"));
      await Promise.all([...idle, ...busy.keys()].map((thread) => thread.terminate()));
    },
  };
}

function settle({ resolve, reject }: Request, answer: Answer): void {
  if ("error" in answer) {
    const { message, ...rest } = answer.error;
    reject(Object.assign(new Error(message), rest));
  } else resolve(answer);
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** By code, not by class: rows of orders that end so say it in `error`. */
function ended(message: string): SpectralNormError {
  return new SpectralNormError("WORKER", message);
}
