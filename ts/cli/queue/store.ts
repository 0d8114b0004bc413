/**
 * What lies in Redis beside the jobs: questions and answers, which jobs only name. BullMQ would keep several copies of them.
 *
 * @module
 */
import type { Redis as Client } from "ioredis";
import { KEEP_SECONDS } from "./jobs.js";
import { pack, unpack } from "./packed.js";

/** Values by name, which are kept for a day. */
export interface Store {
  get(name: string): Promise<unknown>;
  has(name: string): Promise<boolean>;
  /** Puts a value there, and at the same moment takes away what nobody needs any more. */
  put(name: string, value: unknown, surplus?: readonly string[]): Promise<void>;
}

/** The values of a queue. */
export function createStore(redis: Client, prefix: string, queue: string): Store {
  const keyOf = (name: string) => `${prefix}:${queue}:values:${name}`;
  return {
    async get(name) {
      const bytes = await redis.getBuffer(keyOf(name));
      return bytes === null ? undefined : unpack(bytes);
    },
    has: async (name) => (await redis.exists(keyOf(name))) === 1,
    async put(name, value, surplus = []) {
      const both = redis.multi().set(keyOf(name), pack(value), "EX", KEEP_SECONDS);
      if (surplus.length > 0) both.unlink(...surplus.map(keyOf));
      await both.exec();
    },
  };
}
