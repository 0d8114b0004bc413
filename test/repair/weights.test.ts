import * as fc from "fast-check";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { encode } from "../../ts/checkpoint/write/encode.js";
import { type FloatDtype, openCheckpoint } from "../../ts/checkpoint.js";
import { clipCheckpoint, normalizeCheckpoint } from "../../ts/repair.js";
import { float32, safetensors, type Written, zeros } from "../checkpoint/writer.js";
import { bytesOf, contentOf, examples, filesOf, fixtures, normOf, type Read, readAll } from "./support.js";

const engine = await load();
const dtypes = ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"] as const;
/** By how much rounding may change the norm of a few hundred entries. */
const unit: Readonly<Record<FloatDtype, number>> = {
  F64: 1e-6,
  F32: 2e-6,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  F8_E4M3: 2 ** -4,
  F8_E5M2: 2 ** -3,
};

function stored(dtype: FloatDtype, shape: readonly number[], values: readonly number[]): Written {
  const typed = dtype === "F64" ? Float64Array.from(values) : Float32Array.from(values);
  return { dtype, shape, bytes: encode(dtype, typed, "w") };
}

const waves = (count: number, factor = 1) => Array.from({ length: count }, (_, i) => factor * Math.sin(i * i + 1));

describe.each(dtypes)("%s", (dtype) => {
  const file = safetensors({
    bias: stored(dtype, [3], waves(3)),
    w: stored(dtype, [12, 20], waves(240, 3)),
    k: stored(dtype, [4, 3, 3, 3], waves(108, 0.01)),
    steps: { dtype: "I64", shape: [2], bytes: new Uint8Array(16).fill(7) },
  });

  test.each([1, 0.3])("every weight has the norm %f after normalizing, and told norms are true", async (target) => {
    const repaired = await normalizeCheckpoint(engine, file, { target });
    const [before, after] = [await readAll(file), await readAll(await contentOf(repaired))];
    expect(repaired.tensors.map(({ name }) => name)).toEqual(["w", "k"]);
    for (const { name, before: told, after: reached } of repaired.tensors) {
      const norm = normOf(engine, after.get(name) as Read);
      expect(Math.abs(norm / target - 1)).toBeLessThan(unit[dtype]);
      expect(Math.abs((reached as number) / norm - 1)).toBeLessThan(1e-6);
      expect(Math.abs((told as number) / normOf(engine, before.get(name) as Read) - 1)).toBeLessThan(1e-6);
    }
  });

  test("by proof no norm is above the target, as it is stored", async () => {
    for (const target of [1, 0.7]) {
      const repaired = await normalizeCheckpoint(engine, file, { target, certainty: "rigorous" });
      const after = await readAll(await contentOf(repaired));
      for (const { name, after: proved } of repaired.tensors) {
        const { data, shape } = after.get(name) as Read;
        const { upper } = engine.spectralNormBounds({ data, shape, axis: 0 });
        expect(upper).toBeLessThanOrEqual(target);
        expect(proved).toBe(upper);
        expect(upper).toBeGreaterThan(target * (1 - 2 * unit[dtype]));
      }
    }
  });

  test.each(["projection", "scale"] as const)("no norm is above the limit after clipping by %s", async (by) => {
    const options = { maxNorm: 2, by, certainty: "rigorous" } as const;
    const once = await contentOf(await clipCheckpoint(engine, file, options));
    const after = await readAll(once);
    for (const name of ["w", "k"]) expect(normOf(engine, after.get(name) as Read)).toBeLessThanOrEqual(2);
    // What is within the limit stays, bit by bit, and so does all the rest, the second time.
    expect(after.get("k")).toEqual((await readAll(file)).get("k"));
    expect(Buffer.compare(await contentOf(await clipCheckpoint(engine, once, options)), once)).toBe(0);
  });

  test("all but the weights is the same, byte by byte", async () => {
    const result = await contentOf(await normalizeCheckpoint(engine, file, { only: ({ name }) => name === "w" }));
    const { length } = file;
    const start = length - 16 - 108 * { F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 }[dtype];
    expect(result.length).toBe(length);
    expect(Buffer.compare(result.subarray(start), file.subarray(start))).toBe(0);
    const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(Buffer.compare(result.subarray(0, header), file.subarray(0, header))).toBe(0);
  });
});

test("normalizing and clipping by proof hold for matrices of any kind", async () => {
  const matrix = fc
    .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }) })
    .chain(({ rows, columns }) =>
      fc.record({
        shape: fc.constant([rows, columns] as const),
        values: fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), {
          minLength: rows * columns,
          maxLength: rows * columns,
        }),
        dtype: fc.constantFrom(...dtypes),
      }),
    );
  await fc.assert(
    fc.asyncProperty(matrix, async ({ shape, values, dtype }) => {
      const file = safetensors({ w: stored(dtype, shape, values) });
      for (const repaired of [
        await normalizeCheckpoint(engine, file, { certainty: "rigorous" }),
        await clipCheckpoint(engine, file, { maxNorm: 1, certainty: "rigorous" }),
      ]) {
        const { data } = (await readAll(await contentOf(repaired))).get("w") as Read;
        expect(engine.spectralNormBounds({ data, shape }).upper).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 150 },
  );
});

