/**
 * The body of an answer whose length is known, read straight into the memory that it is to be in where a runtime can do that.
 *
 * @module
 */

/** What came of a body. */
export interface Filled {
  /** The memory with the bytes: what was given, or what that has become where streams move it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes came. If fewer than were asked for, the memory may be gone. */
  readonly count: number;
  /** Whether there are more than there is room for. */
  readonly hasMore: boolean;
}

type Body = ReadableStream<Uint8Array>;
type Told = (count: number) => void;

/**
 * Reads as many bytes as `target` has.
 *
 * @param told Is told how many bytes have come so far.
 */
export async function fill(body: Body | null, target: Uint8Array<ArrayBuffer>, told: Told): Promise<Filled> {
  if (body === null) return { bytes: target, count: 0, hasMore: false };
  const reader = byteReader(body);
  return reader === undefined ? await fillByChunks(body, target, told) : await fillDirectly(reader, target, told);
}

/** Undefined where the stream makes chunks of its own. */
function byteReader(body: Body): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}

async function fillDirectly(
  reader: ReadableStreamBYOBReader,
  target: Uint8Array<ArrayBuffer>,
  told: Told,
): Promise<Filled> {
  const { length } = target;
  let bytes = target;
  let count = 0;
  while (count < length) {
    const { done, value } = await reader.read(bytes.subarray(count));
    if (done) return { bytes, count, hasMore: false };
    // Every read moves the memory to a buffer of its own.
    bytes = new Uint8Array(value.buffer, 0, length);
    count += value.length;
    told(count);
  }
  // Into other memory, for at their end some runtimes keep what they were given.
  const { done } = await reader.read(new Uint8Array(1));
  if (!done) await reader.cancel();
  return { bytes, count, hasMore: !done };
}

async function fillByChunks(body: Body, target: Uint8Array<ArrayBuffer>, told: Told): Promise<Filled> {
  const reader = body.getReader();
  let count = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (count + next.value.length > target.length) {
      await reader.cancel();
      return { bytes: target, count, hasMore: true };
    }
    target.set(next.value, count);
    count += next.value.length;
    told(count);
  }
  return { bytes: target, count, hasMore: false };
}
