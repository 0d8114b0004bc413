// @ts-check
/**
 * The audit of a checkpoint at Cloudflare's edge. Its limits are in wrangler.jsonc.
 *
 * @module
 */
import { openAudit } from "spectral-norm/audit";
import { createService } from "../audit-service/service.mjs";

// One for all requests of an isolate, which share its 128 MB. Names are looked up by Cloudflare, out of reach of anything private.
const handle = createService({ openAudit });

// biome-ignore lint/style/noDefaultExport: Cloudflare calls the default export
export default {
  /**
   * @param {Request} request
   * @param {Readonly<Record<string, unknown>>} env
   */
  fetch: (request, env) => handle(request, env),
};
