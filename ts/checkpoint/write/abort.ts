/**
 * Stops writing when a signal comes.
 *
 * @module
 */
import type { Target } from "./sink.js";

/** A target that takes nothing more once a signal has come. */
export function abortable(target: Target, signal: AbortSignal | undefined): Target {
  if (signal === undefined) return target;
  return {
    ...target,
    async create(path) {
      const sink = await target.create(path);
      return {
        get size() {
          return sink.size;
        },
        async append(bytes) {
          signal.throwIfAborted();
          await sink.append(bytes);
        },
        patch: (at, bytes) => sink.patch(at, bytes),
      };
    },
    async finish() {
      signal.throwIfAborted();
      return await target.finish();
    },
  };
}
