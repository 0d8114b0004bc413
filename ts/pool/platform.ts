/**
 * What there is to make workers of.
 *
 * @module
 */
import { TypeMismatchError } from "../engine/errors.js";
import { complaint } from "../engine/validate.js";
import type { Engine } from "../types.js";
import { answererOf, type Question } from "./answer.js";
import { lineOfNode, lineOfWeb, type NodeWorker, type WebWorker } from "./lines.js";
import type { Line } from "./thread.js";

interface NodeProcess {
  getBuiltinModule?(id: string): unknown;
}

/**
 * A module of Node's, which Deno and Bun have too; `undefined` elsewhere. Asked for at run time, because an import of it, even a
 * dynamic one, stops bundlers that build for browsers.
 */
export function builtIn<T>(id: string): T | undefined {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return process?.getBuiltinModule?.(id) as T | undefined;
}

interface WorkerThreads {
  readonly Worker: new (address: URL, options: { readonly execArgv: readonly string[] }) => NodeWorker;
}

/** Starts a worker of this package; `undefined` where there is no way to. */
export function starter(): (() => Line) | undefined {
  const threads = builtIn<Partial<WorkerThreads>>("node:worker_threads")?.Worker;
  if (threads !== undefined) {
    // Without the flags of the process, some of which are about its main script.
    return () => lineOfNode(new threads(new URL("./worker.js", import.meta.url), { execArgv: [] }));
  }
  if (typeof Worker !== "function") return undefined;
  // In these very words, which bundlers look for.
  return () => lineOfWeb(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
}

/** The line to a worker of the caller's making. */
export function lineTo(worker: unknown): Line {
  const { postMessage, on, addEventListener } = Object(worker) as Record<string, unknown>;
  if (typeof postMessage === "function" && typeof on === "function") return lineOfNode(worker as NodeWorker);
  if (typeof postMessage === "function" && typeof addEventListener === "function") {
    return lineOfWeb(worker as WebWorker);
  }
  throw new TypeMismatchError(complaint("options.createWorker()", "a Worker", worker));
}

/** In the place of a worker, the engine of the calling thread. */
export function lineHere(engine: Engine): Line {
  const answer = answererOf(engine);
  let tell: (answer: unknown) => void;
  return {
    post: (question) => queueMicrotask(() => tell(answer(question as Question).answer)),
    listen: (onAnswer) => {
      tell = onAnswer;
    },
    hold() {},
    terminate() {},
  };
}

/** How many processors there are. */
export function processors(): number {
  const { navigator } = globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } };
  const system = builtIn<{ availableParallelism?(): number }>("node:os");
  return system?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
}
