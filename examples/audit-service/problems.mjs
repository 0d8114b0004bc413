// @ts-check
/**
 * What goes wrong, as HTTP says it: a status, and a body of JSON with a stable code and a sentence.
 *
 * @module
 */

/** An error that has a status of its own. */
export class ServiceError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {Readonly<Record<string, string>>} [headers] What the answer has beside.
   */
  constructor(status, code, message, headers = {}) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** What a caller can mend: the codes of spectral-norm whose message is about the request. */
const ABOUT_THE_REQUEST = new Set(["FORMAT", "OPTION", "TYPE", "SHAPE"]);

/**
 * What to tell of an error. What is nobody's fault but ours is not told, for it may say more than a stranger should know.
 *
 * @param {unknown} thrown
 * @returns {ServiceError}
 */
export function problemOf(thrown) {
  // What our own fetch threw is the cause of what the reader of checkpoints made of it.
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof ServiceError) return error;
  const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (thrown ?? {});
  if (typeof code === "string" && ABOUT_THE_REQUEST.has(code)) return new ServiceError(400, code, String(message));
  if (code === "OUT_OF_MEMORY") return new ServiceError(503, code, String(message), { "retry-after": "10" });
  return new ServiceError(500, "INTERNAL", "the service failed; its log says why");
}