describe("in every format", () => {
  test.each([
    ["kinds.weights.h5", "layers/dense/vars/compact"],
    ["stored.npz", "t"],
    ["deflated.npz", "t"],
    ["floats.onnx", "listed F32"],
    ["fortran-3d.npy", "fortran-3d"],
    ["version-3.npy", "version-3"],
    ["model.keras", "layers/dense/vars/0"],
    ["sharded.weights.json", "layers/dense_1/vars/0"],
    ["floats.safetensors", "F16"],
  ])("%s", async (file, name) => {
    const path = fixtures + file;
    const values = (await readAll(path)).get(name)?.data ?? [];
    const isFine = [...values].every(Number.isFinite);
    const run = normalizeCheckpoint(engine, path, { only: (tensor) => tensor.name === name });
    if (!isFine) {
      await expect(run).rejects.toMatchObject({
        code: "NON_FINITE",
        message: expect.stringContaining(`${path}: tensor ${JSON.stringify(name)}: `),
      });
      return;
    }
    const repaired = await run;
    const files = await filesOf(repaired);
    const companion = (other: string) => files.get(other) as Uint8Array;
    const checkpoint = await openCheckpoint(files.get(file) as Uint8Array, { companion });
    const { data, shape } = await checkpoint.read(file.endsWith(".npy") ? "array" : name);
    expect(Math.abs(normOf(engine, { data, shape, dtype: "" }) - 1)).toBeLessThan(2 ** -8);
    expect(repaired.tensors).toMatchObject([{ name, from: name, note: null }]);
  });
});

test("singular values far below the limit do not keep those above it from being clipped", async () => {
  // Of 1 and 6e-8: a search for both cannot give the second one nine digits.
  const tiny = 2 ** -25;
  const file = safetensors({ w: stored("F64", [3, 3], [0, -1, -tiny, 0, tiny, 0, 0, tiny, 0]) });
  const repaired = await clipCheckpoint(engine, file, { maxNorm: 0.5 });
  const { data } = (await readAll(await contentOf(repaired))).get("w") as Read;
  expect(repaired.tensors[0]?.after).toBeCloseTo(0.5, 12);
  expect(data[1]).toBeCloseTo(-0.5, 12);
  expect(data[4]).toBeCloseTo(tiny / 2, 15);
});

describe("what is a weight", () => {
  test("vectors of spectral normalization are none, and its weights have a note", async () => {
    const path = `${examples}wgan-sn-critic.safetensors`;
    const { tensors, removed, omitted } = await normalizeCheckpoint(engine, path, { dryRun: true });
    expect(tensors).toHaveLength(4);
    for (const { note } of tensors) expect(note).toMatch(/bake first/);
    expect({ removed, omitted }).toEqual({ removed: [], omitted: [] });
    const keras = safetensors({ "sn/kernel": float32([2, 3], waves(6)), "sn/vector_u": float32([1, 3], [1, 0, 0]) });
    const named = (await normalizeCheckpoint(engine, keras, { axis: "last" })).tensors.map(({ name }) => name);
    expect(named).toEqual(["sn/kernel"]);
  });

  test("a weight of zeros stays", async () => {
    const file = safetensors({ w: float32([2, 2], [0, -0, 0, 0]) });
    for (const certainty of ["estimate", "rigorous"] as const) {
      const repaired = await normalizeCheckpoint(engine, file, { certainty });
      expect(repaired.tensors).toMatchObject([{ before: 0, after: 0 }]);
      expect(Buffer.compare(await contentOf(repaired), file)).toBe(0);
    }
  });

  test("kernels are read along the axis asked for", async () => {
    const file = safetensors({ k: float32([3, 2, 4], waves(24)) });
    for (const axis of [0, 1, "last"] as const) {
      const { data, shape } = (await readAll(await contentOf(await normalizeCheckpoint(engine, file, { axis })))).get(
        "k",
      ) as Read;
      expect(engine.spectralNorm({ data, shape, axis: axis === "last" ? -1 : axis })).toBeCloseTo(1, 5);
    }
  });
});

