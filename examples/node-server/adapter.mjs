// @ts-check
/**
 * Between `node:http` and the web's requests and responses.
 *
 * @module
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What no `Request` may have, by the standard of fetch. */
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/;

/**
 * A listener for `createServer` that answers by `handle`.
 *
 * @param {(request: Request) => Promise<Response>} handle
 * @returns {(incoming: import("node:http").IncomingMessage, outgoing: import("node:http").ServerResponse) => Promise<void>}
 */
export function listener(handle) {
  return async (incoming, outgoing) => {
    const client = new AbortController();
    outgoing.once("close", () => client.abort());
    try {
      const request = toRequest(incoming, client.signal);
      await send(request === undefined ? refused(incoming) : await handle(request), incoming, outgoing);
    } catch {
      // The client has gone, or what it sent is no HTTP.
      outgoing.destroy();
    }
  };
}

/**
 * @param {import("node:http").IncomingMessage} incoming
 * @param {AbortSignal} signal
 * @returns {Request | undefined} Undefined for what cannot be one.
 */
function toRequest(incoming, signal) {
  const { method = "GET", url = "/", headers } = incoming;
  const address = `http://${headers.host ?? "localhost"}${url}`;
  if (FORBIDDEN.test(method) || !url.startsWith("/") || !URL.canParse(address)) return undefined;
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody ? { body: /** @type {never} */ (Readable.toWeb(incoming)), duplex: "half" } : {};
  const named = Object.entries(headers).flatMap(([name, value = ""]) =>
    [value].flat().map((one) => /** @type {[string, string]} */ ([name, one])),
  );
  return new Request(address, { method, headers: named, signal, ...body });
}

/** @param {import("node:http").IncomingMessage} incoming */
function refused({ method = "" }) {
  const isMethod = FORBIDDEN.test(method);
  const problem = isMethod
    ? { code: "METHOD", message: `expected one of GET, HEAD, POST, OPTIONS, got ${method}` }
    : { code: "OPTION", message: "expected a path and a host that make an address" };
  const headers = isMethod ? { allow: "GET, HEAD, POST, OPTIONS" } : {};
  return Response.json(problem, { status: isMethod ? 405 : 400, headers });
}

/**
 * @param {Response} response
 * @param {import("node:http").IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} outgoing
 */
async function send(response, incoming, outgoing) {
  // What is left of a body that was refused would be taken for the next request.
  if (!incoming.complete) outgoing.setHeader("connection", "close");
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // A pipeline waits for slow readers, and cancels the work when they go.
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(/** @type {never} */ (response.body)), outgoing);
  // To be read to its end, for a client that is still sending would not see the answer.
  incoming.resume();
}
