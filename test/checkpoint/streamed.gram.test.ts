import * as fc from "fast-check";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit } from "../../ts/checkpoint/audit.js";
import type { AuditedTensor, Axis } from "../../ts/checkpoint/weight.js";
import type { CheckpointSource } from "../../ts/checkpoint.js";
import { operators } from "./operators.js";
import { bits16, float32, float64, safetensors, type Written } from "./writer.js";

const engine = await load();

/** The memory in which G of this side may be. */
const memoryFor = (side: number) => 40 * side * side;

async function rowOf(source: CheckpointSource, options: AuditOptions): Promise<AuditedTensor> {
  const { tensors } = await audit(engine, source, { operators, ...options });
  return tensors[0] as AuditedTensor;
}

const waves = (count: number, factor = 1) => Array.from({ length: count }, (_, i) => factor * Math.sin(i * i + 1));

/** NumPy's file of a matrix whose first index runs fastest. */
function fortran([rows, columns]: readonly [number, number], values: readonly number[]): Uint8Array {
  const dictionary = `{'descr': '<f8', 'fortran_order': True, 'shape': (${rows}, ${columns}), }`;
  const header = `${dictionary.padEnd(117)}\n`;
  const data = new Uint8Array(Float64Array.from(values).buffer);
  return new Uint8Array(
    Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]), Buffer.from(header), data]),
  );
}

const files: Readonly<Record<string, { file: Uint8Array; side: number; axis?: Axis }>> = {
  float32: { file: safetensors({ w: float32([600, 20], waves(12_000)) }), side: 20 },
  float64: { file: safetensors({ w: float64([500, 12], waves(6000, 1e40)) }), side: 12 },
  bfloat16: {
    file: safetensors({
      w: bits16(
        "BF16",
        [700, 10],
        Array.from({ length: 7000 }, (_, i) => 0x3f00 + ((i * 7919) % 251)),
      ),
    }),
    side: 10,
  },
  float16: {
    file: safetensors({
      w: bits16(
        "F16",
        [700, 10],
        Array.from({ length: 7000 }, (_, i) => (i * 7919) % 0x7800),
      ),
    }),
    side: 10,
  },
  "a kernel of Keras": { file: safetensors({ w: float32([5, 5, 30, 16], waves(12_000)) }), side: 16, axis: "last" },
  "whole columns": { file: fortran([16, 2400], waves(38_400)), side: 16 },
};

describe.each(Object.entries(files))("of %s that stays in its file", (_, { file, side, axis = 0 }) => {
  test.each([200, 5000, 2 ** 22])(
    "a narrow interval and singular values, by blocks of %i bytes",
    async (sliceBytes) => {
      const options: AuditOptions = { axis, sliceBytes, detail: { certainty: "rigorous" } };
      const resident = await rowOf(file, options);
      const streamed = await rowOf(file, { ...options, memory: memoryFor(side) });
      expect(resident.note).toBeNull();
      expect(streamed.note).toMatch(/stayed in its file/);
      expect(streamed).toMatchObject({ certainty: "rigorous", error: null });
      const [lower, upper] = [streamed.lower as number, streamed.upper as number];
      expect(lower).toBeLessThanOrEqual(resident.upper as number);
      expect(upper).toBeGreaterThanOrEqual(resident.lower as number);
      expect(upper / lower - 1).toBeLessThan(1e-8);
      expect(lower).toBeLessThanOrEqual((streamed.spectralNorm as number) * (1 + 1e-12));
      expect(streamed.singularValues).toHaveLength(5);
      for (const [index, value] of (streamed.singularValues ?? []).entries()) {
        expect(Math.abs(value / (resident.singularValues?.[index] as number) - 1)).toBeLessThan(1e-6);
      }
    },
  );
});

test("the interval holds the norm of any matrix", async () => {
  const matrix = fc
    .record({ side: fc.integer({ min: 1, max: 5 }), more: fc.integer({ min: 20, max: 40 }) })
    .chain(({ side, more }) => {
      const count = side * side * more;
      return fc.record({
        side: fc.constant(side),
        values: fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: count, maxLength: count }),
      });
    });
  await fc.assert(
    fc.asyncProperty(matrix, async ({ side, values }) => {
      const file = safetensors({ w: float32([values.length / side, side], values) });
      const options: AuditOptions = { detail: { certainty: "rigorous", values: 1 }, sliceBytes: 64 };
      const resident = await rowOf(file, options);
      const { lower, upper, certainty, note } = await rowOf(file, { ...options, memory: memoryFor(side) });
      expect({ certainty, note }).toEqual({ certainty: "rigorous", note: expect.stringMatching(/stayed/) });
      expect(lower).toBeLessThanOrEqual(resident.upper as number);
      expect(upper).toBeGreaterThanOrEqual(resident.lower as number);
    }),
    { numRuns: 100 },
  );
});

describe("singular values", () => {
  const ones = (rows: number, side: number) =>
    Array.from({ length: rows * side }, (_, i) => (i % (side + 1) === 0 && i < side * side ? 3 : 0));

  test("come as often as they are, and the interval with them", async () => {
    const file = safetensors({ w: float32([400, 8], ones(400, 8)) });
    const row = await rowOf(file, { detail: { values: 4 }, memory: memoryFor(8) });
    expect(row.certainty).toBe("rigorous");
    expect(row.singularValues).toHaveLength(4);
    for (const value of row.singularValues ?? []) expect(value).toBeCloseTo(3, 12);
  });

  test("that squares do not tell are not made up", async () => {
    const values = ones(400, 3).map((value, i) => (i === 4 ? 1e-7 : i === 8 ? 0 : value));
    const file = safetensors({ w: float32([400, 3], values) });
    const row = await rowOf(file, { detail: { values: 2 }, memory: memoryFor(3) });
    expect(row).toMatchObject({ singularValues: null, certainty: "rigorous", error: null });
    expect((await rowOf(file, { detail: { values: 1 }, memory: memoryFor(3) })).singularValues).toEqual([
      expect.closeTo(3, 12),
    ]);
  });
});

describe("nothing more than a wide interval", () => {
  const wide: Written = float32([20, 600], waves(12_000));
  test.each<[string, Written, AuditOptions]>([
    ["where nothing more is asked for", float32([600, 20], waves(12_000)), { detail: {}, memory: memoryFor(20) }],
    ["without values", float32([600, 20], waves(12_000)), { detail: { values: 0 }, memory: memoryFor(20) }],
    ["where the file has rows and the matrix is wide", wide, { detail: { values: 3 }, memory: memoryFor(20) }],
    [
      "where there is too little memory",
      float32([600, 20], waves(12_000)),
      { detail: { values: 3 }, memory: memoryFor(20) - 1 },
    ],
    [
      "of numbers whose squares are out of range",
      float64([600, 20], waves(12_000, 1e200)),
      { detail: { values: 3 }, memory: memoryFor(20) },
    ],
  ])("%s", async (_, tensor, options) => {
    const row = await rowOf(safetensors({ w: tensor }), options);
    expect(row).toMatchObject({ certainty: "cheap", singularValues: null, error: null, converged: true });
    const resident = await rowOf(safetensors({ w: tensor }), { detail: { certainty: "rigorous" } });
    expect(row.lower).toBeLessThanOrEqual(resident.upper as number);
    expect(row.upper).toBeGreaterThanOrEqual(resident.lower as number);
  });
});
