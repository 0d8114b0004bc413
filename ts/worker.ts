/**
 * The worker of `spectral-norm/pool`, for those who make workers themselves: see `createWorker` of `createPool`. It is a whole
 * program, and exports nothing.
 *
 * @module
 */
import { builtIn } from "./pool/platform.js";
import { type Port, serve } from "./pool/serve.js";

/** What is needed of Node's `parentPort`. */
interface NodePort {
  on(event: "message", listener: (data: never) => void): void;
  postMessage(message: unknown, moved: readonly ArrayBuffer[]): void;
}

/** What is needed of the global scope of a Web Worker. */
interface WebScope {
  addEventListener(type: "message", listener: (event: { readonly data: never }) => void): void;
  postMessage(message: unknown, moved: readonly ArrayBuffer[]): void;
}

function port(): Port {
  const parent = builtIn<{ readonly parentPort: NodePort | null }>("node:worker_threads")?.parentPort;
  if (parent) {
    return {
      onQuestion: (listen) => parent.on("message", listen),
      post: (answer, moved) => parent.postMessage(answer, moved),
    };
  }
  const scope = globalThis as unknown as WebScope;
  return {
    onQuestion: (listen) => scope.addEventListener("message", ({ data }) => listen(data)),
    post: (answer, moved) => scope.postMessage(answer, moved),
  };
}

serve(port());
