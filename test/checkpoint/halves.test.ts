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

const formats = [
  { dtype: "BF16", nan: 0x7fc0, infinity: 0xff80 },
  { dtype: "F16", nan: 0x7e00, infinity: 0xfc00 },
] as const;

async function rows(engine: typeof halving, file: Uint8Array<ArrayBuffer>, options: object) {
  const audit = await openAudit(engine, file, { operators, ...options });
  return Promise.all(audit.jobs.map((job) => audit.measure(job)));
}

describe.each(formats)("blocks of numbers of $dtype", ({ dtype, nan }) => {
  test.each([
    ["tall", [90, 20], 0],
    ["wide", [20, 90], 0],
    ["a kernel of Keras", [3, 5, 6, 20], "last"],
    ["a kernel of a transposed convolution", [30, 4, 3, 5], 1],
  ] as const)("are as they are in the file, and give the bits of those in float32: %s", async (_, shape, axis) => {
    const file = safetensors({ w: bits16(dtype, shape, bits(1800)) });
    for (const detail of [undefined, {}]) {
      for (const sliceBytes of [8, 90, 360]) {
        const options = { axis, detail, sliceBytes, memory: 0 };
        expect(await rows(halving, file, options)).toEqual(await rows(widening, file, options));
      }
    }
  });

  test("so do those of a large weight, which are searched in float32", async () => {
    const file = safetensors({ w: bits16(dtype, [2048, 2056], bits(2048 * 2056)) });
    const options = { memory: 2 ** 22 };
    const [row] = await rows(halving, file, options);
    expect(row).toMatchObject({ error: null, converged: true });
    expect(await rows(widening, file, options)).toEqual([row]);
  });

  test("what is not finite is told with its place", async () => {
    const wrong = bits(1800);
    wrong[1234] = nan;
    const file = safetensors({ w: bits16(dtype, [90, 20], wrong) });
    const [row] = await rows(halving, file, { memory: 0, sliceBytes: 80 });
    expect(row?.error).toMatchObject({
      code: "NON_FINITE",
      message: expect.stringContaining("NaN in row 61, column 14"),
    });
  });
});

describe.each(formats)("a large weight of $dtype", ({ dtype, infinity }) => {
  const shape = [8192, 512] as const;
  const count = 8192 * 512;
  const file = safetensors({ w: bits16(dtype, shape, bits(count)) });
  // The directions of the search for its norm are in float32.
  const bytes = 2 * count + 4 * 256 * 512;

  async function opened(engine: typeof halving, options: object) {
    const audit = await openAudit(engine, file, { operators, ...options });
    const [job] = audit.jobs as [(typeof audit.jobs)[number]];
    return { row: await audit.measure(job), shares: await audit.shares(job), room: audit.room(job) };
  }

  test("is in memory as it is in the file where two like it fit, and is not shared", async () => {
    const found = await opened(halving, { memory: 2 * bytes });
    expect(found).toMatchObject({ shares: 0, room: bytes, row: { note: null, error: null, converged: true } });
    // Else it is in float32.
    const { row, room } = await opened(halving, { memory: 2 * bytes - 1 });
    expect(room).toBeGreaterThan(4 * count);
    expect((row?.spectralNorm as number) / (found.row.spectralNorm as number)).toBeCloseTo(1, 12);
    expect((row?.frobeniusNorm as number) / (found.row.frobeniusNorm as number)).toBeCloseTo(1, 12);
  });

  test("has the bits of one in float32, which an engine without such weights makes of it", async () => {
    const found = await opened(halving, {});
    expect(found.shares).toBe(0);
    expect(await opened(widening, {})).toEqual(found);
    const { row } = await opened(halving, { detail: { values: 0 } });
    const { spectralNorm, frobeniusNorm, iterations } = found.row;
    expect(row).toMatchObject({ spectralNorm, frobeniusNorm, iterations });
  });

  test("says where it is not finite", async () => {
    const wrong = bits(count);
    wrong[512 * 700 + 3] = infinity;
    const broken = safetensors({ w: bits16(dtype, shape, wrong) });
    const [row] = await rows(halving, broken, {});
    expect(row?.error).toMatchObject({
      code: "NON_FINITE",
      message: expect.stringContaining("-Infinity in row 700, column 3"),
    });
    expect(await rows(widening, broken, {})).toEqual([row]);
  });
});

describe("a small weight", () => {
  const count = 1024 * 512;

  test.each([
    ["BF16", 2],
    ["F16", 4],
  ] as const)("of %s has %i bytes a number in memory", async (dtype, width) => {
    const file = safetensors({ w: bits16(dtype, [1024, 512], bits(count)) });
    const audit = await openAudit(halving, file, { operators });
    const [job] = audit.jobs as [(typeof audit.jobs)[number]];
    const least = width * count + 4 * 256 * 512;
    expect(audit.room(job)).toBeGreaterThanOrEqual(least);
    if (width === 2) expect(audit.room(job)).toBe(least);
    const row = await audit.measure(job);
    expect(await rows(widening, file, {})).toEqual([row]);
    expect(await rows(halving, file, { memory: 2 * least - 1 })).toEqual([row]);
  });
});

describe("blocks of a checkpoint", () => {
  test("give bits to those who bring an array for them, of 16 bits alone", async () => {
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
