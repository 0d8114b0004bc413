import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Checkpoint, openCheckpoint } from "../../ts/checkpoint.js";

interface Meant {
  readonly dtype: string;
  readonly shape: number[];
  /** Little-endian float32, float64 for F64, in base64. */
  readonly data: string;
}

interface Expected {
  readonly format: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, Meant>>;
  readonly skipped: Readonly<Record<string, { dtype: string; shape: number[]; reason: string }>>;
}

const folder = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));
const files: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(`${folder}expected.json`, "utf8"));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bitsOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array) =>
  hex(new Uint8Array(buffer, byteOffset, byteLength));

/** A tensor put together from its blocks, by their indices. */
async function fromBlocks(checkpoint: Checkpoint, name: string, shape: readonly number[], bytes: number) {
  const count = shape.reduce((product, size) => product * size, 1);
  const all: number[] = Array(count).fill(Number.NaN);
  let isDouble = false;
  for await (const block of checkpoint.blocks(name, { bytes })) {
    isDouble ||= block.data instanceof Float64Array;
    // Of whole bytes at least one element.
    expect(block.data.length).toBeLessThanOrEqual(bytes);
    for (const [i, value] of block.data.entries()) {
      let rest = i;
      let at = 0;
      let stride = 1;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const size = block.shape[axis] as number;
        at += ((block.start[axis] as number) + (rest % size)) * stride;
        rest = Math.floor(rest / size);
        stride *= shape[axis] as number;
      }
      all[at] = value;
    }
  }
  return isDouble ? Float64Array.from(all) : Float32Array.from(all);
}

describe.each(Object.entries(files))("%s", (file, expected) => {
  test("is what its libraries say, bit by bit", async () => {
    const checkpoint = await openCheckpoint(folder + file);
    try {
      expect(checkpoint).toMatchObject({ name: folder + file, format: expected.format, metadata: expected.metadata });
      const found = Object.fromEntries(checkpoint.tensors.map(({ name, ...rest }) => [name, rest]));
      const meant = Object.entries(expected.tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]);
      expect(found).toEqual(Object.fromEntries(meant));
      const skipped = Object.fromEntries(checkpoint.skipped.map(({ name, ...rest }) => [name, rest]));
      expect(skipped).toEqual(expected.skipped);
      expect([...checkpoint.names].sort()).toEqual([...Object.keys(found), ...Object.keys(skipped)].sort());
      for (const [name, { data, shape }] of Object.entries(expected.tensors)) {
        const read = await checkpoint.read(name);
        expect(read.shape).toEqual(shape);
        expect(bitsOf(read.data), name).toBe(Buffer.from(data, "base64").toString("hex"));
      }
    } finally {
      await checkpoint.close();
    }
  });

  test.each([8, 12, 20, 64, 1000])("comes in blocks of %i bytes", async (bytes) => {
    const checkpoint = await openCheckpoint(folder + file);
    for (const { name, shape } of checkpoint.tensors) {
      const whole = (await checkpoint.read(name)).data;
      expect(await fromBlocks(checkpoint, name, shape, bytes), name).toEqual(whole);
      expect((await checkpoint.read(name, { bytes })).data, name).toEqual(whole);
    }
    await checkpoint.close();
  });
});
