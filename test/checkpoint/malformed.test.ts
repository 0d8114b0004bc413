import { load } from "spectral-norm";
import { afterEach, describe, expect, test } from "vitest";
import { audit } from "../../ts/checkpoint/audit.js";
import { file, float32, RecordingSource, safetensors } from "./writer.js";

const engine = await load();

/** The message with which a file is refused. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await audit(engine, new RecordingSource(bytes)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "FormatError", code: "FORMAT" });
  return (error as Error).message;
}

// Whatever a file did, the engine computes.
afterEach(() =>
  expect(
    engine.spectralNorm([
      [3, 0],
      [0, 4],
    ]),
  ).toBeCloseTo(4, 5),
);

const four = new Uint8Array(16);
const entry = (fields: object) =>
  file(JSON.stringify({ w: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16], ...fields } }), four);
const two = (a: readonly [number, number], b: readonly [number, number], bytes = 32) => {
  const tensor = (offsets: readonly number[]) => ({ dtype: "F32", shape: [2, 2], data_offsets: offsets });
  return file(JSON.stringify({ a: tensor(a), b: tensor(b) }), new Uint8Array(bytes));
};

test("the files below are valid but for one thing", async () => {
  await expect(audit(engine, new RecordingSource(entry({})))).resolves.toMatchObject({ tensors: [{ name: "w" }] });
  await expect(audit(engine, new RecordingSource(two([0, 16], [16, 32])))).resolves.toBeDefined();
});

describe("the header's length", () => {
  test.each([0, 1, 7])("a file of %i bytes", async (size) => {
    const expected = `model.safetensors: not a safetensors file: expected at least 8 bytes, the length of the header, got ${size}`;
    expect(await refusal(new Uint8Array(size))).toBe(expected);
  });

  test("beyond the end of the file", async () => {
    expect(await refusal(file("{}", four, 19n))).toMatch(
      /expected a header within the file of 26 bytes, got a header of 19 bytes$/,
    );
  });

  test("of 2^53 + 1 and more, where numbers round", async () => {
    expect(await refusal(file("{}", four, 2n ** 53n + 1n))).toMatch(/got a header of 9007199254740993 bytes$/);
    expect(await refusal(file("{}", four, 2n ** 64n - 1n))).toMatch(/got a header of 18446744073709551615 bytes$/);
  });

  test("over 100 MB, although the file is longer", async () => {
    const source = new RecordingSource(file("{}", four, 100_000_001n), 200_000_000);
    await expect(audit(engine, source)).rejects.toThrow(
      /expected a header of at most 100000000 bytes, got one of 100000001$/,
    );
    expect(Math.max(...source.reads.map(({ length }) => length))).toBeLessThan(100);
  });

  test("of nothing", async () => {
    expect(await refusal(file("", four))).toMatch(/expected a header that begins with "{", got ""$/);
  });
});

describe("the header's text", () => {
  test.each(["[]", " {}", "null", "\ufeff{}"])("%j does not begin with a brace", async (header) => {
    expect(await refusal(file(header))).toMatch(/expected a header that begins with "{", got /);
  });

  test.each(['{"a":', "{}x", "{'a': 1}", "{\0}"])("%j is not JSON", async (header) => {
    expect(await refusal(file(header))).toMatch(/^model.safetensors: expected a header in JSON, got a syntax error: /);
  });

  test("is not UTF-8", async () => {
    expect(await refusal(file(Uint8Array.of(0x7b, 0xff, 0x7d)))).toMatch(
      /expected a header in JSON in UTF-8, got bytes that are not$/,
    );
  });

  test.each([
    [
      "a tensor",
      '{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
      "w",
    ],
    ["a tensor, spelled otherwise", '{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0077" :{}}', "w"],
    ["a field", '{"w":{"dtype":"F32","shape":[1],"shape":[0],"data_offsets":[0,0]}}', "shape"],
    ["metadata", '{"__metadata__":{"a":"b","a":"c"}}', "a"],
  ])("names twice %s", async (_, header, name) => {
    expect(await refusal(file(header))).toBe(
      `model.safetensors: expected every name in the JSON once, got "${name}" twice`,
    );
  });

  test.each([[1], ["a"], [null], [["a"]], [{ a: 1 }], [{ a: { b: "c" } }]])("has metadata %j", async (metadata) => {
    const message = await refusal(file(JSON.stringify({ __metadata__: metadata })));
    expect(message).toMatch(/"__metadata__" expected an object of strings, got /);
  });
});

describe("the entry of a tensor", () => {
  test.each([
    ["no object", file('{"w":[1]}'), "[1]"],
    ["null", file('{"w":null}'), "null"],
    ["a field too few", file('{"w":{"dtype":"F32","shape":[0]}}'), "{ dtype, shape }"],
    ["a field too many", entry({ stride: 1 }), "{ dtype, shape, data_offsets, stride }"],
    [
      "inherited fields only",
      file('{"w":{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}}'),
      "{ __proto__ }",
    ],
  ])("is %s", async (_, bytes, got) => {
    expect(await refusal(bytes)).toBe(
      `model.safetensors: tensor "w" expected { dtype, shape, data_offsets }, got ${got}`,
    );
  });

  test.each(["float32", "f32", "F128", "", "toString", 32, null, ["F32"]])("has dtype %j", async (dtype) => {
    const message = await refusal(entry({ dtype }));
    expect(message).toMatch(/^model.safetensors: tensor "w": "dtype" expected one of F4, .*BF16.*, C64, got /);
  });

  test.each([[[-1, 2]], [[1.5, 2]], [["2", 2]], [[2, null]], [4], [{ 0: 2 }], [[2, 2 ** 53]]])(
    "has shape %j",
    async (shape) => {
      const message = await refusal(entry({ shape }));
      expect(message).toMatch(/tensor "w": "shape" expected an array of non-negative integers, got /);
    },
  );

  test("has a shape whose product overflows", async () => {
    expect(await refusal(entry({ shape: [2 ** 30, 2 ** 30] }))).toMatch(
      /"shape" expected fewer than 2\^53 bits in all/,
    );
    expect(await refusal(entry({ shape: Array(40).fill(2 ** 52) }))).toMatch(
      /"shape" expected fewer than 2\^53 bits in all/,
    );
  });

  test("has a shape that ends within a byte", async () => {
    expect(await refusal(entry({ dtype: "F4", shape: [3] }))).toMatch(
      /"shape" expected elements of 4 bits that fill whole bytes/,
    );
  });

  test.each([[[0]], [[0, 16, 32]], [[0.5, 16]], [["0", "16"]], [[-16, 0]], [[16, 0]], [{ 0: 0, 1: 16 }], [null]])(
    "has offsets %j",
    async (offsets) => {
      const message = await refusal(entry({ data_offsets: offsets }));
      expect(message).toMatch(/tensor "w": "data_offsets" expected two ascending non-negative integers, got /);
    },
  );

  test.each([[[0, 12]], [[0, 0]], [[4, 16]]])("has offsets %j that do not fit its shape", async (offsets) => {
    const message = await refusal(entry({ data_offsets: offsets }));
    expect(message).toMatch(
      /"data_offsets" expected 16 bytes for F32 of shape \[2, 2\], got \[\d+, \d+\], which is \d+$/,
    );
  });

  test("reaches beyond the data", async () => {
    const message = await refusal(entry({ data_offsets: [16, 32] }));
    expect(message).toMatch(
      /expected a range within the 16 bytes of data, got \[16, 32\]: the file is truncated or its header wrong$/,
    );
  });
});

describe("the data", () => {
  const whole = safetensors({ w: float32([2, 2], [1, 2, 3, 4]), x: float32([2], [5, 6]) });

  test("cut off anywhere", async () => {
    for (let size = 0; size < whole.length; size++)
      expect(await refusal(whole.slice(0, size))).toContain("model.safetensors");
    expect(await refusal(whole.slice(0, -1))).toMatch(
      /tensor "x": .* the 23 bytes of data, got \[16, 24\]: the file is truncated/,
    );
  });

  test("followed by other bytes", async () => {
    const message = await refusal(new Uint8Array([...whole, 0, 0, 0]));
    expect(message).toBe(
      "model.safetensors: expected all of the data to belong to tensors, got 3 bytes after the last",
    );
  });

  test("without tensors", async () => {
    expect(await refusal(file("{}", four))).toMatch(/got 16 bytes after the last$/);
  });

  test("in which tensors overlap", async () => {
    const overlap = /tensor "b": "data_offsets" expected to begin at 16, the end of "a", got \d+: an overlap$/;
    expect(await refusal(two([0, 16], [12, 28]))).toMatch(overlap);
    expect(await refusal(two([0, 16], [0, 16]))).toMatch(overlap);
  });

  test("in which there is a hole", async () => {
    const inside =
      /tensor "b": "data_offsets" expected to begin at 16, the end of "a", got 20: a hole, which the format forbids$/;
    expect(await refusal(two([0, 16], [20, 36], 36))).toMatch(inside);
    const before = /tensor "b": "data_offsets" expected to begin at 0, the beginning, got 4: a hole/;
    expect(await refusal(two([20, 36], [4, 20], 36))).toMatch(before);
  });
});

describe("other formats are named", () => {
  const pad = (start: string) => Buffer.concat([Buffer.from(start, "latin1"), Buffer.alloc(200, 0x41)]);
  test.each([
    ["\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", /Python pickle, as old versions of torch\.save/],
    ["\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00", /Python pickle/],
    ["GGUF\x03\x00\x00\x00", /GGUF/],
    ["\x1f\x8b\x08\x00\x00\x00\x00\x00", /gzip/],
    ["version https://git-lfs.github.com/spec/v1\n", /git lfs pull/],
    ["<!DOCTYPE html>", /web page/],
  ])("%j", async (start, look) => {
    const message = await refusal(pad(start));
    expect(message).toMatch(/^model.safetensors: not a safetensors file: this looks like /);
    expect(message).toMatch(look);
  });

  test("even when they are shorter than a prefix", async () => {
    expect(await refusal(Buffer.from("GGUF"))).toMatch(/GGUF/);
  });

  test("but no safetensors is mistaken for one", async () => {
    // The length of the header, 0x213c, begins like "<!", and the file is cut within the header.
    expect(await refusal(file("{}", four, 0x213cn))).toMatch(/got a header of 8508 bytes$/);
    expect(await refusal(file("{}", four, 0x227bn))).toMatch(/got a header of 8827 bytes$/);
  });
});

describe("what looks odd but is allowed", () => {
  test("no tensors, in a Blob", async () => {
    const source = new File([file("{}")], "empty.safetensors");
    await expect(audit(engine, source)).resolves.toEqual({
      file: "empty.safetensors",
      axis: 0,
      tensors: [],
      skipped: [],
      adapters: [],
      heads: [],
      network: null,
    });
  });

  test("names that are properties of every object", async () => {
    const names = ["__proto__", "constructor", "toString", ""];
    const one = { dtype: "F32", shape: [1, 1] };
    const entries = names.map(
      (name, i) => `${JSON.stringify(name)}:${JSON.stringify({ ...one, data_offsets: [4 * i, 4 * i + 4] })}`,
    );
    const bytes = file(`{${entries.join(",")}}`, float32([4], [1, 2, 3, 4]).bytes);
    const { tensors } = await audit(engine, new RecordingSource(bytes));
    expect(tensors.map(({ name, spectralNorm }) => [name, spectralNorm])).toEqual(
      names.map((name, i) => [name, i + 1]),
    );
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined();
  });

  test("a long string in the metadata", async () => {
    const bytes = file(JSON.stringify({ __metadata__: { config: '\\"x{[,:'.repeat(2_000_000) } }));
    await expect(audit(engine, new RecordingSource(bytes))).resolves.toMatchObject({ tensors: [] });
  });
});
