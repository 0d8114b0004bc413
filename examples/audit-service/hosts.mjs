// @ts-check
/**
 * Where addresses may lead: a service that fetches what strangers ask for must not fetch what only it can reach.
 *
 * @module
 */
import { ServiceError } from "./problems.mjs";

/**
 * The networks of IPv4 that are not the public internet (IANA's special-purpose registry, multicast, reserved).
 *
 * @type {readonly (readonly [string, number])[]}
 */
const PRIVATE = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

const NUMERIC = /^\d+\.\d+\.\d+\.\d+$/;

/** @param {string} address */
function toNumber(address) {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/**
 * Whether an IP address is one of the public internet. IPv6 has one block of those, less what stands for IPv4, for tunnels and
 * for documentation.
 *
 * @param {string} address Without brackets.
 */
export function isPublicAddress(address) {
  if (NUMERIC.test(address)) {
    const inside = (/** @type {readonly [string, number]} */ [base, bits]) =>
      Math.floor(toNumber(address) / 2 ** (32 - bits)) === toNumber(base) / 2 ** (32 - bits);
    return !PRIVATE.some(inside);
  }
  const [first = 0, second = 0] = address.split(":").map((group) => Number.parseInt(group || "0", 16));
  const isGlobal = first >= 0x2000 && first < 0x4000;
  const isSpecial = first === 0x2002 || (first === 0x2001 && (second < 0x200 || second === 0xdb8)) || first === 0x3fff;
  return isGlobal && !isSpecial;
}

/** @param {string} host A name, as `URL` has it. */
function isLocalName(host) {
  return !host.includes(".") || /\.(?:localhost|local|internal|home\.arpa)$/.test(host);
}

/**
 * @param {URL} url
 * @param {readonly string[]} allowed Names, with a port or without; `*.` before one stands for all below it.
 */
function isListed({ hostname, host }, allowed) {
  const name = hostname.replace(/\.$/, "");
  return allowed.some((pattern) =>
    pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : pattern === name || pattern === host,
  );
}

/**
 * Refuses an address that may not be fetched. What the operator has listed may be private; what nobody has listed may not,
 * by its number, by its name or, where there is a way to look names up, by what its name stands for.
 *
 * @param {URL} url
 * @param {readonly string[]} allowed
 * @param {((name: string) => Promise<readonly string[]>) | undefined} lookup
 * @throws {ServiceError} 400 for what is no plain http(s) address, 403 for a host that may not be reached.
 */
export async function checkAddress(url, allowed, lookup) {
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ServiceError(400, "OPTION", '"url" expected an http(s) address without a name and a password in it');
  }
  if (allowed.length > 0) {
    if (isListed(url, allowed)) return;
    throw new ServiceError(403, "HOST", `${url.host}: expected one of the hosts that this service may fetch from`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const isNumber = NUMERIC.test(host) || host.includes(":");
  const isPublic = isNumber ? isPublicAddress(host) : !isLocalName(host) && (await isPublicName(host, lookup));
  if (!isPublic) throw new ServiceError(403, "HOST", `${url.host}: expected a host of the public internet`);
}

/**
 * @param {string} host
 * @param {((name: string) => Promise<readonly string[]>) | undefined} lookup
 */
async function isPublicName(host, lookup) {
  if (lookup === undefined) return true;
  try {
    return (await lookup(host)).every(isPublicAddress);
  } catch {
    throw new ServiceError(502, "UPSTREAM", `${host}: expected a host, but its name is not known`);
  }
}
