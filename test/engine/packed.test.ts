import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "../../ts/engine/packed.js";

describe("packed bytes", () => {
  test("come back as they were", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => expect(unpack(pack(bytes))).toEqual(bytes)));
  });

  test("of every value and none come back", () => {
    const all = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
    expect(unpack(pack(all))).toEqual(all);
    expect(unpack(pack(new Uint8Array()))).toEqual(new Uint8Array());
  });

  test("are text that no quote, template, page or character set can spoil", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => expect(pack(bytes)).toMatch(/^[ -~]*$/)));
    const every = pack(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    expect(every).not.toMatch(/["'`\\$<]/);
  });
});
