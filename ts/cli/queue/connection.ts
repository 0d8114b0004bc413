/**
 * The line to Redis. When it breaks it is mended, for a stated time; what is asked meanwhile waits.
 *
 * @module
 */
import type { Redis as Client, RedisOptions } from "ioredis";
import { SpectralNormError } from "../../engine/errors.js";
import { complain } from "../exit.js";
import type { RedisPlace } from "./address.js";
import type { Peers } from "./peer.js";

/** How a queue is reached. */
export interface Connection {
  readonly redis: Client;
  /** Rejects when Redis has been out of reach for the stated time. It never resolves. */
  readonly lost: Promise<never>;
  close(): void;
}

const CONNECT_MS = 10_000;
const RETRY_MS = 500;
const BEAT_MS = 1000;
/** How long an answer may take: commands of the queue take milliseconds. */
const SILENCE_MS = 10_000;

/**
 * Connects, and tells at once when that is not possible: most probably the address is wrong.
 *
 * @param patience For how many milliseconds Redis may be out of reach later.
 * @throws {SpectralNormError} `QUEUE`: Redis is not there, or refuses the credentials.
 */
export async function connect({ Redis }: Peers, place: RedisPlace, patience: number): Promise<Connection> {
  const { host, port, db, username, password, isSecure } = place;
  let isOpen = false;
  const options: RedisOptions = {
    ...{ host, port, db, username, password },
    ...(isSecure ? { tls: { servername: host } } : {}),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    keepAlive: SILENCE_MS,
    // What is asked while the line is broken is asked again, for as long as `watch` has patience.
    maxRetriesPerRequest: null,
    retryStrategy: () => (isOpen ? RETRY_MS : null),
  };
  const redis = new Redis(options);
  try {
    await firstContact(redis);
  } catch (cause) {
    redis.disconnect();
    throw new QueueError(`${place.shown}: expected a Redis server, but ${reasonOf(cause)}`, { cause });
  }
  isOpen = true;
  const watch = watchLine(redis, place, patience);
  return {
    redis,
    lost: watch.lost,
    close() {
      isOpen = false;
      watch.stop();
      redis.disconnect();
    },
  };
}

/** Credentials that are refused come as an event, and a server that says nothing as nothing. */
async function firstContact(redis: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const trouble = new Promise<never>((_, reject) => {
    redis.on("error", reject);
    timer = setTimeout(() => reject(new Error(`it did not answer for ${CONNECT_MS / 1000} s`)), CONNECT_MS);
  });
  try {
    await Promise.race([redis.connect().then(() => redis.ping()), trouble]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks every second whether Redis is there. An open line says nothing: the other end may have been unplugged. */
function watchLine(redis: Client, { shown }: RedisPlace, patience: number) {
  let heard = Date.now();
  let broken: number | undefined;
  let reason = "it does not answer";
  let isAsked = false;
  let fail: (reason: QueueError) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Nobody may be listening yet, or any more.
  lost.catch(() => {});
  let isOver = false;
  const breaks = () => {
    if (broken !== undefined || isOver) return;
    broken = heard;
    complain(`${shown}: ${reason}; trying again for ${patience / 1000} s`);
  };
  redis.on("error", (error: unknown) => {
    reason = reasonOf(error);
  });
  redis.on("close", breaks);
  const answered = () => {
    isAsked = false;
    heard = Date.now();
    if (broken !== undefined) complain(`${shown}: connected again`);
    broken = undefined;
    reason = "it does not answer";
  };
  const beat = setInterval(() => {
    if (broken !== undefined && Date.now() - broken > patience) {
      fail(new QueueError(`${shown}: ${reason}, for more than ${patience / 1000} s`));
    } else if (Date.now() - heard > SILENCE_MS && redis.status === "ready") {
      breaks();
      heard = Date.now();
      redis.disconnect(true);
    }
    if (isAsked) return;
    isAsked = true;
    redis.ping().then(answered, () => {
      isAsked = false;
    });
  }, BEAT_MS);
  const stop = () => {
    isOver = true;
    clearInterval(beat);
  };
  return { lost, stop };
}

/** Without the arguments of the command that failed, for those of AUTH are secret. */
function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as { code?: unknown; message?: string };
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "there is no such host",
    EAI_AGAIN: "the name of the host could not be looked up",
    ECONNRESET: "the connection was closed",
  };
  return known[String(code)] ?? (message === undefined || message === "" ? String(code) : message);
}

/** `QUEUE`: Redis or its workers are not there. What is in the queue stays there. */
export class QueueError extends SpectralNormError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("QUEUE", message, options);
  }
}
