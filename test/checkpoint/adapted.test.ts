import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit, isComplete } from "../../ts/checkpoint/audit.js";
import { gatesOf } from "../../ts/checkpoint/gates.js";
import type { Tensors } from "./formats.js";
import { operators } from "./operators.js";
import { float32, float64, safetensors } from "./writer.js";

const engine = await load();
const fixtures = new URL("../fixtures/", import.meta.url);
const path = (file: string) => fileURLToPath(new URL(`models/${file}`, fixtures));

type Norms = readonly [sigma: number, frobenius: number];
const truth: Readonly<Record<string, { added: Norms; whole: Norms }>> = JSON.parse(
  readFileSync(new URL("models.json", fixtures), "utf8"),
).adapted;

const close = (value: number | null | undefined, expected: number, tolerance = 1e-9) =>
  expect(Math.abs((value ?? Number.NaN) / expected - 1)).toBeLessThan(tolerance);

describe.each([undefined, 0])("a LoRA with the model that it was trained for, with memory of %s bytes", (memory) => {
  test("equals NumPy's σ(W + s·B·A)", async () => {
    const options = { operators, base: path("transformer.safetensors"), loraAlpha: 8, detail: {}, memory };
    const found = await audit(engine, path("adapter_model.safetensors"), options);
    const { adapters } = found;
    expect(isComplete(found)).toBe(true);
    const stems = Object.keys(truth);
    expect(adapters.map(({ name }) => name)).toEqual([
      ...stems.map((stem) => `${stem} (s·B·A)`),
      ...stems.map((stem) => `${stem} (W + s·B·A)`),
    ]);
    for (const [index, stem] of stems.entries()) {
      const { added, whole } = truth[stem] as (typeof truth)[string];
      close(adapters[index]?.spectralNorm, added[0]);
      const row = adapters[stems.length + index];
      close(row?.spectralNorm, whole[0]);
      close(row?.frobeniusNorm, whole[1]);
      expect(row?.lower).toBeLessThanOrEqual(whole[0]);
      close(row?.lower, whole[0]);
      expect(row?.upper).toBeGreaterThanOrEqual(whole[0]);
      expect(row).toMatchObject({ certainty: "cheap", dtype: "BF16", axis: 0 });
      expect(row?.adapter).toMatchObject({
        alpha: 8,
        scale: 4,
        base: `${stem.replace("base_model.model.", "")}.weight`,
      });
    }
  });
});

const w = [1, 2, 3, 4, 5, 6];
const [b, a] = [
  [1, 0],
  [1, -1, 2],
];
/** W + 2·B·A. */
const whole = [3, 0, 7, 4, 5, 6];
const sigma = engine.spectralNorm({ data: Float64Array.from(whole), shape: [2, 3] });

async function sumOf(pair: Tensors, base: Tensors, options: AuditOptions = {}) {
  const { adapters } = await audit(engine, safetensors(pair), {
    operators,
    base: safetensors(base),
    loraAlpha: 2,
    ...options,
  });
  return adapters.at(-1);
}

describe("the weight of a pair is found", () => {
  test.each([
    ["PEFT", "base_model.model.h.q.lora_A.weight", "base_model.model.h.q.lora_B.weight", "h.q.weight"],
    ["PEFT, unwrapped", "h.q.lora_A.weight", "h.q.lora_B.weight", "h.q.weight"],
    ["kohya", "lora_unet_h_to_q.lora_down.weight", "lora_unet_h_to_q.lora_up.weight", "h.to_q.weight"],
    ["diffusers", "unet.h.to_q.lora.down.weight", "unet.h.to_q.lora.up.weight", "h.to_q.weight"],
  ])("by the names of %s", async (_, down, up, name) => {
    const pair = { [down]: float32([1, 3], a), [up]: float64([2, 1], b) };
    const row = await sumOf(pair, { other: float32([2, 3], w), [name]: float32([2, 3], w) });
    close(row?.spectralNorm, sigma, 1e-6);
    expect(row).toMatchObject({ error: null, adapter: { base: name } });
  });

  test("also where inputs are its rows, as in GPT-2, whose pair is added the other way around", async () => {
    const pair = { "q.lora_A.weight": float32([1, 3], a), "q.lora_B.weight": float32([2, 1], b) };
    const turned = float32([3, 2], [1, 4, 2, 5, 3, 6]);
    for (const memory of [undefined, 0])
      close((await sumOf(pair, { "q.weight": turned }, { memory }))?.spectralNorm, sigma, 1e-6);
  });

  test("and of kernels", async () => {
    const pair = { "c.lora_A.weight": float32([1, 1, 3, 1], a), "c.lora_B.weight": float32([2, 1, 1, 1], b) };
    close((await sumOf(pair, { "c.weight": float32([2, 1, 3, 1], w) }))?.spectralNorm, sigma, 1e-6);
  });
});

