import * as fc from "fast-check";
import { dominantTriplet, load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { encode } from "../../ts/checkpoint/write/encode.js";
import type { FloatDtype } from "../../ts/checkpoint.js";
import { clipCheckpoint, normalizeCheckpoint } from "../../ts/repair.js";
import { float32, safetensors, type Written } from "../checkpoint/writer.js";
import { contentOf, filesOf, fixtures, normOf, type Read, readAll } from "./support.js";

const engine = await load();
/** Nothing may be in memory. */
const streaming = { memory: 0, dominantTriplet };
const dtypes = ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"] as const;

function stored(dtype: FloatDtype, shape: readonly number[], values: readonly number[]): Written {
  const typed = dtype === "F64" ? Float64Array.from(values) : Float32Array.from(values);
  return { dtype, shape, bytes: encode(dtype, typed, "w") };
}

const waves = (count: number, factor = 1) => Array.from({ length: count }, (_, i) => factor * Math.sin(i * i + 1));

describe.each(dtypes)("a weight of %s that is larger than memory", (dtype) => {
  const file = safetensors({
    bias: stored(dtype, [3], waves(3)),
    w: stored(dtype, [120, 70], waves(8400)),
    k: stored(dtype, [6, 4, 3, 3], waves(216, 0.01)),
    steps: { dtype: "I64", shape: [2], bytes: new Uint8Array(16).fill(7) },
  });

  test.each([1, 0.3])("is normalized to %f as one in memory is", async (target) => {
    const streamed = await normalizeCheckpoint(engine, file, { target, ...streaming });
    const usual = await normalizeCheckpoint(engine, file, { target });
    expect(streamed.tensors.map(({ name }) => name)).toEqual(["w", "k"]);
    const [after, same] = [await readAll(await contentOf(streamed)), await readAll(await contentOf(usual))];
    for (const [index, { name, before, after: told }] of streamed.tensors.entries()) {
      const row = usual.tensors[index];
      expect(Math.abs((before as number) / (row?.before as number) - 1)).toBeLessThan(1e-6);
      expect(Math.abs((told as number) / normOf(engine, after.get(name) as Read) - 1)).toBeLessThan(1e-6);
      // Norms differ in their last bits, and numbers beside the middle of two by rounding.
      const { data } = after.get(name) as Read;
      const differing = data.filter((entry, i) => Math.abs(entry / ((same.get(name) as Read).data[i] ?? 0) - 1) > 2e-6);
      expect(differing.length).toBeLessThan(data.length / 100);
    }
    expect(after.get("bias")).toEqual((await readAll(file)).get("bias"));
  });

  test("stays, bit by bit, where it is within the limit, and is divided where it is not", async () => {
    const options = { maxNorm: 2, by: "scale", ...streaming } as const;
    const once = await clipCheckpoint(engine, file, options);
    const [before, after] = [await readAll(file), await readAll(await contentOf(once))];
    expect(after.get("k")).toEqual(before.get("k"));
    const [w] = once.tensors;
    expect(w?.before).toBeGreaterThan(2);
    expect(Math.abs((w?.after as number) / 2 - 1)).toBeLessThan(2 ** -3);
    // A projection that has nothing to do is none.
    const projected = await clipCheckpoint(engine, file, { maxNorm: 1e3, ...streaming });
    expect(Buffer.compare(await contentOf(projected), file)).toBe(0);
    expect(projected.tensors.map(({ after: told }) => told)).toEqual(once.tensors.map(({ before: told }) => told));
  });
});

test("divided weights of any size and norm have the norm that was asked for", async () => {
  const matrix = fc
    .record({ rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 9 }) })
    .chain(({ rows, columns }) =>
      fc.record({
        shape: fc.constant([rows, columns] as const),
        scale: fc.integer({ min: -300, max: 300 }),
        values: fc.array(fc.double({ noNaN: true, min: -100, max: 100 }), {
          minLength: rows * columns,
          maxLength: rows * columns,
        }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(matrix, async ({ shape, scale, values }) => {
      const entries = values.map((value) => (Math.abs(value) < 1e-3 ? 0 : value) * 10 ** scale);
      const file = safetensors({ w: stored("F64", shape, entries) });
      const repaired = await normalizeCheckpoint(engine, file, { target: 3, ...streaming });
      const { tensors } = repaired;
      const { data } = (await readAll(await contentOf(repaired))).get("w") as Read;
      const isZero = entries.every((entry) => entry === 0);
      const norm = engine.spectralNorm({ data, shape });
      if (isZero) expect(norm).toBe(0);
      else expect(Math.abs(norm / 3 - 1)).toBeLessThan(1e-5);
      expect(tensors[0]?.after).toBeCloseTo(isZero ? 0 : 3, 4);
    }),
    { numRuns: 150 },
  );
});

describe.each([
  ["stored.npz", "t"],
  ["deflated.npz", "t"],
  ["fortran-3d.npy", "fortran-3d"],
  ["version-3.npy", "version-3"],
  ["kinds.weights.h5", "layers/dense/vars/compact"],
  ["sharded.weights.json", "layers/dense_1/vars/0"],
])("of %s", (file, name) => {
  const path = fixtures + file;
  const only = (tensor: { readonly name: string }) => tensor.name === name;

  test("the result is that of one in memory", async () => {
    const [streamed, usual] = await Promise.all(
      [streaming, {}].map(async (options) => filesOf(await normalizeCheckpoint(engine, path, { only, ...options }))),
    );
    expect([...(streamed?.keys() ?? [])]).toEqual([...(usual?.keys() ?? [])]);
    const read = async (files: ReadonlyMap<string, Uint8Array>) =>
      (await readAll(files.get(file) as Uint8Array, { companion: (other) => files.get(other) as Uint8Array })).values();
    const [all, same] = [[...(await read(streamed as never))], [...(await read(usual as never))]];
    for (const [index, { data, ...rest }] of all.entries()) {
      const other = same[index] as Read;
      expect(rest).toEqual({ dtype: other.dtype, shape: other.shape });
      for (const [i, entry] of data.entries()) {
        const value = other.data[i] as number;
        if (Number.isFinite(value)) expect(entry).toBeCloseTo(value, 6);
        else expect(entry).toBe(value);
      }
    }
  });

  test.each(["safetensors", "npz"] as const)("as %s it has the same numbers", async (format) => {
    const [streamed, own] = await Promise.all(
      [{ format }, {}].map(async (options) =>
        filesOf(await normalizeCheckpoint(engine, path, { only, ...streaming, ...options })),
      ),
    );
    const [content] = (streamed as ReadonlyMap<string, Uint8Array>).values();
    const files = own as ReadonlyMap<string, Uint8Array>;
    const after = (await readAll(content as Uint8Array)).get(name) as Read;
    const same = await readAll(files.get(file) as Uint8Array, { companion: (other) => files.get(other) as Uint8Array });
    const { data, shape } = (same.get(name) ?? same.get("array")) as Read;
    expect({ shape: after.shape, data: [...after.data] }).toEqual({ shape, data: [...data] });
  });
});

describe("what a weight that is larger than memory cannot have", () => {
  const file = safetensors({ w: float32([20, 30], waves(600)) });

  test.each([
    [
      "a proof",
      () => normalizeCheckpoint(engine, file, { certainty: "rigorous", ...streaming }),
      /MB for a proof, got 0 MB/,
    ],
    [
      "a projection",
      () => clipCheckpoint(engine, file, { maxNorm: 1, ...streaming }),
      /MB for a projection, got 0 MB.*"scale"$/,
    ],
  ])("%s, which is said, and nothing is written", async (_, run, message) => {
    const running = run();
    await expect(running).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
    await expect(running).rejects.toThrow(message);
  });

  test("a norm that was not found", async () => {
    const run = normalizeCheckpoint(engine, file, { maxIterations: 2, tolerance: 1e-12, ...streaming });
    await expect(run).rejects.toMatchObject({
      code: "CONVERGENCE",
      message: expect.stringMatching(/^the bytes: tensor "w": /),
    });
  });

  test("numbers that are not finite, or become too large for their type", async () => {
    const nan = safetensors({ w: float32([1, 2], [1, Number.NaN]) });
    await expect(normalizeCheckpoint(engine, nan, streaming)).rejects.toMatchObject({
      code: "NON_FINITE",
      message: expect.stringMatching(/^the bytes: tensor "w": /),
    });
    const small = safetensors({ w: stored("F8_E4M3", [2, 2], [1, 0, 0, 1]) });
    const large = normalizeCheckpoint(engine, small, { target: 1000, ...streaming });
    await expect(large).rejects.toThrow(/expected numbers of at most 448, the largest of F8_E4M3, got 1000 at index 0/);
  });

  test("without the search that waits it is in memory, whatever is allowed", async () => {
    const usual = await contentOf(await normalizeCheckpoint(engine, file));
    expect(Buffer.compare(await contentOf(await normalizeCheckpoint(engine, file, { memory: 0 })), usual)).toBe(0);
  });

  test.each([
    [{ memory: -1 }, "OPTION"],
    [{ memory: "much" }, "OPTION"],
    [{ dominantTriplet: 1 }, "TYPE"],
  ])("%o", async (options, code) => {
    await expect(normalizeCheckpoint(engine, file, options as never)).rejects.toMatchObject({ code });
  });
});

test("tensors that are converted and not changed are read in pieces, too", async () => {
  const values = waves(3000);
  const file = safetensors({ w: stored("BF16", [60, 50], values), v: stored("F8_E5M2", [7], waves(7)) });
  const all = await contentOf(await normalizeCheckpoint(engine, file, { format: "npz", only: () => false }));
  const [after, before] = [await readAll(all), await readAll(file)];
  for (const [name, { data }] of before) expect(after.get(name)?.data).toEqual(data);
});
