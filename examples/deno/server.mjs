// @ts-check
/**
 * The audit of a checkpoint in Deno: `deno run --allow-net --allow-env server.mjs`.
 *
 * @module
 */
import { openAudit } from "spectral-norm/audit";
import { lookup } from "../audit-service/lookup.mjs";
import { createService } from "../audit-service/service.mjs";

/**
 * The part of Deno that is used.
 *
 * @typedef {object} Runtime
 * @property {(options: object, handle: (request: Request) => Promise<Response>) => { shutdown(): Promise<void> }} serve
 * @property {{ toObject(): Record<string, string> }} env
 * @property {(signal: string, listener: () => void) => void} addSignalListener
 * @property {() => never} exit
 */

const { Deno: deno } = /** @type {typeof globalThis & { Deno: Runtime }} */ (globalThis);
const env = deno.env.toObject();
const handle = createService({ openAudit, lookup });

const server = deno.serve(
  {
    port: Number(env["PORT"] ?? 8080),
    hostname: env["HOST"] ?? "127.0.0.1",
    onListen: (/** @type {{ hostname: string, port: number }} */ { hostname, port }) =>
      console.log(`listening on http://${hostname}:${port}`),
  },
  (request) => handle(request, env),
);

// Requests that are being answered are answered; new ones are not taken.
for (const signal of ["SIGINT", "SIGTERM"]) {
  deno.addSignalListener(signal, () => server.shutdown().then(() => deno.exit()));
}
