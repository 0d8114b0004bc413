import { readFileSync } from "node:fs";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { audit } from "../../ts/checkpoint/audit.js";
import { float32, float64, RecordingSource, safetensors, type Written, zeros } from "./writer.js";

const engine = await load();
const { names } = JSON.parse(readFileSync(new URL("../fixtures/peers.json", import.meta.url), "utf8"));

const kernel = Array.from({ length: 12 }, (_, index) => Math.sin(index * index));
const start = [0.5, -1, 0.25];

/** σ̂ after one step from x, for a kernel of 4 rows and 3 columns. */
function stepped(): number {
  const unit = (vector: number[]) => vector.map((entry) => entry / Math.hypot(...vector));
  const y = unit(
    [0, 1, 2, 3].map((row) => start.reduce((sum, x, column) => sum + (kernel[3 * row + column] ?? 0) * x, 0)),
  );
  return Math.hypot(
    ...start.map((_, column) => y.reduce((sum, entry, row) => sum + entry * (kernel[3 * row + column] ?? 0), 0)),
  );
}

async function rowsOf(tensors: Readonly<Record<string, Written>>) {
  return (await audit(engine, new RecordingSource(safetensors(tensors)), { axis: "last" })).tensors;
}

const keras = (kernelName: string, vectorName: string) => ({
  [kernelName]: float64([4, 3], kernel),
  [vectorName]: float64([1, 3], start),
});

describe("Keras", () => {
  test.each([
    names.keras,
    ["sn/kernel", "sn/vector_u"],
    ["sn.dense.kernel", "sn.vector_u"],
    ["sn/embeddings", "sn/vector_u"],
  ])("%s belongs to %s", async (kernelName, vectorName) => {
    const row = (await rowsOf(keras(kernelName, vectorName))).find(({ name }) => name === kernelName);
    expect(row).toMatchObject({
      normalization: "keras",
      note: expect.stringMatching(/Keras evaluates with the kernel/),
    });
    expect(row?.storedSigma).toBeCloseTo(stepped(), 10);
    // It evaluates with the kernel as it is.
    expect(row?.effectiveNorm).toBe(row?.spectralNorm);
    expect(row?.staleness).toBeCloseTo(
      1 - stepped() / engine.spectralNorm({ data: Float64Array.from(kernel), shape: [4, 3] }),
      5,
    );
  });
});

describe("Flax", () => {
  const [u, , weight] = names.flax;
  test.each([
    [weight, u],
    [weight.replaceAll("/", "."), u.replaceAll("/", ".")],
    ["params/Block_0/Dense_1/kernel", "batch_stats/Block_0/SpectralNorm_0/Dense_1/kernel/u"],
  ])("%s belongs to %s", async (kernelName, vectorName) => {
    const row = (await rowsOf(keras(kernelName, vectorName))).find(({ name }) => name === kernelName);
    expect(row).toMatchObject({ normalization: "flax", note: expect.stringMatching(/Flax takes a step/) });
    expect(row?.storedSigma).toBeCloseTo(stepped(), 10);
    expect(row?.effectiveNorm).toBeCloseTo((row?.spectralNorm ?? 0) / stepped(), 10);
  });
});

describe.each(["keras", "flax"] as const)("the step from the vector of %s", (preset) => {
  const [name, vector] =
    preset === "keras" ? ["sn/kernel", "sn/vector_u"] : ["params/a/kernel", "batch_stats/a/kernel/u"];
  const make = (count: number, scale: number) => Array.from({ length: count }, (_, i) => scale * Math.sin(i * i + 1));

  test.each([
    [[40, 30], 1],
    [[3, 3, 5, 7], 1e-6],
    [[3, 3, 5, 7], 1e150],
    [[6, 4], 0],
  ])("is that of the preset, bit by bit: %j times %f", async (shape, scale) => {
    const columns = shape.at(-1) as number;
    const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
    const [data, u] = [make(rows * columns, scale), make(columns, 0.3)];
    const layer = engine.createSpectralNormalization(shape, { preset, dtype: "float64" });
    layer.restore({ u: new Float64Array(rows), v: Float64Array.from(u), sigma: 0 });
    const { sigma } = layer.forward(Float64Array.from(data), { training: preset === "keras" });
    layer.free();
    const tensors = { [name as string]: float64(shape, data), [vector as string]: float64([1, columns], u) };
    for (const axis of ["last", 0] as const) {
      const { tensors: found } = await audit(engine, new RecordingSource(safetensors(tensors)), { axis });
      expect(found[0]).toMatchObject({ storedSigma: sigma, normalization: preset });
    }
  });

  test("is refused where float64 cannot hold its squares", async () => {
    const tensors = {
      [name as string]: float64([2, 2], [1e200, 0, 0, 1e200]),
      [vector as string]: float64([1, 2], [1e200, 1e200]),
    };
    const [row] = await rowsOf(tensors);
    const message = '"w" expected entries whose squares float64 can hold, got larger ones';
    expect(row?.error).toEqual({ code: "NON_FINITE", message });
  });
});

describe("a vector", () => {
  test.each([
    [
      "of another layer",
      { "params/a/b/kernel": float64([4, 3], kernel), "batch_stats/c/d/kernel/u": float64([1, 3], start) },
    ],
    ["of another length", { kernel: float64([4, 3], kernel), vector_u: float64([1, 2], [1, 1]) }],
    ["of no framework", { "params/a/kernel": float64([4, 3], kernel), "a/kernel/u": float64([1, 3], start) }],
  ])("%s is left alone", async (_, tensors) => {
    expect(await rowsOf(tensors)).toMatchObject([{ normalization: null, storedSigma: null }, {}]);
  });

  test.each([
    ["of integers", zeros("I32", [1, 3], 12), /its stored u is I32/],
    ["with NaN", float32([1, 3], [1, Number.NaN, 0]), /its stored u is not finite/],
  ])("%s is noted", async (_, vector, note) => {
    const rows = await rowsOf({ "sn/kernel": float64([4, 3], kernel), "sn/vector_u": vector });
    expect(rows[0]).toMatchObject({ storedSigma: null, note: expect.stringMatching(note) });
  });
});
