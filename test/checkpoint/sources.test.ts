import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type ByteSource, type CheckpointOptions, type CheckpointSource, openCheckpoint } from "../../ts/checkpoint.js";
import { file, float32, float64, RecordingSource, safetensors } from "./writer.js";

const folder = mkdtempSync(join(tmpdir(), "sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = safetensors({ w: float32([2, 2], [3, 0, 0, 4]) });
const w = { data: Float32Array.of(3, 0, 0, 4), shape: [2, 2] };

function written(name: string, content: Uint8Array | string): string {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** The error with which a checkpoint is refused. */
async function refusal(source: unknown, options?: unknown): Promise<{ code: string; message: string }> {
  return await openCheckpoint(source as CheckpointSource, options as CheckpointOptions).then(
    () => Promise.reject(new Error("it was not refused")),
    (thrown) => thrown,
  );
}

test.each<[string, CheckpointSource, string]>([
  ["a path", written("w.safetensors", bytes), join(folder, "w.safetensors")],
  ["a file URL", pathToFileURL(join(folder, "w.safetensors")), String(pathToFileURL(join(folder, "w.safetensors")))],
  ["a Blob", new Blob([bytes]), "the Blob"],
  ["a File", new File([bytes], "dropped"), "dropped"],
  ["bytes", bytes, "the bytes"],
  ["a Buffer", Buffer.from(bytes), "the bytes"],
  ["an ArrayBuffer", bytes.buffer, "the bytes"],
  ["a source of one's own", new RecordingSource(bytes), "model.safetensors"],
])("%s", async (_, source, name) => {
  const checkpoint = await openCheckpoint(source);
  expect(checkpoint).toMatchObject({ name, tensors: [{ name: "w", dtype: "F32", shape: [2, 2] }], names: ["w"] });
  expect(await checkpoint.read("w")).toEqual(w);
  await checkpoint.close();
});

describe("a file", () => {
  test("that shrinks while it is read", async () => {
    const path = written("shrinking.safetensors", bytes);
    const checkpoint = await openCheckpoint(path);
    truncateSync(path, bytes.length - 5);
    const message = `${path}: expected 16 bytes from byte ${bytes.length - 16} on, got 11: the file was shortened`;
    await expect(checkpoint.read("w")).rejects.toMatchObject({ code: "FORMAT", message });
    await checkpoint.close();
  });

  test("is closed with the checkpoint, its shards too", async () => {
    const index = JSON.stringify({ weight_map: { w: "shards/w.safetensors" } });
    written("shards/w.safetensors", bytes);
    for (const source of [written("model.json", index), pathToFileURL(join(folder, "model.json"))]) {
      const checkpoint = await openCheckpoint(source);
      expect(await checkpoint.read("w")).toEqual(w);
      await checkpoint.close();
      await expect(checkpoint.read("w")).rejects.toThrow(/expected a file, but .*closed/);
      // Nothing is left to close.
      await checkpoint.close();
    }
  });

  test("is closed when it is refused", async () => {
    let isClosed = false;
    const source: ByteSource = {
      name: "text",
      size: 20,
      read: async (_, length) => new Uint8Array(length).fill(0x20),
      close: async () => {
        isClosed = true;
      },
    };
    expect(await refusal(source)).toMatchObject({ code: "FORMAT" });
    expect(isClosed).toBe(true);
  });

  test.each([
    ["no file", join(folder, "nothing"), /there is no such file$/],
    ["a folder", folder, /expected a file, got a directory$/],
    ["a device", "/dev/null", /expected a file, got a pipe or a device$/],
  ])("%s", async (_, path, message) => {
    expect(await refusal(path)).toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
  });
});

test("a source that gives less than it was asked for", async () => {
  const short: ByteSource = { name: "short", size: bytes.length, read: async () => bytes.subarray(0, 3) };
  expect((await refusal(short)).message).toBe("short: expected 16 bytes from byte 0 on, got 3: the file was shortened");
});

describe("another file that a checkpoint names", () => {
  const index = Buffer.from(JSON.stringify({ weight_map: { w: "a/b.safetensors" } }));

  test("comes from the option, once", async () => {
    const asked: string[] = [];
    const companion = (path: string) => {
      asked.push(path);
      return new Blob([bytes]);
    };
    expect(await (await openCheckpoint(index, { companion })).read("w")).toEqual(w);
    expect(asked).toEqual(["a/b.safetensors"]);
  });

  test("is missing beside bytes, and the message says what to do", async () => {
    const message =
      'the bytes: expected another file, "a/b.safetensors", got none: pass the option companion, which gives it';
    expect(await refusal(index)).toMatchObject({ code: "FORMAT", message });
  });
});

describe("what is wrong with arguments", () => {
  test.each([null, undefined, 7, {}, [1], new Float32Array(2), "https://", new URL("ftp://localhost/x")])(
    "source %s",
    async (source) => {
      expect(await refusal(source)).toMatchObject({
        code: "TYPE",
        message: expect.stringMatching(/^"source" expected a path, .*, got /),
      });
    },
  );

  test.each([
    [{ sliceBytes: 1 }, /^"options" expected the keys companion, .*, got "sliceBytes"$/],
    [null, /^"options" expected an object, got null$/],
    [{ companion: "x" }, /^"companion" expected a function, got "x"$/],
    [{ fetch: 1 }, /^"fetch" expected a function, got 1$/],
    [{ headers: { a: 1 } }, /^"headers" expected an object of strings, got { a }$/],
    [{ headers: null }, /^"headers" expected an object of strings, got null$/],
    [{ maxWhole: -1 }, /^"maxWhole" expected a non-negative integer of bytes, got -1$/],
    [{ maxWhole: 0.5 }, /^"maxWhole" expected a non-negative integer of bytes, got 0.5$/],
  ])("options %j", async (options, message) => {
    expect(await refusal(bytes, options)).toMatchObject({ code: "OPTION", message: expect.stringMatching(message) });
  });

  const open = () =>
    openCheckpoint(
      safetensors({
        w: float32([2, 2], [3, 0, 0, 4]),
        d: float64([1], [5]),
        i: { dtype: "I8", shape: [1], bytes: bytes.slice(0, 1) },
      }),
    );

  test.each([
    ["v", {}, "OPTION", '"name" expected that of a tensor of floats in the bytes, got "v"'],
    ["i", {}, "OPTION", '"name" expected that of a tensor of floats in the bytes, got "i", whose I8 is not read'],
    ["w", { bytes: 7 }, "OPTION", '"bytes" expected an integer of at least 8, got 7'],
    ["w", { size: 8 }, "OPTION", '"options" expected the keys into, bytes, got "size"'],
    ["w", { into: [] }, "OPTION", '"into" expected a function that gives an array, got []'],
    ["w", { into: () => [] }, "TYPE", '"into" expected to give a Float32Array, got []'],
    ["d", { into: () => new Float32Array(1) }, "TYPE", '"into" expected to give a Float64Array, got Float32Array(1)'],
    ["w", { into: () => new Float32Array(3) }, "SHAPE", '"into" expected to give an array of length 4, got 3'],
  ])("read(%j, %j)", async (name, options, code, message) => {
    await expect((await open()).read(name, options as object)).rejects.toMatchObject({ code, message });
  });

  test("blocks", async () => {
    const { blocks } = await open();
    await expect(blocks("v").next()).rejects.toMatchObject({ code: "OPTION" });
    const rejected = async (options: object, message: string) =>
      expect(blocks("w", options).next()).rejects.toThrow(message);
    await rejected({ size: 4 }, '"options" expected the keys bytes, into, skip, count, got "size"');
    await rejected({ skip: -1 }, '"skip" expected a non-negative integer of blocks, got -1');
    await rejected({ count: -1 }, '"count" expected a non-negative integer of blocks, got -1');
    await rejected({ count: "1" }, '"count" expected a non-negative integer of blocks, got "1"');
    await rejected({ skip: 0.5 }, '"skip" expected a non-negative integer of blocks, got 0.5');
    await rejected({ into: [] }, '"into" expected a function that gives an array, got []');
    await rejected({ into: () => new Float32Array(3) }, '"into" expected to give an array of length 4, got 3');
    await rejected({ into: () => new Float64Array(4) }, '"into" expected to give a Float32Array, got Float64Array(4)');
  });

  test("blocks fill an array of the caller's, told the shape of each, and pass over those that are not wanted", async () => {
    const { blocks } = await open();
    const shapes: (readonly number[])[] = [];
    const mine = new Float32Array(2);
    const into = (shape: readonly number[]) => {
      shapes.push(shape);
      return mine;
    };
    const seen: number[][] = [];
    for await (const { data, start } of blocks("w", { bytes: 8, into })) {
      expect(data).toBe(mine);
      seen.push([...start, ...data]);
    }
    expect(seen).toEqual([
      [0, 0, 3, 0],
      [1, 0, 0, 4],
    ]);
    expect(shapes).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect((await blocks("w", { bytes: 8, skip: 1 }).next()).value).toMatchObject({ start: [1, 0] });
    expect(await blocks("w", { bytes: 8, skip: 2 }).next()).toEqual({ done: true, value: undefined });
    const some = blocks("w", { bytes: 8, count: 1 });
    expect((await some.next()).value).toMatchObject({ start: [0, 0] });
    expect(await some.next()).toEqual({ done: true, value: undefined });
    expect(await blocks("w", { bytes: 8, count: 0 }).next()).toEqual({ done: true, value: undefined });
  });
});

test("a tensor larger than memory is read as blocks of rows, and only what was asked for", async () => {
  const [rows, columns] = [2 ** 24, 2 ** 16];
  const header = { w: { dtype: "F32", shape: [rows, columns], data_offsets: [0, 4 * rows * columns] } };
  const start = file(JSON.stringify(header));
  let longest = 0;
  const source: ByteSource = {
    name: "four terabytes",
    size: start.length + 4 * rows * columns,
    read: async (offset, length) => {
      longest = Math.max(longest, length);
      return offset + length <= start.length ? start.subarray(offset, offset + length) : new Uint8Array(length);
    },
  };
  const checkpoint = await openCheckpoint(source);
  await expect(checkpoint.read("w")).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  let next = 0;
  for await (const { start: at, shape, data } of checkpoint.blocks("w")) {
    expect(at).toEqual([next, 0]);
    expect(shape).toEqual([16, columns]);
    expect(data).toHaveLength(16 * columns);
    next += 16;
    if (next === 64) break;
  }
  expect(longest).toBe(2 ** 22);
  // A row that is larger than a block comes in parts.
  const { value } = await checkpoint.blocks("w", { bytes: 1000 }).next();
  expect(value).toMatchObject({ start: [0, 0], shape: [1, 250] });
});
