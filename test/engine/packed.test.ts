import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "../../ts/engine/packed.js";

const bytes = fc.uint8Array({ maxLength: 3000 });

describe("packed bytes", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(bytes, (some) => {
        expect(unpack(pack(some))).toEqual(some);
      }),
    );
  });

  test("of every value and none come back", () => {
    const all = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
    expect(unpack(pack(all))).toEqual(all);
    expect(unpack(pack(new Uint8Array()))).toEqual(new Uint8Array());
  });

  test("are text that no quote, template, page or character set can spoil", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    fc.assert(
      fc.property(bytes, (some) => {
        const text = pack(Uint8Array.from([...some, ...all]));
        expect(text).toMatch(/^[ -~]*$/);
        expect(text).not.toMatch(/["'`\\$<]/);
      }),
    );
  });
});
