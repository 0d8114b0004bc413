/**
 * An address of the web as a source, read by ranges, so that a checkpoint need not be downloaded to be looked at.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { fill } from "./body.js";
import { bytesSource } from "./memory.js";
import type { ByteSource, Room } from "./source.js";

/** How addresses are fetched. */
export interface HttpOptions {
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** The most bytes to download where a server knows no ranges. */
  readonly maxWhole: number;
}

// The first request brings the size, and with it what nearly every header fits in.
const FIRST_BYTES = 65_536;

/**
 * Asks for the beginning of a file, and learns its size.
 *
 * @throws {FormatError} When there is none, or the server knows no ranges and the file is larger than allowed.
 */
export async function openHttp(url: URL, options: HttpOptions): Promise<ByteSource> {
  const name = url.href;
  const companion = (path: string) =>
    openHttp(new URL(path.split("/").map(encodeURIComponent).join("/"), url), options);
  const response = await request(url, options, { range: `bytes=0-${FIRST_BYTES - 1}` });
  if (response.status === 416 && /\/0$/.test(response.headers.get("content-range") ?? "")) {
    await response.body?.cancel();
    return { ...bytesSource(new Uint8Array(0), name), companion };
  }
  if (response.status === 200) {
    return { ...bytesSource(await wholeOf(name, response, options.maxWhole), name), companion };
  }
  const { size, end } = await rangeOf(name, response, 0);
  const first = await bodyOf(name, response, 0, end);
  const version = versionOf(response);
  const read = async (offset: number, length: number, room?: Room) => {
    if (offset + length <= first.length) return first.subarray(offset, offset + length);
    return await readRange({ url, options, version, size }, offset, length, room);
  };
  return { name, size, read, companion };
}

interface Remote {
  readonly url: URL;
  readonly options: HttpOptions;
  readonly version: string | undefined;
  readonly size: number;
}

/** A strong entity tag, or else a date: what `If-Range` takes. */
function versionOf({ headers }: Response): string | undefined {
  const tag = headers.get("etag");
  return tag !== null && !tag.startsWith("W/") ? tag : (headers.get("last-modified") ?? undefined);
}

async function readRange(remote: Remote, offset: number, length: number, room?: Room): Promise<Uint8Array> {
  const { url, options, version, size } = remote;
  const condition = version === undefined ? {} : { "if-range": version };
  const response = await request(url, options, { range: `bytes=${offset}-${offset + length - 1}`, ...condition });
  // A server that finds another version answers an If-Range with all of it.
  if (response.status !== 206) throw await refused(url.href, response, "the file was changed while it was read");
  const got = await rangeOf(url.href, response, offset);
  if (got.size !== size || (version !== undefined && versionOf(response) !== version)) {
    throw await refused(url.href, response, "the file was changed while it was read");
  }
  return await bodyOf(url.href, response, offset, length, room);
}

async function request(url: URL, options: HttpOptions, headers: Record<string, string>): Promise<Response> {
  let response: Response;
  try {
    // Not as a method: the fetch of browsers asks for the global object as its own.
    const { fetch: get, signal = null } = options;
    response = await get(url, { headers: { ...options.headers, ...headers }, signal });
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    const { message } = cause as Error;
    throw new FormatError(`${url.href}: expected an answer, but the request failed: ${message}`, { cause });
  }
  if ([200, 206, 416].includes(response.status)) return response;
  throw await refused(url.href, response, "expected a file");
}

async function refused(name: string, response: Response, why: string): Promise<FormatError> {
  // Not to be read: an error must not wait for a body that never ends.
  await response.body?.cancel();
  return new FormatError(`${name}: ${why}, got the answer ${response.status} ${response.statusText}`.trimEnd());
}

interface Range {
  readonly size: number;
  readonly end: number;
}

/** What a partial answer says it is, which must be what was asked for. */
async function rangeOf(name: string, response: Response, offset: number): Promise<Range> {
  const text = response.headers.get("content-range") ?? "";
  const [, from, to, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text) ?? [];
  const [start, last, size] = [Number(from), Number(to), Number(total)];
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (response.status === 206 && start === offset && last >= start && last < size && encoding === "identity") {
    return { size, end: last + 1 };
  }
  const got = `"${text}", encoded as ${encoding}`;
  throw await refused(name, response, `expected a range of plain bytes from byte ${offset} on with a size, got ${got}`);
}

/** The body of a range. */
async function bodyOf(
  name: string,
  { body }: Response,
  offset: number,
  length: number,
  room?: Room,
): Promise<Uint8Array> {
  const target = room?.take(length) ?? new Uint8Array(length);
  let come = 0;
  const told = (count: number) => {
    come = count;
  };
  const { bytes, count, hasMore } = await fill(body, target, told).catch((cause: unknown) => {
    throw new FormatError(`${name}: expected ${length} bytes, got ${come}: ${(cause as Error).message}`, { cause });
  });
  room?.moved(bytes.buffer);
  if (hasMore) throw tooMany(name, length);
  if (count === length) return bytes;
  throw new FormatError(`${name}: expected ${length} bytes from byte ${offset} on, got ${count}`);
}

function tooMany(name: string, most: number): FormatError {
  return new FormatError(`${name}: expected at most ${most} bytes, got more`);
}

/** A body of which only the most bytes that it may have are known. */
async function allOf(name: string, response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  try {
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      chunks.push(next.value);
      length += next.value.length;
      if (length > most) {
        await reader?.cancel();
        throw tooMany(name, most);
      }
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${name}: expected ${most} bytes, got ${length}: ${(cause as Error).message}`, { cause });
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function wholeOf(name: string, response: Response, most: number): Promise<Uint8Array> {
  const length = Number(response.headers.get("content-length") ?? 0);
  const remedy = "the server knows no ranges; download the file, or set maxWhole";
  if (length > most) {
    throw await refused(name, response, `expected at most ${most} bytes, got ${length}: ${remedy}`);
  }
  try {
    return await allOf(name, response, most);
  } catch (cause) {
    throw new FormatError(`${(cause as Error).message}: ${remedy}`, { cause });
  }
}
