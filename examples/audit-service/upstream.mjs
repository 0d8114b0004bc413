// @ts-check
/**
 * The fetch that files are read with: to hosts that may be reached, in so many bytes, in so much time.
 *
 * @module
 */
import { checkAddress } from "./hosts.mjs";
import { ServiceError } from "./problems.mjs";

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What the reader of checkpoints understands: a file, a range of it, and a range of an empty file. */
const UNDERSTOOD = new Set([200, 206, 416]);

/**
 * @typedef {object} Reach
 * @property {import("./settings.mjs").Settings} settings
 * @property {((name: string) => Promise<readonly string[]>) | undefined} lookup
 * @property {AbortSignal} signal Of the client, who may be gone.
 * @property {(bytes: number) => void} reserve Is told of bytes that will be held.
 */

/**
 * A fetch as `openCheckpoint` takes it. A redirect is followed by hand, for it may lead where nobody may go.
 *
 * @param {Reach} reach
 * @returns {(address: URL, init: RequestInit) => Promise<object>}
 */
export function guardedFetch(reach) {
  const { settings, lookup } = reach;
  return async (address, init) => {
    const headers = new Headers(init.headers);
    checkRange(address, headers, settings.pieceBytes);
    headers.set("accept-encoding", "identity");
    const timeout = AbortSignal.timeout(settings.timeout);
    const signal = AbortSignal.any([reach.signal, timeout]);
    const failed = (/** @type {unknown} */ thrown) => explain(address, thrown, reach.signal, timeout);
    let url = address;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      await checkAddress(url, settings.hosts, lookup);
      const response = await fetch(url, { headers, signal, redirect: "manual" }).catch((thrown) => {
        throw failed(thrown);
      });
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null) return await accepted(address, response, reach, failed);
      await response.body?.cancel();
      if (!URL.canParse(location, url))
        throw new ServiceError(502, "UPSTREAM", `${address.href}: redirects to nowhere`);
      url = new URL(location, url);
    }
    throw new ServiceError(502, "UPSTREAM", `${address.href}: expected at most ${MOST_REDIRECTS} redirects, got more`);
  };
}

/**
 * A header that has to be in memory as a whole could be as large as the memory.
 *
 * @param {URL} address
 * @param {Headers} headers
 * @param {number} most
 */
function checkRange(address, headers, most) {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "") ?? [];
  const length = Number(to) - Number(from) + 1;
  if (length > most) throw tooLarge(address.href, length, most);
}

/**
 * What is more than may be held at once.
 *
 * @param {string} name
 * @param {number} length
 * @param {number} most
 */
export function tooLarge(name, length, most) {
  const got = `expected pieces of at most ${most} bytes, got one of ${length}, which has to be read at once`;
  return new ServiceError(413, "TOO_LARGE", `${name}: ${got}`);
}

/**
 * @param {URL} address
 * @param {Response} response
 * @param {Reach} reach
 * @param {(thrown: unknown) => unknown} failed
 */
async function accepted(address, response, { reserve, settings }, failed) {
  const { status, statusText, headers, body } = response;
  try {
    if (!UNDERSTOOD.has(status)) {
      const got = `${status} ${statusText}`.trimEnd();
      throw new ServiceError(502, "UPSTREAM", `${address.href}: expected a file, got the answer ${got}`);
    }
    // A server that knows no ranges: all of the file will be in memory, in chunks and then in one piece.
    if (status === 200) reserve(2 * Math.min(settings.wholeBytes, lengthOf(headers) ?? settings.wholeBytes));
  } catch (thrown) {
    await body?.cancel();
    throw thrown;
  }
  return { status, statusText, headers, body: body === null ? null : explained(body, failed) };
}

/** @param {Headers} headers */
function lengthOf(headers) {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

/**
 * The part of a body that the reader of checkpoints uses, with errors that say whose they are.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {(thrown: unknown) => unknown} failed
 */
function explained(body, failed) {
  return {
    cancel: () => body.cancel(),
    /** @param {{ mode?: "byob" }} options */
    getReader(options) {
      const reader = /** @type {ReadableStreamBYOBReader} */ (body.getReader(/** @type {never} */ (options)));
      return {
        cancel: () => reader.cancel(),
        /** @param {Uint8Array<ArrayBuffer>} view None of a reader that gives chunks of its own. */
        async read(view) {
          try {
            return await reader.read(view);
          } catch (thrown) {
            throw failed(thrown);
          }
        },
      };
    },
  };
}

/**
 * @param {URL} address
 * @param {unknown} thrown
 * @param {AbortSignal} client
 * @param {AbortSignal} timeout
 */
function explain({ href }, thrown, client, timeout) {
  if (client.aborted) return thrown;
  if (timeout.aborted) return new ServiceError(504, "TIMEOUT", `${href}: expected an answer in time, got none`);
  return new ServiceError(502, "UPSTREAM", `${href}: expected an answer, but the request failed`);
}
