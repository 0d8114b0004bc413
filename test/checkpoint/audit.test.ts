import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit, isComplete } from "../../ts/checkpoint/audit.js";
import { bits16, file, float32, float64, RecordingSource, safetensors, type Written, zeros } from "./writer.js";

const engine = await load();

async function auditOf(tensors: Readonly<Record<string, Written>>, options?: AuditOptions) {
  return await audit(engine, new RecordingSource(safetensors(tensors)), options);
}

function relativeError(actual: number | null, expected: number): number {
  return Math.abs((actual ?? Number.NaN) / expected - 1);
}

interface Expected {
  readonly tensors: Readonly<
    Record<string, { shape: number[]; spectralNorm: number; frobeniusNorm: number; stableRank: number }>
  >;
  readonly operators: Readonly<Record<string, { torchSigma?: number; reshapedNormAxis0: number }>>;
}

const folder = fileURLToPath(new URL("../../examples/data/", import.meta.url));
const expectedFiles: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(`${folder}expected.json`, "utf8"));

describe.each(Object.entries(expectedFiles))("%s", (name, expected) => {
  const audited = audit(engine, `${folder}${name}`, { sliceBytes: 1000 });

  test("has the weights expected, all of them converged", async () => {
    const shapes = (await audited).tensors.map((row) => [row.name, row.shape]);
    const expectedShapes = Object.entries(expected.tensors).map(([weight, { shape }]) => [weight, shape]);
    expect(Object.fromEntries(shapes)).toEqual(Object.fromEntries(expectedShapes));
    expect(isComplete(await audited)).toBe(true);
  });

  test.each(Object.entries(expected.tensors))("%s to 1e-6", async (weight, truth) => {
    const row = (await audited).tensors.find((candidate) => candidate.name === weight);
    expect(relativeError(row?.spectralNorm ?? null, truth.spectralNorm)).toBeLessThan(1e-6);
    expect(relativeError(row?.frobeniusNorm ?? null, truth.frobeniusNorm)).toBeLessThan(1e-6);
    expect(relativeError(row?.stableRank ?? null, truth.stableRank)).toBeLessThan(1e-6);
  });
});

describe("spectral normalization of PyTorch", () => {
  const critic = "wgan-sn-critic.safetensors";
  const operators = Object.entries(expectedFiles[critic]?.operators ?? {});

  test.each(operators)(
    "%s: the stored σ is PyTorch's, and the norm in use is what remains",
    async (layer, { torchSigma, reshapedNormAxis0 }) => {
      const { tensors } = await audit(engine, folder + critic);
      const row = tensors.find(({ name }) => name === `${layer}.parametrizations.weight.original`);
      expect(relativeError(row?.storedSigma ?? null, torchSigma as number)).toBeLessThan(1e-6);
      expect(relativeError(row?.effectiveNorm ?? null, reshapedNormAxis0)).toBeLessThan(1e-6);
    },
  );

  const values = [1, 2, 3, 4, 5, 6];
  const parametrized = (prefix: string, shape: number[], u: Written, v: Written) => ({
    [`${prefix}parametrizations.weight.original`]: float32(shape, values),
    [`${prefix}parametrizations.weight.0._u`]: u,
    [`${prefix}parametrizations.weight.0._v`]: v,
  });
  const one = (length: number, at: number, make = float32) =>
    make(
      [length],
      Array.from({ length }, (_, i) => (i === at ? 2 : 0)),
    );

  test("of the root module, with vectors in types of their own", async () => {
    const v = bits16("BF16", [3], [0, 0, 0x4000]);
    const { tensors } = await auditOf(parametrized("", [2, 3], one(2, 1, float64), v));
    // 2·2·W[1][2]
    expect(tensors).toMatchObject([{ storedSigma: 24, axis: 0, note: null }]);
  });

  test("by the older forward hook", async () => {
    const tensors = { "a.weight_orig": float32([2, 3], values), "a.weight_u": one(2, 0), "a.weight_v": one(3, 1) };
    expect((await auditOf(tensors)).tensors).toMatchObject([{ name: "a.weight_orig", storedSigma: 8 }]);
  });

  test("of a transposed convolution, whose u tells the axis", async () => {
    // W[0][2][0] is row 2 of the matrix along axis 1, column 0; W[1][2][0] is column 1.
    const { tensors } = await auditOf(parametrized("up.", [2, 3, 1], one(3, 2), one(2, 1)));
    expect(tensors).toMatchObject([{ storedSigma: 24, axis: 1 }]);
    const matrix = [
      [1, 4],
      [2, 5],
      [3, 6],
    ];
    expect(relativeError(tensors[0]?.spectralNorm ?? null, engine.spectralNorm(matrix))).toBeLessThan(1e-6);
  });

  test("along the last axis, where u has an entry a column", async () => {
    const { tensors } = await auditOf(parametrized("", [1, 2, 3], one(3, 2), one(2, 1)), { axis: "last" });
    expect(tensors).toMatchObject([{ storedSigma: 24, axis: 2 }]);
  });

  test("a σ of 0 has no norm in use", async () => {
    const { tensors } = await auditOf(parametrized("", [2, 3], one(2, 9), one(3, 0)));
    expect(tensors).toMatchObject([{ storedSigma: 0, effectiveNorm: null }]);
  });

  test.each([
    ["of lengths that fit no axis", one(5, 0), one(3, 0), /have 5 and 3 entries, which fit no axis/],
    ["of integers", zeros("I32", [2], 8), one(3, 0), /are I32 and F32, not floats/],
    ["with NaN", float32([2], [Number.NaN, 0]), one(3, 0), /are not finite/],
  ])("vectors %s are noted", async (_, u, v, note) => {
    const { tensors } = await auditOf(parametrized("", [2, 3], u, v));
    expect(tensors).toMatchObject([
      { storedSigma: null, effectiveNorm: null, note: expect.stringMatching(note), error: null },
    ]);
  });

  test("without v there is none", async () => {
    const tensors = { weight_orig: float32([2, 3], values), weight_u: one(2, 0) };
    expect((await auditOf(tensors)).tensors).toMatchObject([{ storedSigma: null, note: null }]);
  });
});

