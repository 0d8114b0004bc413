/**
 * The options that say which queue.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import { complaint, readInteger } from "../engine/validate.js";
import type { Flag, Values } from "./command.js";
import { toNumber } from "./numbers.js";
import { parsePlace } from "./queue/address.js";
import type { QueueOptions } from "./queue/coordinator.js";
import { PREFIX } from "./queue/jobs.js";

/** The options. */
export const queueFlags: Readonly<Record<string, Flag>> = {
  queue: {
    value: "ADDRESS",
    help: "Where the queue is: redis://[user:password@]host[:port][/database], or rediss:// for TLS",
  },
  "queue-prefix": { value: "NAME", help: `What its keys in Redis begin with (default: ${PREFIX})` },
  "queue-timeout": {
    value: "SECONDS",
    help: "How long Redis may be out of reach, or workers missing, before it is given up (default: 300)",
  },
};

/** Those of whoever asks. */
export const askerFlags: Readonly<Record<string, Flag>> = {
  ...queueFlags,
  "queue-share": {
    value: "MB",
    help: "Megabytes of a weight in its file from which on all workers measure it together, if it stays in its file: see --memory (default: 256)",
  },
};

const USUAL_SHARED = 256;
const MOST_SHARED = 1e9;
const USUAL_SECONDS = 300;
const MOST_SECONDS = 7 * 24 * 60 * 60;

/**
 * Reads the options.
 *
 * @throws {SpectralNormError} `OPTION` or `TYPE`.
 */
export function queueOptions(flags: Values): QueueOptions {
  const { queue, "queue-prefix": prefix = PREFIX, "queue-timeout": seconds, "queue-share": share } = flags;
  const place = parsePlace(queue);
  if (typeof prefix !== "string" || !/^[\w.-]{1,100}$/.test(prefix)) {
    throw new OptionError(complaint("queuePrefix", "letters, digits, dots, dashes and underscores", prefix));
  }
  const patience = readInteger("queueTimeout", toNumber(seconds), USUAL_SECONDS, 1, MOST_SECONDS) * 1000;
  const shared = readInteger("queueShare", toNumber(share), USUAL_SHARED, 0, MOST_SHARED) * 1e6;
  return { place, prefix, patience, shared };
}
