import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, type FloatDtype, widthOf } from "../../ts/checkpoint/decode.js";
import { encode, largestOf, roundTo } from "../../ts/checkpoint/write/encode.js";
import { toFileOrder } from "../../ts/checkpoint/write/order.js";

/** By those libraries themselves: test/fixtures/rounding.py. */
const rounding: {
  readonly cases: Readonly<Record<(typeof small)[number], { readonly values: string; readonly bytes: string }>>;
} = JSON.parse(readFileSync(new URL("../fixtures/rounding.json", import.meta.url), "utf8"));

const small = ["F16", "BF16", "F8_E4M3", "F8_E5M2"] as const;

/** Every pattern of a type, in order. */
function patternsOf(dtype: FloatDtype): Uint8Array {
  const width = widthOf[dtype];
  const count = 256 ** width;
  const bytes = new Uint8Array(count * width);
  for (let i = 0; i < count; i++) {
    bytes[i * width] = i & 0xff;
    if (width === 2) bytes[2 * i + 1] = i >> 8;
  }
  return bytes;
}

function decoded(dtype: FloatDtype, bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length / widthOf[dtype]);
  decode(dtype, bytes, values);
  return values;
}

const one = (dtype: FloatDtype, value: number) => decoded(dtype, encode(dtype, Float32Array.of(value), "w"))[0];

describe.each(small)("%s", (dtype) => {
  const patterns = patternsOf(dtype);
  const values = decoded(dtype, patterns);
  const finite = [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b);

  test("every pattern is encoded as itself, but for the payloads of NaN that decoding drops", () => {
    const bytes = encode(dtype, values, "w");
    const again = decoded(dtype, bytes);
    const bits = (array: Float32Array) => new Uint32Array(array.buffer, array.byteOffset, array.length);
    expect(Buffer.compare(Buffer.from(bits(again).buffer), Buffer.from(bits(values).buffer))).toBe(0);
    const width = widthOf[dtype];
    const patternAt = (from: Uint8Array, i: number) => [...from.subarray(i * width, (i + 1) * width)].join();
    const different = [...values.keys()].filter(
      (i) => !Number.isNaN(values[i]) && patternAt(bytes, i) !== patternAt(patterns, i),
    );
    expect(different).toEqual([]);
    if (dtype === "F16" || dtype === "BF16") expect(Buffer.compare(bytes, patterns)).toBe(0);
  });

  test("halfway between two numbers is the even one, and what lies beside it the nearer one", () => {
    const isEven = (value: number) => (encode(dtype, Float32Array.of(value), "w")[0] as number) % 2 === 0;
    const wrong: number[] = [];
    const expectFrom = (value: number, expected: number) => {
      // Not all of these are float32 numbers, among the smallest.
      if (Math.fround(value) === value && one(dtype, value) !== expected) wrong.push(value);
    };
    for (const [i, low] of finite.slice(0, -1).entries()) {
      const high = finite[i + 1] as number;
      const middle = (low + high) / 2;
      const step = (high - low) / 8;
      expectFrom(middle, isEven(low) ? low : high);
      expectFrom(middle + step, high);
      expectFrom(middle - step, low);
    }
    expect(wrong).toEqual([]);
  });

  test("any number becomes one that no other is nearer to", () => {
    const bound = largestOf(dtype);
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -Math.fround(bound), max: Math.fround(bound) }), (value) => {
        const got = one(dtype, value) as number;
        let [from, to] = [0, finite.length - 1];
        while (to - from > 1) {
          const middle = (from + to) >> 1;
          if ((finite[middle] as number) <= value) from = middle;
          else to = middle;
        }
        const nearest = Math.min(Math.abs((finite[from] as number) - value), Math.abs((finite[to] as number) - value));
        expect(Math.abs(got - value)).toBe(nearest);
        expect(Object.is(Math.sign(got), -0) || got < 0 || value >= 0 || Object.is(got, -0)).toBe(true);
      }),
    );
  });

  test("beyond the largest is an error that says where, from halfway to the next on", () => {
    const largest = finite.at(-1) as number;
    expect(largestOf(dtype)).toBe(largest);
    const step = largest - (finite.at(-2) as number);
    expect(one(dtype, Math.fround(largest + step * 0.49))).toBe(largest);
    // Of the type without infinity the largest is even.
    const least = dtype === "F8_E4M3" ? 0.51 : 0.5;
    for (const value of [largest + step * least, -(largest + step * 0.7), 3.4e38]) {
      expect(() => encode(dtype, Float32Array.of(1, value), "f: tensor w")).toThrow(
        expect.objectContaining({
          code: "NON_FINITE",
          message: expect.stringMatching(
            new RegExp(
              `^f: tensor w expected numbers of at most ${largest}, the largest of ${dtype}, got .* at index 1$`.replace(
                "+",
                "\\+",
              ),
            ),
          ),
        }),
      );
    }
  });

  test("rounds as NumPy and ml_dtypes do, bit by bit", () => {
    const { values: given, bytes } = rounding.cases[dtype];
    const numbers = new Float32Array(Uint8Array.from(Buffer.from(given, "base64")).buffer);
    const expected = Buffer.from(bytes, "base64");
    expect(numbers.length).toBeGreaterThan(1000);
    expect(Buffer.from(encode(dtype, numbers, "w")).toString("hex")).toBe(expected.toString("hex"));
  });

  test("infinities stay where there are some", () => {
    const infinite = () => one(dtype, Number.NEGATIVE_INFINITY);
    if (dtype === "F8_E4M3") expect(infinite).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
    else expect(infinite()).toBe(Number.NEGATIVE_INFINITY);
    expect(one(dtype, Number.NaN)).toBeNaN();
  });

  test("rounding gives what is read again, and leaves that alone", () => {
    const numbers = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const expected = decoded(dtype, encode(dtype, numbers, "w"));
    roundTo(dtype, numbers, "w");
    expect(numbers).toEqual(expected);
    roundTo(dtype, numbers, "w");
    expect(numbers).toEqual(expected);
  });
});