describe("what does not fit", () => {
  const pair = { "q.lora_A.weight": float32([1, 3], a), "q.lora_B.weight": float32([2, 1], b) };

  test("a base that lacks the weight has a row that says so", async () => {
    const row = await sumOf(pair, { "k.weight": float32([2, 3], w) });
    expect(row).toMatchObject({
      spectralNorm: null,
      error: { code: "OPTION", message: '"base" expected a weight for q, got none in the bytes' },
    });
  });

  test("and one of another shape", async () => {
    const row = await sumOf(pair, { "q.weight": float32([2, 2], [1, 2, 3, 4]) });
    const message = "expected B·A to have the shape of q.weight in the base, [2,2], got [2,3]";
    expect(row).toMatchObject({ spectralNorm: null, error: { code: "SHAPE", message } });
  });

  test("NaN in the base is told", async () => {
    for (const memory of [undefined, 0]) {
      const row = await sumOf(pair, { "q.weight": float32([2, 3], [1, 2, Number.NaN, 4, 5, 6]) }, { memory });
      expect(row).toMatchObject({
        error: { code: "NON_FINITE", message: expect.stringContaining("NaN in row 0, column 2") },
      });
    }
  });

  test("a base without pairs to add to it is an error, and both files are closed", async () => {
    const rejection = sumOf({ "q.weight": float32([2, 3], w) }, pair);
    await expect(rejection).rejects.toMatchObject({
      code: "OPTION",
      message: '"base" expected LoRA pairs to add to it, got none in the bytes',
    });
  });

  test("what is added may cancel the weight", async () => {
    const negative = { "q.lora_A.weight": float32([1, 3], [-1, -2, -3]), "q.lora_B.weight": float32([2, 1], [1, 2]) };
    const row = await sumOf(negative, { "q.weight": float32([2, 3], [2, 4, 6, 4, 8, 12]) }, { detail: {} });
    expect(row?.spectralNorm).toBeLessThan(1e-12);
    expect(row?.frobeniusNorm).toBeLessThan(1e-6);
    expect(row?.lower).toBe(0);
  });
});

test("an interval is as sure as the bounds that it adds", async () => {
  const pair = { "q.lora_A.weight": float32([1, 3], a), "q.lora_B.weight": float32([2, 1], b) };
  const base = { "q.weight": float32([2, 3], w) };
  const certaintyOf = async (options: AuditOptions) => (await sumOf(pair, base, options))?.certainty;
  expect(await certaintyOf({ detail: { certainty: 0.75 } })).toBe(0.5);
  expect(await certaintyOf({ detail: { certainty: 0.75 }, memory: 0 })).toBe(0.75);
  expect(await certaintyOf({ detail: { certainty: "rigorous" } })).toBe("cheap");
  expect(await certaintyOf({})).toBeNull();
});

test("a limit holds for the sum, too", async () => {
  const pair = { "q.lora_A.weight": float32([1, 3], a), "q.lora_B.weight": float32([2, 1], b) };
  const base = safetensors({ "q.weight": float32([2, 3], w) });
  const found = await audit(engine, safetensors(pair), {
    operators,
    base,
    loraAlpha: 2,
    detail: { certainty: "rigorous" },
  });
  const [gate] = gatesOf(found, { maxNorm: 6 });
  expect(gate?.failures).toEqual([expect.stringContaining("q (W + s·B·A): its spectral norm may be")]);
  expect(gatesOf(found, { maxNorm: 20 })[0]?.passed).toBe(true);
});
