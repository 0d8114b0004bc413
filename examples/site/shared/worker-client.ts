/**
 * The page's end of the line to the engine.
 *
 * @module
 */
import type { Engine } from "spectral-norm";
import type { Answer, Tasks } from "./worker-server.ts";

/** The arguments of a task but for the engine. */
type Rest<F> = F extends (engine: Engine, ...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** Asks for a task by name. */
export type Ask<T extends Tasks> = <K extends keyof T & string>(name: K, ...args: Rest<T[K]>) => Promise<Result<T[K]>>;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What the engine refused to compute, and why. */
export class Refusal extends Error {
  /** The code of the package's error. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Connects to a worker that serves the tasks `T`. A worker that cannot start fails every question. */
export function connect<T extends Tasks>(worker: Worker): Ask<T> {
  const pending = new Map<number, Pending>();
  let last = 0;
  let broken: Error | undefined;
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    const asked = pending.get(data.id);
    pending.delete(data.id);
    if ("error" in data) asked?.reject(new Refusal(data.error.code, data.error.message));
    else asked?.resolve(data.value);
  });
  worker.addEventListener("error", ({ message }) => {
    broken = new Error(message || "its worker could not be started");
    for (const asked of pending.values()) asked.reject(broken);
    pending.clear();
  });
  return (name, ...args) =>
    new Promise((resolve, reject) => {
      if (broken !== undefined) return reject(broken);
      last += 1;
      pending.set(last, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id: last, name, args });
    });
}

/**
 * Of changes that come faster than answers, only the newest is worth one: `run` is called for it when the call before
 * has ended.
 */
export function newest<S>(run: (state: S) => Promise<void>): (state: S) => void {
  let next: { readonly state: S } | undefined;
  let isRunning = false;
  const drain = async (): Promise<void> => {
    isRunning = true;
    while (next !== undefined) {
      const { state } = next;
      next = undefined;
      await run(state);
    }
    isRunning = false;
  };
  return (state) => {
    next = { state };
    if (!isRunning) void drain();
  };
}
