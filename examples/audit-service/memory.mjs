// @ts-check
/**
 * Who may hold how much memory: requests of one process share it.
 *
 * @module
 */
import { ServiceError } from "./problems.mjs";

/**
 * Milliseconds without a sign of life after which a request is taken for dead. A runtime that gives a request up because its
 * client has gone runs nothing of it any more, no `finally` either, and what it held would be held for ever.
 */
const PATIENCE = 600_000;

/** How often those who wait look again. */
const POLL = 20;

/** How long a waiting request may not have looked before others pass it. */
const ABSENT = 10_000;

/** Bytes that are held for as long as a request takes. Whoever finds none is turned away, and waits for nobody. */
export class Store {
  /** @type {Set<{ bytes: number, seen: number }>} */
  #accounts = new Set();

  /**
   * An account, and how to close it.
   *
   * @param {number} limit
   */
  open(limit) {
    const account = { bytes: 0, seen: Date.now() };
    this.#accounts.add(account);
    return {
      /** @param {number} bytes */
      reserve: (bytes) => {
        if (this.#used() + bytes > limit) {
          const message = "expected memory for the file, but other requests hold it; try again";
          throw new ServiceError(503, "BUSY", message, { "retry-after": "10" });
        }
        account.bytes += bytes;
      },
      touch: () => {
        account.seen = Date.now();
      },
      close: () => this.#accounts.delete(account),
    };
  }

  #used() {
    let used = 0;
    for (const account of this.#accounts) {
      if (Date.now() - account.seen > PATIENCE) this.#accounts.delete(account);
      else used += account.bytes;
    }
    return used;
  }
}

/**
 * @typedef {object} Turn
 * @property {number} bytes At most `limit`.
 * @property {number} limit Bytes that all together may take.
 * @property {number} lease Milliseconds after which they are taken back, for who holds them must be dead.
 * @property {AbortSignal} signal Whoever is gone waits no longer.
 */

/** Bytes that are held while one weight is measured. Who finds none waits for those before. */
export class Turns {
  /** @type {Set<{ bytes: number, until: number }>} */
  #holders = new Set();
  /** @type {Set<{ seen: number }>} */
  #queue = new Set();

  /**
   * @param {Turn} turn
   * @returns {Promise<() => void>} Gives the bytes back.
   */
  async take({ bytes, limit, lease, signal }) {
    const waiting = { seen: Date.now() };
    this.#queue.add(waiting);
    try {
      while (!this.#isNext(waiting) || this.#used() + bytes > limit) {
        // By a timer of its own: Cloudflare takes a request that waits for another one's promise for hung, and ends it.
        await new Promise((resolve) => setTimeout(resolve, POLL));
        signal.throwIfAborted();
        waiting.seen = Date.now();
      }
    } finally {
      this.#queue.delete(waiting);
    }
    const holder = { bytes, until: Date.now() + lease };
    this.#holders.add(holder);
    return () => this.#holders.delete(holder);
  }

  /**
   * In the order that they came, so that large weights have their turn, too.
   *
   * @param {object} waiting
   */
  #isNext(waiting) {
    for (const other of this.#queue) {
      if (other === waiting) return true;
      if (Date.now() - other.seen < ABSENT) return false;
    }
    return true;
  }

  #used() {
    let used = 0;
    for (const holder of this.#holders) {
      if (Date.now() > holder.until) this.#holders.delete(holder);
      else used += holder.bytes;
    }
    return used;
  }
}

/** Vectors that the search keeps. */
const MOST_VECTORS = 48;

/** Up to here `certainty=auto` is rigorous. */
const AFFORDABLE = 2 ** 31;

/**
 * Copies of a weight in float64 that an interval takes, as `docs/edge.md` has them measured.
 *
 * @param {number} cost Rows times columns times the smaller of them.
 * @param {{ readonly certainty?: unknown } | undefined} detail What is asked for beyond the norms.
 */
function copiesFor(cost, detail) {
  if (detail === undefined) return 0;
  const { certainty = "auto" } = detail;
  return certainty === "rigorous" || (certainty === "auto" && cost <= AFFORDABLE) ? 4 : 1;
}

/**
 * How much memory a weight takes while it is measured, at most and about.
 *
 * @param {import("spectral-norm/audit").AuditJob} job
 * @param {Pick<import("spectral-norm/audit").OpenAuditOptions, "axis" | "detail">} options
 */
export function memoryFor({ kind, shape, bytes }, { axis = 0, detail }) {
  const count = shape.reduce((product, size) => product * size, 1);
  const place = axis === "last" ? shape.length - 1 : axis;
  const rows = Math.max(1, shape[place] ?? 1);
  const columns = count / rows;
  const short = Math.min(rows, columns);
  const vectors = 8 * Math.max(rows, columns) * Math.min(short + 8, MOST_VECTORS);
  const copies = copiesFor(count * short, detail);
  // Of a pair only its factors are in memory, whose types may be of one byte.
  if (kind === "adapter") return 8 * bytes * (1 + copies) + vectors;
  const width = bytes === 8 * count ? 8 : 4;
  // An axis in the middle is brought to the front, in a copy.
  const moved = place > 0 && place < shape.length - 1 ? width * count : 0;
  return width * count + moved + 8 * copies * count + vectors;
}