describe("nothing is written", () => {
  const nan = safetensors({ fine: float32([1, 2], [1, 2]), bad: float32([1, 2], [1, Number.NaN]) });

  test("of a weight that is not finite, which is named", async () => {
    for (const run of [() => normalizeCheckpoint(engine, nan), () => clipCheckpoint(engine, nan, { maxNorm: 1 })]) {
      await expect(run()).rejects.toMatchObject({
        code: "NON_FINITE",
        message: expect.stringMatching(/^the bytes: tensor "bad": /),
      });
    }
    const { tensors } = await normalizeCheckpoint(engine, nan, { only: ({ name }) => name !== "bad" });
    expect(tensors).toHaveLength(1);
  });

  test("where the norm would be beyond the type", async () => {
    const file = safetensors({ w: stored("F8_E4M3", [1, 1], [1]) });
    await expect(normalizeCheckpoint(engine, file, { target: 500 })).rejects.toMatchObject({
      code: "NON_FINITE",
      message: 'the bytes: tensor "w" expected numbers of at most 448, the largest of F8_E4M3, got 500 at index 0',
    });
  });

  test("without convergence", async () => {
    const file = safetensors({ w: float32([40, 40], waves(1600)) });
    await expect(normalizeCheckpoint(engine, file, { maxIterations: 1 })).rejects.toMatchObject({
      code: "CONVERGENCE",
      message: expect.stringContaining('tensor "w": '),
    });
  });

  test("of what is no checkpoint, or was stopped", async () => {
    await expect(normalizeCheckpoint(engine, Buffer.from("no"))).rejects.toMatchObject({ code: "FORMAT" });
    const controller = new AbortController();
    const stopped = normalizeCheckpoint(engine, `${examples}wgan-sn-critic.safetensors`, {
      signal: controller.signal,
      onTensor: (_, { index }) => index === 1 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  });
});

test("progress counts the tensors and their bytes", async () => {
  const told: string[] = [];
  const file = safetensors({
    a: stored("F16", [2, 2], waves(4)),
    b: stored("F64", [1, 2], waves(2)),
    c: zeros("U8", [2, 2], 4),
  });
  await normalizeCheckpoint(engine, file, {
    onTensor: ({ name }, { index, count, bytes, allBytes }) =>
      told.push(`${name} ${index} ${count} ${bytes} ${allBytes}`),
  });
  expect(told).toEqual(["a 0 2 0 32", "b 1 2 16 32"]);
});

describe("options that are wrong", () => {
  const file = bytesOf(`${examples}digits-classifier.safetensors`);
  const normalize = (options: object, given: unknown = engine) =>
    normalizeCheckpoint(given as never, file, options as never);
  const clip = (options: object) => clipCheckpoint(engine, file, options as never);

  test.each([
    [() => normalize({ targt: 1 }), "OPTION", '"options" has the unknown key "targt"'],
    [() => normalize({ target: 0 }), "OPTION", '"options.target" expected a finite number above 0, got 0'],
    [() => normalize({ target: "1" }), "TYPE", '"options.target" expected'],
    [
      () => normalize({ certainty: "sure" }),
      "OPTION",
      '"options.certainty" expected "estimate" or "rigorous", got "sure"',
    ],
    [() => normalize({ axis: 2 }), "OPTION", '"axis" expected 0 (PyTorch), 1 or "last"'],
    [() => normalize({ tolerance: -1 }), "OPTION", '"options.tolerance" expected'],
    [() => normalize({ only: "w" }), "TYPE", '"options.only" expected a function, got "w"'],
    [() => normalize({ onTensor: 1 }), "TYPE", '"options.onTensor" expected a function, got 1'],
    [() => normalize({ output: 1 }), "TYPE", '"options.output" expected a path, got 1'],
    [() => normalize({ output: "" }), "TYPE", '"options.output" expected a path, got ""'],
    [() => normalize({ format: "onnx" }), "OPTION", '"options.format" expected "safetensors" or "npz", got "onnx"'],
    [() => normalize({ overwrite: "all" }), "OPTION", '"options.overwrite" expected'],
    [() => normalize({ dryRun: 1 }), "TYPE", '"options.dryRun" expected true or false, got 1'],
    [() => normalize({ maxWhole: -1 }), "OPTION", '"maxWhole" expected'],
    [() => normalize({}, {}), "TYPE", '"engine" expected an engine, as load() gives it, got {}'],
    [() => normalize({}, null), "TYPE", '"engine" expected an engine, as load() gives it, got null'],
    [() => clip({}), "TYPE", '"options.maxNorm" expected a finite number above 0, got undefined'],
    [() => clip({ maxNorm: -1 }), "OPTION", '"options.maxNorm" expected a finite number above 0, got -1'],
    [() => clip({ maxNorm: 1, by: "hand" }), "OPTION", '"options.by" expected "projection" or "scale", got "hand"'],
    [() => clip({ maxNorm: 1, target: 1 }), "OPTION", '"options" has the unknown key "target"'],
  ])("%s is %s", async (run, code, message) => {
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
