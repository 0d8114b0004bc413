import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { join, split } from "../../ts/engine/streams.js";

const module = new Uint8Array(readFileSync(new URL("../../dist/spectral_norm.wasm", import.meta.url)));

test("our module comes back as it was", () => {
  expect(join(split(module))).toEqual(module);
});

test("in streams it is smaller after gzip, by a seventh at least", () => {
  const gzip = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length;
  expect(gzip(split(module))).toBeLessThan((6 / 7) * gzip(module));
});

test("damaged streams end, too, with as many bytes or an error", () => {
  const parts = split(module);
  // Behind the lengths, which could ask for more memory than there is.
  const place = fc.integer({ min: 4 * 56, max: parts.length - 1 });
  fc.assert(
    fc.property(place, fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Uint8Array.from(parts, (byte, index) => (index === at ? byte ^ change : byte));
      let joined: Uint8Array;
      try {
        joined = join(damaged);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RangeError);
        return;
      }
      expect(joined).toHaveLength(module.length);
      expect(Buffer.compare(joined, module)).not.toBe(0);
    }),
    { numRuns: 50 },
  );
});

/** A module of one function, `(func (result i32) …)` or what else its bytes say. */
function moduleOf(code: readonly number[]): Uint8Array {
  const body = [0, ...code, 0x0b];
  const section = [1, ...leb(body.length), ...body];
  return Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 10, ...leb(section.length), ...section]);
}

/** A number in LEB128. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

test.each([
  ["constants", [0x41, 0xe5, 0x8e, 0x26, 0x42, 0x80, 0x7f, 0x43, 1, 2, 3, 4, 0x44, 1, 2, 3, 4, 5, 6, 7, 8]],
  ["blocks and branches", [0x02, 0x40, 0x03, 0x7f, 0x0c, 1, 0x0e, 2, 0, 1, 0, 0x0b, 0x0b]],
  ["calls, selects and globals", [0x10, 0x85, 1, 0x11, 3, 0, 0x1c, 1, 0x7f, 0x23, 2, 0xd0, 0x6f, 0xd2, 9]],
  ["memory", [0x28, 2, 0x90, 1, 0x36, 0, 4, 0x3f, 0, 0x40, 0]],
  ["bulk memory and saturating conversions", [0xfc, 2, 0xfc, 8, 1, 0, 0xfc, 10, 0, 0, 0xfc, 11, 0, 0xfc, 9, 3]],
  [
    "vectors",
    [0xfd, 0, 4, 16, 0xfd, 12, ...new Array(16).fill(7), 0xfd, 84, 0, 3, 5, 0xfd, 21, 1, 0xfd, 0xe4, 1, 0xfd, 92, 2, 8],
  ],
])("%s come back", (_, code) => {
  const made = moduleOf(code);
  expect(join(split(made))).toEqual(made);
});

test.each([0, 124, 125, 126, 127, 16_380, 16_381, 16_382, 16_383])(
  "a function of %i nops and a block comes back",
  (count) => {
    const made = moduleOf([...new Array<number>(count).fill(1), 0x02, 0x40, 0x0b]);
    expect(join(split(made))).toEqual(made);
  },
);

test("what is no code comes back", () => {
  const empty = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);
  const custom = Uint8Array.from([...empty, 0, 3, 1, 65, 9, 1, 1, 0]);
  expect(join(split(empty))).toEqual(empty);
  expect(join(split(custom))).toEqual(custom);
});
