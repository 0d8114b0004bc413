import { afterEach, describe, expect, test, vi } from "vitest";
import { decode, type FloatDtype } from "../../ts/checkpoint/decode.js";

const widths: Readonly<Record<string, number>> = { F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 };

/** Every pattern of a type, again and again. */
function patterns(dtype: string, count: number): Uint8Array {
  const width = widths[dtype] as number;
  return width === 1
    ? Uint8Array.from({ length: count }, (_, i) => i)
    : new Uint8Array(Uint16Array.from({ length: count }, (_, i) => i).buffer);
}

function bitsOf(dtype: string, bytes: Uint8Array): Uint32Array {
  const target = new Float32Array(bytes.length / (widths[dtype] as number));
  decode(dtype as FloatDtype, bytes, target);
  return new Uint32Array(target.buffer);
}

describe.each(Object.keys(widths))("%s", (dtype) => {
  const count = 2 ** 17 + 12_345;
  const bytes = patterns(dtype, count);

  test("all at once, by WebAssembly, has the bits of a few at a time, by JavaScript", () => {
    const width = widths[dtype] as number;
    const few = new Uint32Array(count);
    for (let at = 0; at < count; at += 63) {
      few.set(bitsOf(dtype, bytes.subarray(at * width, Math.min(count, at + 63) * width)), at);
    }
    expect(bitsOf(dtype, bytes)).toEqual(few);
  });

  test.each([64, 65, 100, 2 ** 15 - 1, 2 ** 15, 2 ** 15 + 1])(
    "%i numbers at an odd address fill their place and no other",
    (length) => {
      const width = widths[dtype] as number;
      const shifted = new Uint8Array(length * width + 1);
      shifted.set(bytes.subarray(0, length * width), 1);
      const whole = new Float32Array(length + 2).fill(7);
      decode(dtype as FloatDtype, shifted.subarray(1), whole.subarray(1, -1));
      expect([whole[0], whole[length + 1]]).toEqual([7, 7]);
      expect(new Uint32Array(whole.buffer).subarray(1, -1)).toEqual(bitsOf(dtype, bytes).subarray(0, length));
    },
  );
});

describe("where nothing may be compiled", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("the numbers are the same", async () => {
    const usual = bitsOf("BF16", patterns("BF16", 1000));
    vi.resetModules();
    vi.stubGlobal("WebAssembly", {
      Module: class {
        constructor() {
          throw new Error("Wasm code generation disallowed by embedder");
        }
      },
    });
    const fresh = await import("../../ts/checkpoint/decode.js");
    const target = new Float32Array(1000);
    fresh.decode("BF16", patterns("BF16", 1000), target);
    expect(new Uint32Array(target.buffer)).toEqual(usual);
  });
});
