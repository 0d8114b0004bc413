import { describe, expect, test } from "vitest";
import { openContents } from "../../ts/checkpoint/opened.js";
import { extentsOf } from "../../ts/checkpoint/sources/source.js";
import type { ConvertedFormat } from "../../ts/checkpoint/write/convert.js";
import type { Edit } from "../../ts/checkpoint/write/edit.js";
import { blobTarget } from "../../ts/checkpoint/write/memory.js";
import { writeCheckpoint } from "../../ts/checkpoint/write/write.js";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { bytesOf, fixtures, type Read, readAll, wrongChecksums } from "./support.js";

/** What becomes of a file, in memory: the files of the result by their names. */
async function written(source: string, edit: Edit, format?: ConvertedFormat): Promise<ReadonlyMap<string, Uint8Array>> {
  const opened = await openContents(source, {});
  try {
    const files = await writeCheckpoint(opened, edit, format, blobTarget("main"));
    const all = files.map(
      async ({ path, blob }) => [path, new Uint8Array(await (blob as Blob).arrayBuffer())] as const,
    );
    return new Map(await Promise.all(all));
  } finally {
    await opened.close();
  }
}

/** The tensors of a result. */
function reread(files: ReadonlyMap<string, Uint8Array>): Promise<ReadonlyMap<string, Read>> {
  return readAll(files.get("main") as Uint8Array, { companion: (path) => files.get(path) as Uint8Array });
}

function openWritten(files: ReadonlyMap<string, Uint8Array>) {
  return openCheckpoint(files.get("main") as Uint8Array, { companion: (path) => files.get(path) as Uint8Array });
}

