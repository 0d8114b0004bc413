import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fill } from "../../ts/checkpoint/sources/body.js";
import { bytesSource } from "../../ts/checkpoint/sources/memory.js";
import { joined, part, type Room } from "../../ts/checkpoint/sources/source.js";
import { type ByteSource, type Checkpoint, openCheckpoint } from "../../ts/checkpoint.js";
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

/** A source that is asked for three pieces at a time, and gives them back in an order of its own. */
class WideSource implements ByteSource {
  readonly name = "wide";
  readonly ahead = 3;
  readonly lengths: number[] = [];
  readonly lent = new Set<ArrayBuffer>();
  underWay = 0;
  most = 0;
  isBroken = false;
  readonly #content: Uint8Array;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  get size(): number {
    return this.#content.length;
  }

  async read(offset: number, length: number, room?: Room): Promise<Uint8Array> {
    const target = room?.take(length) ?? new Uint8Array(length);
    if (room !== undefined) {
      this.lengths.push(length);
      this.lent.add(target.buffer);
      this.most = Math.max(this.most, ++this.underWay);
      // What was lent before is written to at once: who still looks at it sees that.
      target.fill(0xff);
      await new Promise((done) => setTimeout(done, (7 * offset) % 3));
      this.underWay -= 1;
      if (this.isBroken) throw new Error("the disk is gone");
    }
    target.set(this.#content.subarray(offset, offset + length));
    return target;
  }
}

describe("a source that is asked for several pieces at a time", () => {
  const values = Array.from({ length: 23 * 17 }, (_, index) => Math.fround(Math.cos(index)));
  const content = safetensors({ a: float32([23, 17], values), b: float32([17, 23], values) });

  test.each([8, 40, 272, 1000, 2 ** 22])("gives the same numbers, in %i bytes at most", async (most) => {
    const plain = await openCheckpoint(content);
    const source = new WideSource(content);
    const checkpoint = await openCheckpoint(source);
    for (const name of ["a", "b"]) {
      expect(await checkpoint.read(name, { bytes: most })).toEqual(await plain.read(name));
      const [blocks, expected]: unknown[][] = [[], []];
      for await (const { start, shape, data } of checkpoint.blocks(name, { bytes: most })) {
        blocks?.push([start, shape, [...data]]);
      }
      for await (const { start, shape, data } of plain.blocks(name, { bytes: most })) {
        expected?.push([start, shape, [...data]]);
      }
      expect(blocks).toEqual(expected);
    }
    expect(Math.max(...source.lengths)).toBeLessThanOrEqual(most);
    expect(source.underWay).toBe(0);
  });

  test("is asked for as many, in as much memory as one at a time takes", async () => {
    const source = new WideSource(content);
    await (await openCheckpoint(source)).read("a", { bytes: 256 });
    expect(source.most).toBe(3);
    expect(source.lent.size).toBeLessThanOrEqual(4);
    expect(Math.max(...source.lengths)).toBeLessThanOrEqual(128);
  });

  test("may be read by several at once, and left early", async () => {
    const sources = [1, 2, 3].map(() => new WideSource(content));
    const all = await Promise.all(sources.map((source) => openCheckpoint(source)));
    for await (const _ of (all[0] as Checkpoint).blocks("a", { bytes: 68 })) break;
    const read = await Promise.all(all.flatMap((one) => ["a", "b"].map((name) => one.read(name, { bytes: 128 }))));
    for (const { data } of read) expect([...data]).toEqual(values);
    expect(sources.map(({ underWay }) => underWay)).toEqual([0, 0, 0]);
  });

  test("fails as it does, once none of its reads is under way", async () => {
    const source = new WideSource(content);
    const checkpoint = await openCheckpoint(source);
    source.isBroken = true;
    await expect(checkpoint.read("a", { bytes: 128 })).rejects.toThrow("the disk is gone");
    expect(source.underWay).toBe(0);
    source.isBroken = false;
    expect([...(await checkpoint.read("a", { bytes: 128 })).data]).toEqual(values);
  });
});