describe("rows", () => {
  test("come in the order of the header, whatever the order of the data", async () => {
    const header = { b: [8, 12], a: [0, 4], c: [4, 8] };
    const entries = Object.entries(header).map(([name, offsets]) => [
      name,
      { dtype: "F32", shape: [1, 1], data_offsets: offsets },
    ]);
    const bytes = file(JSON.stringify(Object.fromEntries(entries)), float32([3], [1, 2, 3]).bytes);
    const { tensors } = await audit(engine, new RecordingSource(bytes));
    expect(tensors.map(({ name, spectralNorm }) => [name, spectralNorm])).toEqual([
      ["b", 3],
      ["a", 1],
      ["c", 2],
    ]);
  });

  test("what is skipped says why", async () => {
    const { tensors, skipped } = await auditOf({
      scalar: float32([], [1]),
      vector: float32([2], [1, 2]),
      empty: float32([0, 3], []),
      steps: zeros("I64", [2, 2], 32),
      mask: zeros("BOOL", [2, 2], 4),
      eighth: zeros("F8_E4M3FNUZ", [2, 2], 4),
      half: zeros("F4", [2, 2], 2),
      complex: zeros("C64", [1, 1], 8),
    });
    expect(tensors).toEqual([]);
    expect(skipped.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      "scalar: scalar",
      "vector: vector",
      "empty: empty",
      "steps: integer",
      "mask: integer",
      "eighth: unsupported",
      "half: unsupported",
      "complex: unsupported",
    ]);
  });

  test("NaN and infinity are errors of their rows only", async () => {
    const bad = [1, 2, 3, 4, Number.NaN, 6];
    const infinite = bits16("F16", [2, 2], [0, 0, 0x7c00, 0]);
    const result = await auditOf({ a: float32([2, 3], bad), b: infinite, c: float32([1, 2], [3, 4]) });
    expect(result.tensors).toMatchObject([
      {
        name: "a",
        spectralNorm: null,
        converged: null,
        error: { code: "NON_FINITE", message: expect.stringMatching(/NaN.*row 1.*column 1/) },
      },
      {
        name: "b",
        spectralNorm: null,
        error: { code: "NON_FINITE", message: expect.stringMatching(/row 1.*column 0/) },
      },
      { name: "c", spectralNorm: expect.closeTo(5), frobeniusNorm: expect.closeTo(5), error: null },
    ]);
    expect(isComplete(result)).toBe(false);
  });

  test("a zero weight has stable rank 0", async () => {
    const { tensors } = await auditOf({ w: float32([2, 2], [0, 0, 0, 0]) });
    expect(tensors).toMatchObject([{ spectralNorm: 0, frobeniusNorm: 0, stableRank: 0, converged: true }]);
  });

  test("no convergence is said, not thrown", async () => {
    const values = Array.from({ length: 400 }, (_, i) => Math.sin(i * i));
    const result = await auditOf({ w: float32([20, 20], values) }, { maxIterations: 1 });
    expect(result.tensors).toMatchObject([{ converged: false, iterations: 1, error: null }]);
    expect(isComplete(result)).toBe(false);
  });

  test("a weight too large for WebAssembly is an error of its row", async () => {
    const shape = [2 ** 16, 2 ** 15 + 1];
    const bytes = shape.reduce((product, size) => product * size, 4);
    const header = JSON.stringify({ w: { dtype: "F32", shape, data_offsets: [0, bytes] } });
    const start = file(header);
    const { tensors } = await audit(engine, new RecordingSource(start, start.length + bytes));
    expect(tensors).toMatchObject([{ spectralNorm: null, error: { code: "SHAPE" } }]);
  });

  test("axis 0, 1 and last read the same kernel as different matrices", async () => {
    const kernel = {
      w: float32(
        [2, 3, 2],
        Array.from({ length: 12 }, (_, i) => (i * 7) % 5),
      ),
    };
    for (const axis of [0, 1, "last"] as const) {
      const { tensors } = await auditOf(kernel, { axis });
      const data = Float64Array.from({ length: 12 }, (_, i) => (i * 7) % 5);
      const sigma = engine.spectralNorm({ data, shape: [2, 3, 2], axis: axis === "last" ? 2 : axis });
      expect(relativeError(tensors[0]?.spectralNorm ?? null, sigma)).toBeLessThan(1e-6);
    }
  });

  test("F64 is not rounded to float32", async () => {
    const { tensors } = await auditOf({ w: float64([1, 1], [1 + 2 ** -40]) });
    expect(tensors).toMatchObject([{ spectralNorm: 1 + 2 ** -40 }]);
  });
});