/** NaN differs from NaN by its bits. */
function bitwise({ data, ...rest }: Read) {
  return { ...rest, bits: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex") };
}

/** Numbers of a type that has them all, in an order of their own. */
function fresh({ data }: Read): Float32Array | Float64Array {
  return data.map((_, i) => (i % 2 === 0 ? 1 : -1) * (1 + (i % 4) / 4));
}

const notPatched: Readonly<Record<string, RegExp>> = {
  // Integers of variable length.
  "floats.onnx": /^listed (F16|BF16|F8)/,
};

const formats = [
  ...[
    "floats.safetensors",
    "model.safetensors.index.json",
    "stored.npz",
    "deflated.npz",
    "floats.onnx",
    "external.onnx",
  ],
  ...["kinds.weights.h5", "sharded.weights.json", "model.keras"],
  ...[
    "f2.npy",
    "f4.npy",
    "f8.npy",
    "f2-big.npy",
    "f4-big.npy",
    "f8-big.npy",
    "fortran.npy",
    "fortran-3d.npy",
    "version-3.npy",
  ],
];

describe.each(formats)("%s", (file) => {
  const path = fixtures + file;
  const main = bytesOf(path);

  test("without a change is the same, byte by byte", async () => {
    const files = await written(path, new Map());
    expect(Buffer.compare(files.get("main") as Uint8Array, main)).toBe(0);
    for (const [name, bytes] of files) {
      if (name !== "main") expect(Buffer.compare(bytes, bytesOf(fixtures + name)), name).toBe(0);
    }
  });

  test("takes new numbers for any tensor, and all else stays", async () => {
    const before = await readAll(path);
    const { metadata } = await openCheckpoint(path);
    for (const [name, tensor] of before) {
      if (tensor.data.length < 2 || notPatched[file]?.test(name)) continue;
      const values = fresh(tensor);
      const files = await written(path, new Map([[name, { name, values: async () => values }]]));
      const expected = [...before].map(([key, one]) => (key === name ? { ...one, data: values } : one));
      const after = await reread(files);
      expect([...after.values()].map(bitwise), name).toEqual(expected.map(bitwise));
      // The only array of a .npy file is called as the file is.
      if (!file.endsWith(".npy")) expect([...after.keys()]).toEqual([...before.keys()]);
      expect((await openWritten(files)).metadata).toEqual(metadata);
      if (/npz|keras/.test(file)) expect(await wrongChecksums(files.get("main") as Uint8Array)).toEqual([]);
    }
  });

  test.each(["safetensors", "npz"] as const)("can be %s, with the same numbers", async (format) => {
    const before = await readAll(path);
    const files = await written(path, new Map(), format);
    expect([...files.keys()]).toEqual(["main"]);
    const after = await reread(files);
    // NumPy has no name for these types; every number of theirs is a float32.
    const isWidened = (dtype: string) => format === "npz" && /^(BF|F8)/.test(dtype);
    const expected = [...before].map(([key, one]) => [
      key,
      { ...one, dtype: isWidened(one.dtype) ? "F32" : one.dtype },
    ]);
    expect([...after]).toEqual(expected);
    if (format === "npz") expect(await wrongChecksums(files.get("main") as Uint8Array)).toEqual([]);
  });
});

test("only the bytes of the tensor change, and in archives the checksums", async () => {
  for (const [file, name, most] of [
    ["floats.safetensors", "F16", 0],
    ["stored.npz", "double", 8],
    ["kinds.weights.h5", "layers/dense/vars/F32 big", 0],
    ["model.keras", "layers/dense/vars/0", 8],
    ["floats.onnx", "F64", 0],
  ] as const) {
    const opened = await openContents(fixtures + file, {});
    const tensor = opened.contents.tensors.find((one) => one.name === name);
    const [extent] = extentsOf(tensor?.elements?.bytes as never);
    await opened.close();
    const { offset, size } = extent as { offset: number; size: number };
    const read = (await readAll(fixtures + file)).get(name) as Read;
    const values = fresh(read);
    const result = (await written(fixtures + file, new Map([[name, { name, values: async () => values }]]))).get(
      "main",
    );
    const before = bytesOf(fixtures + file);
    expect(result?.length).toBe(before.length);
    const changed = [...before].filter((byte, i) => (i < offset || i >= offset + size) && byte !== result?.[i]);
    expect(changed.length, file).toBeLessThanOrEqual(most);
    if (most > 0) expect(changed.length).toBeGreaterThan(0);
  }
});

describe("removed and renamed tensors", () => {
  const edit = (removed: string, from: string, to: string): Edit =>
    new Map([
      [removed, null],
      [from, { name: to, values: async () => Float32Array.from({ length: 24 }, (_, i) => -i) }],
    ]);

  test.each(["stored.npz", "deflated.npz"])("of %s", async (file) => {
    const before = await readAll(fixtures + file);
    const files = await written(fixtures + file, edit("double", "t", "a.new/name"));
    const after = await reread(files);
    expect([...after.keys()]).toEqual(["layer/kernel", "a.new/name"]);
    expect(after.get("layer/kernel")).toEqual(before.get("layer/kernel"));
    expect(after.get("a.new/name")).toEqual({
      ...before.get("t"),
      data: Float32Array.from({ length: 24 }, (_, i) => -i),
    });
    expect((await openCheckpoint(files.get("main") as Uint8Array)).skipped.map(({ name }) => name)).toEqual(["I64"]);
    expect(await wrongChecksums(files.get("main") as Uint8Array)).toEqual([]);
    const unpacked = before.get("layer/kernel")?.data.byteLength as number;
    if (file === "deflated.npz") expect((files.get("main") as Uint8Array).length).toBeLessThan(8 * unpacked + 1200);
  });

  test("of safetensors, integers among them, with the metadata and the order", async () => {
    const path = `${fixtures}floats.safetensors`;
    const { names, metadata } = await openCheckpoint(path);
    const before = await readAll(path);
    const files = await written(
      path,
      new Map([
        ["F64", null],
        ["I64", null],
        ["F32", { name: 'a "new" name' }],
      ]),
    );
    const result = await openCheckpoint(files.get("main") as Uint8Array);
    const expected = names
      .filter((name) => !/^[FI]64$/.test(name))
      .map((name) => (name === "F32" ? 'a "new" name' : name));
    expect(result.names).toEqual(expected);
    expect(result.metadata).toEqual(metadata);
    const after = await reread(files);
    expect(after.get('a "new" name')).toEqual(before.get("F32"));
    for (const name of ["F16", "BF16", "F8_E4M3", "F8_E5M2"]) expect(after.get(name)).toEqual(before.get(name));
    const [length] = new BigUint64Array((files.get("main") as Uint8Array).slice(0, 8).buffer);
    expect(Number(length) % 8).toBe(0);
  });

  test("of shards, with the index", async () => {
    const files = await written(
      `${fixtures}model.safetensors.index.json`,
      new Map([
        ["a.bias", null],
        ["b.weight", { name: "b.other" }],
      ]),
    );
    expect([...files.keys()].sort()).toEqual([
      "main",
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
    ]);
    expect(JSON.parse(Buffer.from(files.get("main") as Uint8Array).toString())).toEqual({
      metadata: { total_size: 80 },
      weight_map: {
        "a.weight": "model-00001-of-00002.safetensors",
        "b.other": "model-00002-of-00002.safetensors",
      },
    });
    expect([...(await reread(files)).keys()]).toEqual(["a.weight", "b.other"]);
  });

  test("of formats that cannot have it is an error that says what can", async () => {
    for (const [file, name] of [
      ["kinds.weights.h5", "layers/dense/vars/F32"],
      ["floats.onnx", "F32"],
      ["model.keras", "layers/dense/vars/0"],
      ["f4.npy", "f4"],
    ] as const) {
      await expect(written(fixtures + file, new Map([[name, null]]))).rejects.toMatchObject({
        code: "OPTION",
        message: expect.stringMatching(
          /: expected a format whose tensors can be removed and renamed, .* got \w+; write to a name that ends in \.safetensors instead$/,
        ),
      });
    }
  });

  test("two of one name are an error", async () => {
    const edit: Edit = new Map([["F32", { name: "F16" }]]);
    await expect(written(`${fixtures}floats.safetensors`, edit)).rejects.toMatchObject({
      code: "OPTION",
      message: expect.stringContaining('expected one tensor to be called "F16", got '),
    });
  });
});

describe("what cannot be replaced", () => {
  const values = async () => new Float32Array(16);

  test("numbers that are integers of variable length", async () => {
    const edit: Edit = new Map([["listed F16", { name: "listed F16", values }]]);
    await expect(written(`${fixtures}floats.onnx`, edit)).rejects.toMatchObject({
      code: "OPTION",
      message: expect.stringMatching(
        /tensor "listed F16" expected numbers that lie in the file as they are, .*\.safetensors/,
      ),
    });
  });

  test("bytes that another tensor has, too", async () => {
    const edit: Edit = new Map([["many/7", { name: "many/7", values: async () => Float64Array.of(1) }]]);
    await expect(written(`${fixtures}kinds.weights.h5`, edit)).rejects.toMatchObject({
      code: "OPTION",
      message: expect.stringContaining("expected tensors that share no bytes, or both to change alike"),
    });
    let asked = 0;
    const both = async () => {
      asked++;
      return Float64Array.of(-1);
    };
    const alike: Edit = new Map(["many/7", "other name"].map((name) => [name, { name, values: both }]));
    const after = await reread(await written(`${fixtures}kinds.weights.h5`, alike));
    expect(asked).toBe(1);
    for (const name of ["many/7", "other name"]) expect(after.get(name)?.data).toEqual(Float64Array.of(-1));
  });
});
