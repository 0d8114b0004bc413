/**
 * Where a pool's work is given out: the crew, and what a worker is told before its first job.
 *
 * @module
 */

import type { Multiplied } from "./answer.js";
import type { Crew } from "./crew.js";
import type { Thread } from "./thread.js";
import { heard } from "./told.js";

/** A crew whose threads have the engine. */
export interface Office {
  readonly crew: Crew;
  /** Has a thread start its engine, unless it has. */
  start(thread: Thread): Promise<void>;
}

/**
 * An office whose workers all start `module`, or if that is undefined, have an engine already.
 */
export function createOffice(crew: Crew, module: unknown): Office {
  const started = new WeakSet<Thread>();
  return {
    crew,
    async start(thread) {
      if (module === undefined || started.has(thread)) return;
      const { error } = (await thread.ask({ kind: "start", module })) as Multiplied;
      if (error) {
        await thread.end();
        throw heard(error);
      }
      started.add(thread);
    },
  };
}
