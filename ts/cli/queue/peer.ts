/**
 * BullMQ and its driver, which are peers: whoever audits on one machine does not need them.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";

/** The packages. */
export interface Peers {
  readonly bullmq: typeof import("bullmq");
  readonly Redis: typeof import("ioredis").Redis;
}

/**
 * Loads the packages.
 *
 * @throws {OptionError} When they are not installed, with the command that does it.
 */
export async function loadPeers(): Promise<Peers> {
  try {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const remedy = "install them beside spectral-norm with `npm install bullmq ioredis`";
    throw new OptionError(`"queue" expected the packages bullmq and ioredis to be there: ${remedy}`, { cause });
  }
}
