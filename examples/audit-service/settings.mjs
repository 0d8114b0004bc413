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
 *   archives.
 * @property {number} wholeBytes The same of files of servers that know no ranges, which are there twice for a moment.
 * @property {number} sliceBytes Bytes of a weight to read at once.
 * @property {number} timeout Milliseconds that another server has for each range.
 * @property {readonly string[]} hosts Hosts that addresses may lead to; none is all that are public.
 * @property {string} origin Whose pages may ask: a value of Access-Control-Allow-Origin.
 */

const DEFAULTS = {
  MAX_BODY_BYTES: 64 * MEBIBYTE,
  MAX_WEIGHT_BYTES: 1024 * MEBIBYTE,
  MAX_PIECE_BYTES: 64 * MEBIBYTE,
  UPSTREAM_TIMEOUT: 30_000,
};

const SLICE_BYTES = 4 * MEBIBYTE;

/** What the reader of checkpoints asks an address for at first. */
const LEAST_PIECE = 65_536;

/**
 * @param {Readonly<Record<string, unknown>>} env
 * @returns {Settings}
 * @throws {RangeError} For what is no number.
 */
export function readSettings(env) {
  const bodyBytes = positive(env, "MAX_BODY_BYTES");
  const weightBytes = positive(env, "MAX_WEIGHT_BYTES");
  const pieceBytes = positive(env, "MAX_PIECE_BYTES", LEAST_PIECE);
  const timeout = positive(env, "UPSTREAM_TIMEOUT");
  return {
    bodyBytes,
    weightBytes,
    pieceBytes,
    wholeBytes: Math.min(pieceBytes, Math.floor(bodyBytes / 2)),
    sliceBytes: Math.min(pieceBytes, SLICE_BYTES),
    timeout,
    hosts: String(env["ALLOWED_HOSTS"] ?? "")
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((host) => host !== ""),
    origin: String(env["ALLOW_ORIGIN"] ?? "*"),
  };
}

/**
 * @param {Readonly<Record<string, unknown>>} env
 * @param {keyof typeof DEFAULTS} name
 * @param {number} least
 */
function positive(env, name, least = 1) {
  const given = env[name] ?? DEFAULTS[name];
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new RangeError(`${name} expected an integer of at least ${least}, got ${String(given)}`);
}
