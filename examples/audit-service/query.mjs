// @ts-check
/**
 * What a request asks for.
 *
 * @module
 */
import { ServiceError } from "./problems.mjs";

const KNOWN = ["url", "axis", "tolerance", "certainty", "values"];

/** @param {string} message */
const wrong = (message) => new ServiceError(400, "OPTION", message);

/**
 * The options of the audit. What is wrong with their values, the package says, and names the option.
 *
 * @param {URLSearchParams} query
 * @returns {{ readonly url: string | undefined, readonly options: import("spectral-norm/audit").OpenAuditOptions }}
 * @throws {ServiceError} 400 for what is not known, or there twice.
 */
export function readQuery(query) {
  for (const name of new Set(query.keys())) {
    if (!KNOWN.includes(name)) throw wrong(`expected the options ${KNOWN.join(", ")}, got "${name}"`);
    if (query.getAll(name).length > 1) throw wrong(`"${name}" expected one value, got ${query.getAll(name).length}`);
  }
  /** @param {string} name */
  const value = (name) => numberOr(query.get(name));
  const [certainty, values] = [value("certainty"), value("values")];
  // Norms alone are what a request costs; intervals and singular values are for those who ask for them.
  const detail = certainty === undefined && values === undefined ? undefined : { certainty, values };
  const options = { axis: value("axis"), tolerance: value("tolerance"), detail };
  return { url: query.get("url") ?? undefined, options: /** @type {never} */ (options) };
}

/**
 * What is no number stays text, such as "last" and "rigorous".
 *
 * @param {string | null} text
 */
function numberOr(text) {
  if (text === null) return undefined;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(number) ? text : number;
}

/**
 * The address in a body of JSON.
 *
 * @param {string} text
 * @returns {string}
 * @throws {ServiceError} 400 for anything but `{ "url": "…" }`.
 */
export function readUrl(text) {
  try {
    const { url, ...rest } = JSON.parse(text);
    if (typeof url === "string" && Object.keys(rest).length === 0) return url;
  } catch {
    // Not JSON, or null: the same to the caller.
  }
  throw wrong('expected a body of { "url": "https://…" } and nothing else; options belong into the query');
}

/**
 * @param {string} text
 * @throws {ServiceError} 400
 */
export function parseUrl(text) {
  if (!URL.canParse(text)) throw wrong(`"url" expected an http(s) address, got ${JSON.stringify(text.slice(0, 200))}`);
  const url = new URL(text);
  url.hash = "";
  return url;
}