describe("options", () => {
  const source = () => new RecordingSource(safetensors({ w: float32([1, 1], [1]) }));
  test.each([
    [{ axis: 2 }, "OPTION", /"axis" expected 0 \(PyTorch\), 1 or "last"/],
    [{ axis: "0" }, "OPTION", /got "0"/],
    [{ tolerance: 0 }, "OPTION", /"options.tolerance" expected/],
    [{ tolerance: "x" }, "TYPE", /"options.tolerance" expected/],
    [{ maxIterations: 0 }, "OPTION", /"options.maxIterations" expected/],
    [{ seed: -1 }, "OPTION", /"options.seed" expected/],
    [{ sliceBytes: 7 }, "OPTION", /"sliceBytes" expected an integer of at least 8, got 7/],
    [{ tolerence: 1e-3 }, "OPTION", /unknown key "tolerence"/],
  ])("%j is refused before anything is read", async (options, code, message) => {
    const unread = source();
    const error = await audit(engine, unread, options as AuditOptions).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(unread.reads).toEqual([]);
  });

  test("the seed decides the start", async () => {
    const values = Array.from({ length: 400 }, (_, i) => Math.sin(i * i));
    const sigma = async (seed: number) =>
      (await auditOf({ w: float32([20, 20], values) }, { seed, maxIterations: 2 })).tensors[0]?.spectralNorm;
    expect(await sigma(1)).toBe(await sigma(1));
    expect(await sigma(1)).not.toBe(await sigma(2));
  });

  test("onWeight is told of each weight", async () => {
    const told: unknown[] = [];
    const onWeight: AuditOptions["onWeight"] = ({ name }, index, count) => told.push([name, index, count]);
    await auditOf({ a: float32([1, 1], [1]), b: float32([1], [1]), c: float32([1, 1], [1]) }, { onWeight });
    expect(told).toEqual([
      ["a", 0, 2],
      ["c", 1, 2],
    ]);
  });
});
