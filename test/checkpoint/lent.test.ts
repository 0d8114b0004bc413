import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteSource, type Lend, openCheckpoint } from "../../ts/checkpoint.js";
import { float32, float64, safetensors } from "./writer.js";

const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, at) => Math.fround(Math.sin(at + seed)));
const tensors = { a: float32([9, 7], numbers(63, 0)), b: float64([5, 4, 3], numbers(60, 1)) };
const bytes = safetensors(tensors);

/** Fills what is lent a little later than it is asked, as a disk would, and counts the arrays. */
class LentSource implements ByteSource {
  readonly name = "lent";
  readonly size = bytes.length;
  readonly buffers = new Set<ArrayBufferLike>();

  async read(offset: number, length: number, lend?: Lend): Promise<Uint8Array> {
    const target = lend?.(length) ?? new Uint8Array(length);
    expect(target).toHaveLength(length);
    if (lend !== undefined) this.buffers.add(target.buffer);
    // Whoever still looks at what it gave back sees this.
    target.fill(0xff);
    await new Promise((resolve) => setTimeout(resolve, 0));
    target.set(bytes.subarray(offset, offset + length));
    return target;
  }
}

async function read(source: ByteSource, name: string, most: number): Promise<number[]> {
  const checkpoint = await openCheckpoint(source);
  return [...(await checkpoint.read(name, { bytes: most })).data];
}

describe("arrays lent to a source", () => {
  test("are two for any number of looks", async () => {
    const source = new LentSource();
    const checkpoint = await openCheckpoint(source);
    for (let look = 0; look < 5; look++) {
      const found: number[] = [];
      for await (const { data } of checkpoint.blocks("a", { bytes: 28 })) found.push(...data);
      expect(found).toEqual(numbers(63, 0));
      expect([...(await checkpoint.read("b", { bytes: 24 })).data]).toEqual(numbers(60, 1));
    }
    expect(source.buffers.size).toBe(2);
  });

  test("have the bytes that a source without them gives", async () => {
    const slice = fc.integer({ min: 8, max: 300 });
    await fc.assert(
      fc.asyncProperty(slice, fc.constantFrom("a", "b"), async (most, name) => {
        expect(await read(new LentSource(), name, most)).toEqual(await read(bytes as never, name, most));
      }),
      { numRuns: 30 },
    );
  });

  test("are of one reader each, of those that read at once", async () => {
    const checkpoint = await openCheckpoint(new LentSource());
    const looks = Array.from({ length: 6 }, (_, at) => checkpoint.read(at % 2 === 0 ? "a" : "b", { bytes: 32 }));
    for (const [at, { data }] of (await Promise.all(looks)).entries()) {
      expect([...data]).toEqual(at % 2 === 0 ? numbers(63, 0) : numbers(60, 1));
    }
  });

  test("that a reader left while they were being filled are given to nobody else", async () => {
    const source = new LentSource();
    const checkpoint = await openCheckpoint(source);
    for await (const { data } of checkpoint.blocks("a", { bytes: 28 })) {
      expect([...data]).toEqual(numbers(7, 0));
      break;
    }
    expect([...(await checkpoint.read("a", { bytes: 28 })).data]).toEqual(numbers(63, 0));
  });
});
