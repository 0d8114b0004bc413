import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fill } from "../../ts/checkpoint/sources/body.js";
import { bytesSource } from "../../ts/checkpoint/sources/memory.js";
import { joined, part, type Room } from "../../ts/checkpoint/sources/source.js";
import { type ByteSource, openCheckpoint } from "../../ts/checkpoint.js";
import { float32, safetensors } from "./writer.js";

const COUNT = 50_000;
const numbers = Float32Array.from({ length: COUNT }, (_, i) => i);
const bytes = safetensors({ w: float32([500, 100], [...numbers]) });

/** A source that puts bytes in what it is lent, and knows what that was. */
function borrowing(content: Uint8Array, move: boolean) {
  const lent = new Set<ArrayBuffer>();
  const source: ByteSource = {
    name: "lent",
    size: content.length,
    async read(offset, length, room) {
      const target = room?.take(length) ?? new Uint8Array(length);
      if (room !== undefined && !move) lent.add(target.buffer);
      target.set(content.subarray(offset, offset + length));
      if (room === undefined || !move) return target;
      // As a stream does that reads into memory: what was given is detached.
      const moved = structuredClone(target.buffer, { transfer: [target.buffer] });
      lent.add(moved);
      room.moved(moved);
      return new Uint8Array(moved, 0, length);
    },
  };
  return { source, lent };
}

describe("memory that is lent to sources", () => {
  test("is two pieces, however many are read, and all numbers are right", async () => {
    const { source, lent } = borrowing(bytes, false);
    const checkpoint = await openCheckpoint(source);
    expect((await checkpoint.read("w", { bytes: 4000 })).data).toEqual(numbers);
    expect(lent.size).toBeLessThanOrEqual(2);
    expect(lent.size).toBeGreaterThan(0);
  });

  test("may be moved, by which it stays of one size", async () => {
    const { source, lent } = borrowing(bytes, true);
    const checkpoint = await openCheckpoint(source);
    let seen = 0;
    for await (const { data } of checkpoint.blocks("w", { bytes: 4000 })) {
      expect(data).toEqual(numbers.subarray(seen, seen + data.length));
      seen += data.length;
    }
    expect(seen).toBe(COUNT);
    expect(lent.size).toBe(50);
    // All but the last two were moved on, which leaves nothing of a buffer.
    expect([...lent].filter(({ byteLength }) => byteLength > 0).length).toBeLessThanOrEqual(2);
  });

  test("is each reader's own", async () => {
    const { source } = borrowing(bytes, false);
    const checkpoint = await openCheckpoint(source);
    const readings = Array.from({ length: 8 }, () => checkpoint.read("w", { bytes: 4000 }));
    for (const { data } of await Promise.all(readings)) expect(data).toEqual(numbers);
  });

  test("is never what a caller gave as a checkpoint", async () => {
    const given = bytes.slice();
    const checkpoint = await openCheckpoint(given);
    await checkpoint.read("w", { bytes: 4000 });
    const other = await openCheckpoint(
      borrowing(safetensors({ w: float32([500, 100], Array(COUNT).fill(7)) }), false).source,
    );
    await other.read("w", { bytes: 4000 });
    expect(given).toEqual(bytes);
  });

  test("reaches what parts and rows of sources are made of", async () => {
    const { source, lent } = borrowing(bytes, false);
    const room: Room = { take: (length) => new Uint8Array(new ArrayBuffer(64), 0, length), moved: () => undefined };
    expect(await part(source, 8, 40).read(2, 16, room)).toEqual(bytes.subarray(10, 26));
    expect([...lent].map(({ byteLength }) => byteLength)).toEqual([64]);
    const row = joined([bytesSource(bytes.subarray(0, 10), "a"), bytesSource(bytes.subarray(10), "b")], "row");
    const joinedBytes = await row.read(4, 20, room);
    expect(joinedBytes).toEqual(bytes.subarray(4, 24));
    expect(joinedBytes.buffer.byteLength).toBe(64);
  });
});

/** A stream of these chunks, of which the readers that bring their own memory may read, or may not. */
function streamOf(chunks: readonly Uint8Array[], isOfBytes: boolean, failure?: Error): ReadableStream<Uint8Array> {
  const queue = [...chunks];
  const pull = (controller: { enqueue(chunk: never): void; close(): void; error(cause: unknown): void }) => {
    const chunk = queue.shift();
    if (chunk !== undefined) controller.enqueue(chunk.slice() as never);
    else if (failure !== undefined) controller.error(failure);
    else {
      controller.close();
      (controller as { byobRequest?: { respond(count: number): void } | null }).byobRequest?.respond(0);
    }
  };
  return isOfBytes ? new ReadableStream({ type: "bytes", pull }) : new ReadableStream({ pull });
}

const chunksOf = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 });

describe.each([
  ["bytes", true],
  ["chunks", false],
])("a body of %s", (_, isOfBytes) => {
  test("fills memory with what it begins with, and tells what lacks and whether there is more", async () => {
    await fc.assert(
      fc.asyncProperty(chunksOf, fc.nat({ max: 160 }), async (chunks, length) => {
        const all = new Uint8Array(Buffer.concat(chunks));
        const told: number[] = [];
        const filled = await fill(streamOf(chunks, isOfBytes), new Uint8Array(length), (count) => told.push(count));
        expect(filled.hasMore).toBe(all.length > length);
        if (all.length < length) expect(filled.count).toBe(all.length);
        if (all.length === length) {
          expect(filled.count).toBe(length);
          expect(filled.bytes).toEqual(all);
        }
        expect([...told].sort((a, b) => a - b)).toEqual(told);
      }),
    );
  });

  test("that fails says so", async () => {
    const told: number[] = [];
    const body = streamOf([new Uint8Array(5)], isOfBytes, new Error("the cable"));
    const reading = fill(body, new Uint8Array(9), (count) => told.push(count));
    await expect(reading).rejects.toThrow("the cable");
    expect(told).toEqual([5]);
  });
});

test("no body is one without bytes", async () => {
  expect(await fill(null, new Uint8Array(3), () => undefined)).toMatchObject({ count: 0, hasMore: false });
});
