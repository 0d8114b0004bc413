import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expand, shorten } from "../../ts/engine/pairs.js";

function there(bytes: Uint8Array, most: number): Uint8Array {
  const out = new Uint8Array(bytes.length + 2);
  expect(expand(shorten(bytes, most), out, 2)).toBe(out.length);
  return out.subarray(2);
}

describe("bytes with pairs written as one", () => {
  test("come back as they were", () => {
    const few = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 400 }).map((some) => Uint8Array.from(some));
    fc.assert(
      fc.property(fc.oneof(few, fc.uint8Array({ maxLength: 400 })), fc.nat({ max: 40 }), (some, most) => {
        expect(there(some, most)).toEqual(some);
      }),
    );
  });

  test("of one value, of every value and none come back", () => {
    const every = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
    for (const some of [new Uint8Array(777).fill(5), every, new Uint8Array()]) {
      expect(there(some, 255)).toEqual(some);
    }
  });

  test("are fewer where pairs repeat, and cost one byte where none does", () => {
    const repeated = Uint8Array.from({ length: 600 }, (_, index) => [7, 8, 9][index % 3] as number);
    expect([...shorten(repeated, 1)].slice(0, 4)).toEqual([1, 0, 7, 8]);
    expect(shorten(repeated, 1)).toHaveLength(4 + 400);
    expect([...shorten(Uint8Array.of(1, 2, 3), 8)]).toEqual([0, 1, 2, 3]);
  });
});
