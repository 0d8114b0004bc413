/**
 * Lines to workers: those of Node, which Deno and Bun have too, and those of browsers.
 *
 * @module
 */
import type { Line } from "./thread.js";

/** What is needed of a worker of `node:worker_threads`; no types of Node's, for browsers have this file, too. */
export interface NodeWorker {
  on(event: "message", listener: (value: unknown) => void): unknown;
  on(event: "error" | "messageerror", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: (code: number) => void): unknown;
  postMessage(message: unknown, moved: readonly ArrayBuffer[]): void;
  terminate(): Promise<number>;
  ref(): void;
  unref(): void;
}

/** The line to a worker of Node's. */
export function lineOfNode(worker: NodeWorker): Line {
  return {
    post: (message, moved) => worker.postMessage(message, moved),
    listen(onAnswer, onEnd) {
      let reason: string | undefined;
      const note = ({ message }: Error): void => {
        reason = message;
      };
      worker.on("message", onAnswer);
      worker.on("error", note);
      worker.on("messageerror", (error) => {
        note(error);
        void worker.terminate();
      });
      worker.on("exit", (code) => onEnd(reason ?? `it ended with code ${code}`));
    },
    hold: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
    terminate: () => worker.terminate(),
  };
}

/** What is needed of a Web Worker. */
export interface WebWorker {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "error" | "messageerror",
    listener: (event: { readonly message?: string; preventDefault(): void }) => void,
  ): void;
  postMessage(message: unknown, moved: ArrayBuffer[]): void;
  terminate(): void;
}

/** The line to a Web Worker. */
export function lineOfWeb(worker: WebWorker): Line {
  return {
    post: (message, moved) => worker.postMessage(message, [...moved]),
    listen(onAnswer, onEnd) {
      worker.addEventListener("message", ({ data }) => onAnswer(data));
      for (const type of ["error", "messageerror"] as const) {
        worker.addEventListener(type, (event) => {
          // It is told to whoever asked, and not to the page as well.
          event.preventDefault();
          worker.terminate();
          onEnd(event.message || "its script could not be loaded, or a message could not be read");
        });
      }
    },
    hold() {},
    terminate: () => worker.terminate(),
  };
}
