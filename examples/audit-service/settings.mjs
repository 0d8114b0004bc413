// @ts-check
/**
 * What an operator can set, by variables of the environment.
 *
 * @module
 */

const MEBIBYTE = 2 ** 20;

/**
 * @typedef {object} Settings
 * @property {number} bodyBytes The most bytes of a body, and of all bodies that are held at a time.
 * @property {number} weightBytes The most memory for the weights that are measured at a time.
 * @property {number} pieceBytes The most bytes to hold of what cannot be read in pieces: headers, compressed entries of
 *   archives, files of servers that know no ranges.
 * @property {number} timeout Milliseconds that another server has for each range.
 * @property {readonly string[]} hosts Hosts that addresses may lead to; none is all that are public.
 * @property {string} origin Whose pages may ask: a value of Access-Control-Allow-Origin.
 */

/** @type {Readonly<Record<string, number>>} */
const DEFAULTS = {
  MAX_BODY_BYTES: 64 * MEBIBYTE,
  MAX_WEIGHT_BYTES: 1024 * MEBIBYTE,
  MAX_PIECE_BYTES: 64 * MEBIBYTE,
  UPSTREAM_TIMEOUT: 30_000,
};

/**
 * @param {Readonly<Record<string, unknown>>} env
 * @returns {Settings}
 * @throws {RangeError} For what is no number.
 */
export function readSettings(env) {
  const [bodyBytes, weightBytes, pieceBytes, timeout] = Object.keys(DEFAULTS).map((name) => positive(env, name));
  return {
    bodyBytes: /** @type {number} */ (bodyBytes),
    weightBytes: /** @type {number} */ (weightBytes),
    pieceBytes: /** @type {number} */ (pieceBytes),
    timeout: /** @type {number} */ (timeout),
    hosts: String(env["ALLOWED_HOSTS"] ?? "")
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((host) => host !== ""),
    origin: String(env["ALLOW_ORIGIN"] ?? "*"),
  };
}

/**
 * @param {Readonly<Record<string, unknown>>} env
 * @param {string} name
 */
function positive(env, name) {
  const given = env[name] ?? DEFAULTS[name];
  const number = Number(given);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new RangeError(`${name} expected a positive integer, got ${String(given)}`);
}
