// @ts-check
/**
 * The audit of a checkpoint in Bun: `bun server.mjs`.
 *
 * @module
 */
import { openAudit } from "spectral-norm/audit";
import { lookup } from "../audit-service/lookup.mjs";
import { createService } from "../audit-service/service.mjs";

/**
 * The part of Bun that is used.
 *
 * @typedef {object} Runtime
 * @property {(options: object) => { readonly url: URL, stop(): Promise<void> }} serve
 */

const { Bun: bun } = /** @type {typeof globalThis & { Bun: Runtime }} */ (globalThis);
const { env } = process;
const handle = createService({ openAudit, lookup });

const server = bun.serve({
  port: Number(env["PORT"] ?? 8080),
  hostname: env["HOST"] ?? "127.0.0.1",
  // A large weight takes longer than the ten seconds after which Bun would give a silent connection up.
  idleTimeout: 255,
  // The service has a limit of its own, with an answer that says so.
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  fetch: (/** @type {Request} */ request) => handle(request, env),
});
console.log(`listening on ${server.url.origin}`);

// Requests that are being answered are answered; new ones are not taken.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.stop().then(() => process.exit()));
