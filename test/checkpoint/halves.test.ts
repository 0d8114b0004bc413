import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { openAudit } from "../../ts/checkpoint/audit.js";
import { openCheckpoint } from "../../ts/checkpoint/open.js";
import { freshMain } from "../engine/fresh.js";
import { operators } from "./operators.js";
import { bits16, float32, safetensors } from "./writer.js";

// The entry that carries its module has no weights in half of the bytes: there blocks are in float32.
const [halving, widening] = [await load(), await (await freshMain()).load()];

/** Bits of finite numbers, some of them zero, subnormal or negative. */
const bits = (count: number) =>
  Array.from({ length: count }, (_, at) => (at % 97 === 0 ? at % 128 : (Math.imul(at, 40503) & 0x81ff) | 0x3c00));

async function rows(engine: typeof halving, file: Uint8Array<ArrayBuffer>, options: object) {
  const audit = await openAudit(engine, file, { operators, ...options });
  return Promise.all(audit.jobs.map((job) => audit.measure(job)));
}

describe("blocks of bfloat16 numbers", () => {
  test.each([
    ["tall", [90, 20], 0],
    ["wide", [20, 90], 0],
    ["a kernel of Keras", [3, 5, 6, 20], "last"],
    ["a kernel of a transposed convolution", [30, 4, 3, 5], 1],
  ] as const)("are as they are in the file, and give the bits of those in float32: %s", async (_, shape, axis) => {
    const file = safetensors({ w: bits16("BF16", shape, bits(1800)) });
    for (const detail of [undefined, {}]) {
      for (const sliceBytes of [8, 90, 360]) {
        const options = { axis, detail, sliceBytes, memory: 0 };
        expect(await rows(halving, file, options)).toEqual(await rows(widening, file, options));
      }
    }
  });

  test("so do those of a large weight, which are searched in float32", async () => {
    const file = safetensors({ w: bits16("BF16", [2048, 2056], bits(2048 * 2056)) });
    const [row] = await rows(halving, file, {});
    expect(row).toMatchObject({ error: null, converged: true });
    expect(await rows(widening, file, {})).toEqual([row]);
  });

  test("what is not finite is told with its place", async () => {
    const wrong = bits(1800);
    wrong[1234] = 0x7fc0;
    const file = safetensors({ w: bits16("BF16", [90, 20], wrong) });
    const [row] = await rows(halving, file, { memory: 0, sliceBytes: 80 });
    expect(row?.error).toMatchObject({
      code: "NON_FINITE",
      message: expect.stringContaining("NaN in row 61, column 14"),
    });
  });
});

describe("blocks of a checkpoint", () => {
  test("give bits to those who bring an array for them, of bfloat16 alone", async () => {
    const own = bits(12);
    const file = safetensors({ half: bits16("BF16", [3, 4], own), whole: float32([1, 1], [1]) });
    const checkpoint = await openCheckpoint(file);
    const into = (shape: readonly number[]) => new Uint16Array(shape.reduce((product, side) => product * side, 1));
    const seen: number[] = [];
    for await (const { data } of checkpoint.blocks("half", { into, bytes: 8 })) {
      expect(data).toBeInstanceOf(Uint16Array);
      seen.push(...data);
    }
    expect(seen).toEqual(own);
    await expect(checkpoint.blocks("whole", { into }).next()).rejects.toMatchObject({
      code: "TYPE",
      message: '"into" expected to give a Float32Array, got Uint16Array(1)',
    });
    await checkpoint.close();
  });
});
