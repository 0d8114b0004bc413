// @ts-check
/**
 * Who may hold how much memory: requests of one process share it.
 *
 * @module
 */
import { ServiceError } from "./problems.mjs";

/** Bytes that are held for as long as a request takes. Whoever finds none is turned away, and waits for nobody. */
export class Store {
  #used = 0;

  /**
   * An account, and how to close it.
   *
   * @param {number} limit
   */
  open(limit) {
    let mine = 0;
    return {
      /** @param {number} bytes */
      reserve: (bytes) => {
        if (this.#used + bytes > limit) {
          const message = "expected memory for the file, but other requests hold it; try again";
          throw new ServiceError(503, "BUSY", message, { "retry-after": "10" });
        }
        this.#used += bytes;
        mine += bytes;
      },
      close: () => {
        this.#used -= mine;
        mine = 0;
      },
    };
  }
}

/**
 * @typedef {object} Waiting
 * @property {number} bytes
 * @property {number} limit
 * @property {(release: () => void) => void} start
 */

/** Bytes that are held while one weight is measured. Who finds none waits for those before. */
export class Turns {
  #used = 0;
  /** @type {Set<Waiting>} */
  #queue = new Set();

  /**
   * @param {number} bytes At most `limit`.
   * @param {number} limit
   * @param {AbortSignal} signal Whoever is gone waits no longer.
   * @returns {Promise<() => void>} Gives the bytes back.
   */
  take(bytes, limit, signal) {
    return new Promise((resolve, reject) => {
      const entry = { bytes, limit, start: resolve };
      const leave = () => {
        this.#queue.delete(entry);
        reject(signal.reason);
        this.#next();
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      entry.start = (release) => {
        signal.removeEventListener("abort", leave);
        resolve(release);
      };
      this.#queue.add(entry);
      this.#next();
    });
  }

  #next() {
    for (const entry of this.#queue) {
      // In the order that they came, so that large weights have their turn, too.
      if (this.#used + entry.bytes > entry.limit) return;
      this.#queue.delete(entry);
      this.#used += entry.bytes;
      let isHeld = true;
      entry.start(() => {
        if (isHeld) this.#used -= entry.bytes;
        isHeld = false;
        this.#next();
      });
    }
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
