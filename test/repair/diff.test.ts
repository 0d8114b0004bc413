import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { diffCheckpoints } from "../../ts/repair.js";
import { bits16, float32, float64, safetensors } from "../checkpoint/writer.js";
import { examples, fixtures, type Read, readAll } from "./support.js";

const engine = await load();

describe("a checkpoint and itself", () => {
  test.each(["wgan-sn-critic.safetensors", "digits-classifier-bf16.safetensors"])("%s differ by 0", async (file) => {
    const diff = await diffCheckpoints(engine, examples + file, examples + file);
    expect(diff.tensors.length).toBeGreaterThan(10);
    for (const row of diff.tensors) {
      expect(row).toMatchObject({ spectralNorm: 0, frobeniusNorm: 0, relative: 0, spectralShare: 0, energyShare: 0 });
      expect(row.reference).toBeGreaterThan(0);
    }
    expect(diff).toMatchObject({ frobeniusNorm: 0, onlyInFirst: [], onlyInSecond: [], mismatched: [] });
  });

  test("even in another format", async () => {
    const only = ({ name }: { readonly name: string }) => name === "t";
    const diff = await diffCheckpoints(engine, `${fixtures}stored.npz`, `${fixtures}deflated.npz`, { only });
    expect(diff.tensors).toMatchObject([{ name: "t", relative: 0, error: null }]);
    expect(diff.skipped).toEqual(["I64"]);
  });
});

test("quantization: norms by the definition, shares of the sums", async () => {
  const [first, second] = [`${examples}digits-classifier.safetensors`, `${examples}digits-classifier-f16.safetensors`];
  const { tensors, frobeniusNorm, files } = await diffCheckpoints(engine, first, second);
  expect(files).toEqual([first, second]);
  const [a, b] = [await readAll(first), await readAll(second)];
  const norms = tensors.map(({ name, shape }) => {
    const [one, other] = [a.get(name) as Read, b.get(name) as Read];
    const data = Float64Array.from(one.data, (entry, i) => entry - (other.data[i] ?? Number.NaN));
    const weight = shape.length < 2 ? { data, shape: [1, data.length] } : { data, shape, axis: 0 };
    return {
      spectral: engine.spectralNorm(weight),
      frobenius: Math.sqrt(data.reduce((sum, entry) => sum + entry * entry, 0)),
    };
  });
  const sum = norms.reduce((total, { spectral }) => total + spectral, 0);
  const energy = norms.reduce((total, { frobenius }) => total + frobenius ** 2, 0);
  for (const [i, row] of tensors.entries()) {
    const { spectral, frobenius } = norms[i] as { spectral: number; frobenius: number };
    expect(row.dtypes).toEqual(["F32", "F16"]);
    expect((row.spectralNorm as number) / spectral).toBeCloseTo(1, 5);
    expect((row.frobeniusNorm as number) / frobenius).toBeCloseTo(1, 6);
    expect(row.relative).toBeCloseTo((row.spectralNorm as number) / (row.reference as number), 12);
    expect(row.spectralShare).toBeCloseTo(spectral / sum, 5);
    expect(row.energyShare).toBeCloseTo(frobenius ** 2 / energy, 5);
  }
  expect(frobeniusNorm / Math.sqrt(energy)).toBeCloseTo(1, 6);
  const total = (key: "spectralShare" | "energyShare") => tensors.reduce((all, row) => all + (row[key] ?? 0), 0);
  expect([total("spectralShare"), total("energyShare")]).toEqual([expect.closeTo(1, 12), expect.closeTo(1, 12)]);
});

test("the difference is that of the numbers, in double precision where one is", async () => {
  const first = safetensors({ w: float64([1, 2], [1 + 2 ** -40, 2]), v: float32([2], [3, 4]), s: float32([], [2]) });
  const second = safetensors({ w: float32([1, 2], [1, 2]), v: float32([2], [0, 0]), s: float32([], [2.5]) });
  const { tensors } = await diffCheckpoints(engine, first, second);
  expect(tensors).toMatchObject([
    { name: "w", spectralNorm: 2 ** -40, dtypes: ["F64", "F32"] },
    { name: "v", spectralNorm: 5, relative: 1, shape: [2] },
    { name: "s", spectralNorm: 0.5, relative: 0.25, shape: [] },
  ]);
});

test("what cannot be compared is told, each in its way", async () => {
  const count = { dtype: "I32", shape: [1], bytes: new Uint8Array(4) };
  const first = safetensors({
    gone: float32([1], [1]),
    shape: float32([1, 2], [1, 2]),
    type: float32([1], [1]),
    count,
    nan: bits16("F16", [1, 2], [0x7e00, 0]),
    zero: float32([1, 2], [0, 0]),
    empty: float32([0, 2], []),
  });
  const second = safetensors({
    zero: float32([1, 2], [0, 1]),
    nan: float32([1, 2], [0, 0]),
    count,
    type: { ...count, dtype: "I32" },
    shape: float32([2, 1], [1, 2]),
    empty: float32([0, 2], []),
    added: float32([1], [1]),
  });
  const diff = await diffCheckpoints(engine, first, second);
  expect(diff).toMatchObject({
    onlyInFirst: ["gone"],
    onlyInSecond: ["added"],
    mismatched: [
      { name: "shape", reason: "shape 1×2 and 2×1" },
      { name: "type", reason: "type F32 and I32" },
    ],
    skipped: ["count"],
    frobeniusNorm: 1,
  });
  expect(diff.tensors).toMatchObject([
    { name: "nan", spectralNorm: null, error: { code: "NON_FINITE" } },
    { name: "zero", spectralNorm: 1, relative: null, reference: 0, spectralShare: 1, energyShare: 1 },
    { name: "empty", spectralNorm: 0, relative: 0 },
  ]);
});

test("what is wrong is an error", async () => {
  const file = safetensors({ w: float32([1], [1]) });
  const run = (options: object, one: unknown = file, other: unknown = file) =>
    diffCheckpoints(engine, one as never, other as never, options as never);
  await expect(run({ output: "x" })).rejects.toMatchObject({ code: "OPTION" });
  await expect(run({ only: 1 })).rejects.toMatchObject({ code: "TYPE" });
  await expect(run({ axis: 3 })).rejects.toMatchObject({ code: "OPTION" });
  await expect(run({}, new Uint8Array(3))).rejects.toMatchObject({ code: "FORMAT" });
  await expect(run({}, file, `${fixtures}none.safetensors`)).rejects.toMatchObject({ code: "FORMAT" });
  await expect(diffCheckpoints(null as never, file, file)).rejects.toMatchObject({ code: "TYPE" });
  const stopped = AbortSignal.abort();
  await expect(run({ signal: stopped })).rejects.toMatchObject({ name: "AbortError" });
});
