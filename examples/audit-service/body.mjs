// @ts-check
/**
 * The body of a request as a source of bytes.
 *
 * @module
 */
import { ServiceError } from "./problems.mjs";
import { tooLarge } from "./upstream.mjs";

const BLOCK_BYTES = 65_536;

/** Types that say no more than that there are bytes, or name a format that is read. */
const TYPES = /^application\/(?:octet-stream|zip|x-zip-compressed|x-hdf5?|x-npy|x-npz|x-safetensors)$/;

/**
 * Whether a body is a file, or a request in JSON for one.
 *
 * @param {Headers} headers
 * @returns {"file" | "json"}
 * @throws {ServiceError} 415 for anything else.
 */
export function kindOf(headers) {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    const message = `expected a body that is not encoded, got one encoded as ${encoding}`;
    throw new ServiceError(415, "ENCODING", message, { "accept-encoding": "identity" });
  }
  const [type = ""] = (headers.get("content-type") ?? "application/octet-stream").split(";");
  const name = type.trim().toLowerCase();
  if (name === "application/json") return "json";
  if (TYPES.test(name)) return "file";
  const message = `expected a file as application/octet-stream or { "url": … } as application/json, got ${name}`;
  throw new ServiceError(415, "CONTENT_TYPE", message, { "accept-post": "application/octet-stream, application/json" });
}

/**
 * Takes a body into memory, in blocks, so that it is there once and never in two pieces at a time.
 *
 * @param {Request} request
 * @param {number} limit
 * @param {(bytes: number) => void} reserve Is told of each block before it is made.
 * @throws {ServiceError} 413 beyond the limit: at once where the length is told, else when it is exceeded.
 */
export async function readBody(request, limit, reserve) {
  const refusal = () => new ServiceError(413, "TOO_LARGE", `expected a body of at most ${limit} bytes, got more`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) {
    await request.body?.cancel();
    throw refusal();
  }
  const reader = request.body?.getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const blocks = [];
  let size = 0;
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    if (size + next.value.length > limit) {
      // Without waiting: the rest of the body may take forever to come.
      reader?.cancel().catch(() => undefined);
      throw refusal();
    }
    size = append(blocks, size, next.value, reserve);
  }
  return { blocks, size };
}

/**
 * @param {Uint8Array<ArrayBuffer>[]} blocks
 * @param {number} size
 * @param {Uint8Array} chunk
 * @param {(bytes: number) => void} reserve
 */
function append(blocks, size, chunk, reserve) {
  for (let taken = 0; taken < chunk.length; ) {
    const place = (size + taken) % BLOCK_BYTES;
    if (place === 0) {
      reserve(BLOCK_BYTES);
      blocks.push(new Uint8Array(BLOCK_BYTES));
    }
    const piece = chunk.subarray(taken, taken + BLOCK_BYTES - place);
    blocks.at(-1)?.set(piece, place);
    taken += piece.length;
  }
  return size + chunk.length;
}

/**
 * A body as `openCheckpoint` takes it.
 *
 * @param {{ readonly blocks: readonly Uint8Array[], readonly size: number }} body
 * @param {number} most The most bytes to copy at once.
 * @returns {import("spectral-norm/checkpoint").ByteSource}
 */
export function sourceOf({ blocks, size }, most) {
  const name = "the body";
  return {
    name,
    size,
    async read(offset, length, room) {
      if (length > most) throw tooLarge(name, length, most);
      const bytes = room?.take(length) ?? new Uint8Array(length);
      for (let filled = 0; filled < length; ) {
        const at = offset + filled;
        const start = at % BLOCK_BYTES;
        const block = /** @type {Uint8Array} */ (blocks[Math.floor(at / BLOCK_BYTES)]);
        const piece = block.subarray(start, Math.min(BLOCK_BYTES, start + length - filled));
        bytes.set(piece, filled);
        filled += piece.length;
      }
      return bytes;
    },
  };
}
