// @ts-check
/**
 * The audit of a checkpoint in Node: `node server.mjs`.
 *
 * @module
 */
import { createServer } from "node:http";
import { openAudit } from "spectral-norm/audit";
import { lookup } from "../audit-service/lookup.mjs";
import { createService } from "../audit-service/service.mjs";
import { listener } from "./adapter.mjs";

const { env } = process;
const handle = createService({ openAudit, lookup });
const server = createServer(listener((request) => handle(request, env)));

server.listen(Number(env["PORT"] ?? 8080), env["HOST"] ?? "127.0.0.1", () => {
  const { address, port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`listening on http://${address}:${port}`);
});

/** How long requests that are being answered have, once the server is to stop. */
const GRACE = 30_000;

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), GRACE).unref();
  });
}
