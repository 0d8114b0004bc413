/**
 * A limit of how much is under way.
 *
 * @module
 */

/** Does work as soon as a lane is free. */
export type Lanes = <T>(work: () => Promise<T>) => Promise<T>;

/** So many lanes, for which work waits in its order. */
export function createLanes(count: number): Lanes {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