describe("float32 and float64", () => {
  test.each([
    ["F32", Float32Array.of(1, -0, Number.NaN, 3e-45, Number.POSITIVE_INFINITY)],
    ["F64", Float64Array.of(1, -0, Number.NaN, 5e-324, 1.7e308)],
  ] as const)("%s is stored bit by bit, in either order", (dtype, values) => {
    const bytes = encode(dtype, values, "w");
    expect(Buffer.compare(bytes, new Uint8Array(values.buffer))).toBe(0);
    const reversed = encode(dtype, values, "w", true);
    const target = values.slice();
    decode(dtype, reversed, target, true);
    expect(target).toEqual(values);
    expect(Buffer.compare(new Uint8Array(target.buffer), bytes)).toBe(0);
    roundTo(dtype, target, "w");
    expect(target).toEqual(values);
  });

  test("their largest numbers", () => {
    expect(Math.fround(largestOf("F32"))).toBe(largestOf("F32"));
    expect(Math.fround(largestOf("F32") * (1 + 2 ** -24))).toBe(Number.POSITIVE_INFINITY);
    expect(largestOf("F64")).toBe(Number.MAX_VALUE);
  });
});

test("a file whose first index runs fastest has the transpose's order", () => {
  const shape = [2, 3, 4];
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const ordered = (first: number, count: number) => {
    const target = new Float32Array(count);
    toFileOrder(data, shape, first, target);
    return [...target];
  };
  const expected: number[] = [];
  for (let k = 0; k < 4; k++) for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) expected.push(12 * i + 4 * j + k);
  expect(ordered(0, 24)).toEqual(expected);
  for (let first = 0; first < 24; first++) expect(ordered(first, 24 - first)).toEqual(expected.slice(first));
  expect(ordered(7, 9)).toEqual(expected.slice(7, 16));
});
