// @ts-check
/**
 * The audit of a checkpoint as a service, in web standards alone: Cloudflare's workers, Deno, Bun and Node serve the same.
 *
 * @module
 */
import { kindOf, readBody, sourceOf } from "./body.mjs";
import { checkAddress } from "./hosts.mjs";
import { linesOf, streamOf } from "./lines.mjs";
import { Store, Turns } from "./memory.mjs";
import { problemOf, ServiceError } from "./problems.mjs";
import { parseUrl, readQuery, readUrl } from "./query.mjs";
import { readSettings } from "./settings.mjs";
import { guardedFetch } from "./upstream.mjs";

const USAGE = `POST /audit with a checkpoint as application/octet-stream, or { "url": "https://…" } as application/json;
GET /audit?url=https://…
Options in the query: axis=0|1|last, tolerance, certainty=auto|rigorous|cheap|0.99, values=5
The answer is JSON, a line for each tensor.
`;

const METHODS = "GET, HEAD, POST, OPTIONS";

/** A request in JSON is an address; no address is longer. */
const MOST_JSON = 16_384;

/** @typedef {import("./settings.mjs").Settings} Settings */

/**
 * @typedef {object} Parts
 * @property {typeof import("spectral-norm/audit").openAudit} openAudit Of `spectral-norm/audit`.
 * @property {(name: string) => Promise<readonly string[]>} [lookup] The IP addresses of a name, where a runtime can tell.
 * @property {(thrown: unknown) => void} [log] Is told of what should not happen.
 */

/**
 * @callback Handle
 * @param {Request} request
 * @param {Readonly<Record<string, unknown>>} [env] Settings, by their names: see settings.mjs.
 * @returns {Promise<Response>}
 */

/**
 * A service. Its requests share the memory that it may take, so there should be one a process.
 *
 * @param {Parts} parts
 * @returns {Handle}
 */
export function createService({ openAudit, lookup, log = console.error }) {
  const [store, turns] = [new Store(), new Turns()];
  const answer = async (/** @type {Request} */ request, /** @type {Settings} */ settings) => {
    const client = new AbortController();
    const signal = AbortSignal.any([request.signal, client.signal]);
    const account = store.open(settings.bodyBytes);
    const context = { openAudit, lookup, log, turns, settings, client, signal, account };
    try {
      return withHeaders(await route(request, context), settings.origin);
    } catch (thrown) {
      account.close();
      const problem = problemOf(thrown);
      if (problem.status === 500 && !signal.aborted) log(thrown);
      return withHeaders(refusal(problem, request), settings.origin);
    }
  };
  return async (request, env = {}) => {
    try {
      return await answer(request, readSettings(env));
    } catch (thrown) {
      // A setting that is none: for the operator to read, not for strangers.
      log(thrown);
      return refusal(problemOf(undefined), request);
    }
  };
}

/**
 * @typedef {object} Context
 * @property {Parts["openAudit"]} openAudit
 * @property {Parts["lookup"]} lookup
 * @property {(thrown: unknown) => void} log
 * @property {Turns} turns
 * @property {Settings} settings
 * @property {AbortController} client Ends the work when nobody reads the answer any more.
 * @property {AbortSignal} signal
 * @property {ReturnType<Store["open"]>} account
 */

/**
 * @param {Request} request
 * @param {Context} context
 * @returns {Promise<Response>}
 */
async function route(request, context) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== "/" && pathname !== "/audit") {
    throw new ServiceError(404, "NOT_FOUND", `expected / or /audit, got ${pathname}`);
  }
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow: METHODS } });
  const isReading = request.method === "GET" || request.method === "HEAD";
  if (!isReading && (request.method !== "POST" || pathname === "/")) {
    const allow = pathname === "/" ? "GET, HEAD, OPTIONS" : METHODS;
    throw new ServiceError(405, "METHOD", `expected one of ${allow}, got ${request.method}`, { allow });
  }
  if (pathname === "/") return finish(request, new Response(USAGE, { headers: { "content-type": "text/plain" } }));
  const { url, options } = readQuery(searchParams);
  if (isReading && url === undefined) throw new ServiceError(400, "OPTION", '"url" expected an address, got none');
  const source = await sourceFor(request, url, context);
  return finish(request, await audited(source, options, context));
}

/**
 * HEAD is answered as GET would be, without what GET would send.
 *
 * @param {Request} request
 * @param {Response} response
 */
async function finish({ method }, response) {
  if (method !== "HEAD") return response;
  await response.body?.cancel();
  return new Response(null, response);
}

/**
 * @param {Request} request
 * @param {string | undefined} url From the query.
 * @param {Context} context
 */
async function sourceFor(request, url, { settings, account, lookup }) {
  const checkedUrl = async (/** @type {string} */ text) => {
    const parsed = parseUrl(text);
    await checkAddress(parsed, settings.hosts, lookup);
    return parsed;
  };
  if (request.method !== "POST") return await checkedUrl(/** @type {string} */ (url));
  if (url !== undefined) throw new ServiceError(400, "OPTION", '"url" expected a GET request, got a POST request');
  const kind = kindOf(request.headers);
  const limit = kind === "json" ? MOST_JSON : settings.bodyBytes;
  const body = await readBody(request, limit, kind === "json" ? () => undefined : account.reserve);
  const source = sourceOf(body, kind === "json" ? limit : settings.pieceBytes);
  if (kind === "file") return source;
  return await checkedUrl(readUrl(new TextDecoder().decode(await source.read(0, body.size))));
}

/**
 * @param {import("spectral-norm/checkpoint").CheckpointSource} source
 * @param {import("spectral-norm/audit").OpenAuditOptions} options
 * @param {Context} context
 */
async function audited(source, options, context) {
  const { settings, signal, client, turns, log, account, lookup } = context;
  const get = guardedFetch({ settings, lookup, signal, reserve: account.reserve });
  const opened = await context.openAudit(source, {
    ...options,
    sliceBytes: settings.sliceBytes,
    checkpoint: { fetch: /** @type {never} */ (get), signal, maxWhole: settings.wholeBytes },
  });
  const work = { opened, turns, settings, options, signal, log };
  const close = async () => {
    account.close();
    await opened.close();
  };
  // Where a runtime forgets a request whose client has gone, its signal is what remains.
  signal.addEventListener("abort", () => account.close(), { once: true });
  const stream = streamOf(linesOf(work), { touch: account.touch, stop: () => client.abort(), close });
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}

/**
 * @param {ServiceError} problem
 * @param {Request} request
 */
function refusal({ status, code, message, headers }, { method }) {
  const body = method === "HEAD" ? null : `${JSON.stringify({ code, message })}\n`;
  return new Response(body, { status, headers: { ...headers, "content-type": "application/json" } });
}

/**
 * @param {Response} response
 * @param {string} origin
 */
function withHeaders(response, origin) {
  const { headers } = response;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-allow-methods", METHODS);
  headers.set("access-control-allow-headers", "content-type");
  headers.set("access-control-max-age", "86400");
  headers.set("cache-control", "no-store");
  headers.set("x-content-type-options", "nosniff");
  return response;
}
