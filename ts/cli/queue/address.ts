/**
 * Addresses of Redis. What a user is shown of one has no password in it.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";

/** Where a Redis is, and as whom to go there. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isSecure: boolean;
  /** For messages: without credentials. */
  readonly shown: string;
}

const EXPECTED = "redis://[user:password@]host[:port][/database], or rediss:// for TLS";
const USUAL_PORT = 6379;

/**
 * Reads an address.
 *
 * @throws {OptionError} When it is none. Its text is in no message, for the password may be anywhere in it.
 */
export function parsePlace(text: unknown): RedisPlace {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw wrong("something else");
  const { protocol, hostname, pathname, search, hash } = url;
  if (protocol !== "redis:" && protocol !== "rediss:") throw wrong(`an address that begins with ${protocol}`);
  if (hostname === "") throw wrong("an address without a host");
  if (search !== "" || hash !== "") throw wrong('an address with "?" or "#" (in a password they are %3F and %23)');
  const [, database] = /^\/?(\d{0,5})$/.exec(pathname) ?? [];
  if (database === undefined) throw wrong("an address with a path that is no number of a database");
  const port = url.port === "" ? USUAL_PORT : Number(url.port);
  const db = Number(database);
  return {
    // As sockets take it: addresses of version 6 stand in brackets in URLs.
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    db,
    username: decoded(url.username),
    password: decoded(url.password),
    isSecure: protocol === "rediss:",
    shown: `${protocol}//${hostname}:${port}/${db}`,
  };
}

function decoded(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('an address with a "%" that is not followed by two digits (in a password it is %25)');
  }
}

function wrong(got: string): OptionError {
  return new OptionError(`"queue" expected ${EXPECTED}, got ${got}`);
}
