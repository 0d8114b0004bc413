import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit } from "../../ts/checkpoint/audit.js";
import { attentionHeads, parseHeads } from "../../ts/checkpoint/heads.js";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { npy, type Tensors } from "./formats.js";
import { operators } from "./operators.js";
import { float32, safetensors, zeros } from "./writer.js";

const engine = await load();
const fixtures = new URL("../fixtures/", import.meta.url);
const model = fileURLToPath(new URL("models/transformer.safetensors", fixtures));

/** [σ, ‖·‖_F] of W_qᵀW_k/√d of each head, by NumPy. */
const truth: readonly (readonly [number, number])[] = JSON.parse(
  readFileSync(new URL("models.json", fixtures), "utf8"),
).heads;
const [HEADS, SIZE, INPUTS] = [4, 3, 12];

const checkpoint = await openCheckpoint(model);
const rowsOf = async (name: string) => {
  const { data } = await checkpoint.read(`model.layers.0.self_attn.${name}_proj.weight`);
  return Array.from({ length: data.length / INPUTS }, (_, row) => [...data.subarray(row * INPUTS, (row + 1) * INPUTS)]);
};
const [q, k, v] = [await rowsOf("q"), await rowsOf("k"), await rowsOf("v")];
await checkpoint.close();
/** Keys for every head: two share one in the file. */
const repeated = (rows: readonly number[][]) =>
  Array.from({ length: HEADS }, (_, head) => rows.slice(SIZE * (head >> 1), SIZE * (head >> 1) + SIZE)).flat();
const matrix = (rows: readonly (readonly number[])[]) => float32([rows.length, rows[0]?.length ?? 0], rows.flat());
const turned = (rows: readonly number[][]) =>
  (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as number));

async function headsOf(tensors: Tensors, options: AuditOptions = {}) {
  return (await audit(engine, safetensors(tensors), { operators, heads: HEADS, ...options })).heads;
}

function expectTruth(rows: Awaited<ReturnType<typeof headsOf>>): void {
  expect(rows).toHaveLength(HEADS);
  for (const [head, row] of rows.entries()) {
    const [sigma, frobenius] = truth[head] as readonly [number, number];
    expect(Math.abs((row.spectralNorm as number) / sigma - 1)).toBeLessThan(1e-9);
    expect(Math.abs((row.frobeniusNorm as number) / frobenius - 1)).toBeLessThan(1e-9);
    expect(row.lower).toBeLessThanOrEqual(sigma);
    expect(row.upper).toBeGreaterThanOrEqual(sigma);
    expect(row).toMatchObject({ shape: [INPUTS, INPUTS], axis: 0, error: null, converged: true, adapter: null });
    expect(row.head).toMatchObject({ head, size: SIZE });
  }
}

describe("heads of attention equal NumPy's", () => {
  test("of Hugging Face's Llama, two heads of queries to one of keys, in bfloat16", async () => {
    const { heads } = await audit(engine, model, { operators, heads: HEADS });
    expectTruth(heads);
    expect(heads.map(({ head }) => head?.keyHead)).toEqual([0, 0, 1, 1]);
    expect(heads[3]?.name).toBe("model.layers.0.self_attn head 3 (W_q·W_kᵀ/√d)");
    expect(heads[3]?.head).toEqual({
      ...{ query: "model.layers.0.self_attn.q_proj.weight", key: "model.layers.0.self_attn.k_proj.weight" },
      ...{ head: 3, keyHead: 1, size: 3 },
    });
  });

  const keys = repeated(k);
  const values = repeated(v);
  const joint = [...q, ...keys, ...values];
  const layouts: Readonly<Record<string, Tensors>> = {
    "BERT and ViT": {
      "bert.encoder.layer.0.attention.self.query.weight": matrix(q),
      "bert.encoder.layer.0.attention.self.key.weight": matrix(keys),
    },
    DistilBERT: { "l.0.attention.q_lin.weight": matrix(q), "l.0.attention.k_lin.weight": matrix(keys) },
    diffusers: { "attn1.to_q.weight": matrix(q), "attn1.to_k.weight": matrix(k) },
    "Llama as published": { "layers.0.attention.wq.weight": matrix(q), "layers.0.attention.wk.weight": matrix(k) },
    T5: { "layer.0.SelfAttention.q.weight": matrix(q), "layer.0.SelfAttention.k.weight": matrix(k) },
    "no prefix": { "q_proj.weight": matrix(q), "k_proj.weight": matrix(k) },
    "torch.nn.MultiheadAttention": { "attn.in_proj_weight": matrix(joint) },
    "a bare torch.nn.MultiheadAttention": { in_proj_weight: matrix(joint) },
    timm: { "blocks.0.attn.qkv.weight": matrix(joint) },
    "GPT-2": { "h.0.attn.c_attn.weight": matrix(turned(joint)) },
    nanoGPT: { "transformer.h.0.attn.c_attn.weight": matrix(joint) },
  };
  test.each(Object.entries(layouts))("in the layout of %s", async (_, tensors) => {
    expectTruth(await headsOf(tensors, { detail: {} }));
  });

  test("in a file whose first index runs fastest", async () => {
    const parts = { query: q, key: keys };
    const named = Object.entries(parts).map(([name, rows]) => {
      const bytes = npy(matrix(turned(rows)));
      // The elements of the transpose in row-major order are those of the matrix in the other.
      const text = Buffer.from(bytes).toString("latin1").replace("'fortran_order': False", "'fortran_order': True ");
      return [`${name}.weight.npy`, new Uint8Array(Buffer.from(text, "latin1"))] as const;
    });
    const { zipSync } = await import("fflate");
    const { tensors, heads } = await audit(engine, zipSync(Object.fromEntries(named)), { operators, heads: HEADS });
    expect(tensors.map(({ shape }) => shape)).toEqual([
      [INPUTS, INPUTS],
      [INPUTS, INPUTS],
    ]);
    expectTruth(heads);
  });
});

describe("what is no head", () => {
  const named = (tensors: Tensors) =>
    new Map(Object.entries(tensors).map(([name, one]) => [name, { name, ...one } as never]));

  test.each([
    [
      "rows that the number does not divide",
      { "q_proj.weight": zeros("F32", [10, 4], 160), "k_proj.weight": zeros("F32", [10, 4], 160) },
    ],
    [
      "keys of other inputs",
      { "q_proj.weight": zeros("F32", [8, 4], 128), "k_proj.weight": zeros("F32", [8, 5], 160) },
    ],
    [
      "keys that are shared by no whole number of heads",
      { "q_proj.weight": zeros("F32", [8, 4], 128), "k_proj.weight": zeros("F32", [6, 4], 96) },
    ],
    ["queries without keys", { "q_proj.weight": zeros("F32", [8, 4], 128) }],
    ["a joint weight of another shape", { in_proj_weight: zeros("F32", [8, 4], 128) }],
    ["a vector", { in_proj_weight: zeros("F32", [12], 48) }],
  ])("%s", (_, tensors) => {
    expect(attentionHeads(named(tensors as Tensors), HEADS)).toEqual([]);
  });

  test("is an error where there are none at all", async () => {
    const rejection = headsOf({ w: zeros("F32", [2, 2], 16) });
    await expect(rejection).rejects.toMatchObject({
      code: "OPTION",
      message: expect.stringMatching(/^"heads" expected a number that divides/),
    });
  });

  test.each([0, -1, 1.5, "4"])("a number of %j", async (heads) => {
    const rejection = headsOf({ w: zeros("F32", [2, 2], 16) }, { heads: heads as number });
    await expect(rejection).rejects.toMatchObject({
      code: "OPTION",
      message: expect.stringMatching(/^"heads" expected a positive integer/),
    });
  });

  test("NaN is told by a row of its own", async () => {
    const broken = q.map((row, index) => (index === 4 ? row.map(() => Number.NaN) : row));
    const rows = await headsOf({ "q_proj.weight": matrix(broken), "k_proj.weight": matrix(k) });
    expect(rows.map(({ error }) => error?.code ?? null)).toEqual([null, "NON_FINITE", null, null]);
    expect(rows[1]).toMatchObject({
      spectralNorm: null,
      head: { head: 1 },
      error: { message: expect.stringContaining("q_proj.weight from 3 on") },
    });
  });
});

describe("the config of a model says how many heads there are", () => {
  test.each([
    ['{"num_attention_heads": 32, "num_key_value_heads": 8}', 32],
    ['{"n_head": 12}', 12],
    ['{"num_heads": 8}', 8],
    ['{"text_config": {"num_attention_heads": 16}}', 16],
  ])("%s", (text, count) => {
    expect(parseHeads("config.json", text)).toBe(count);
  });

  test.each([
    ["{", "config.json: expected JSON, got text that is none"],
    ["[]", "config.json: expected an object, got []"],
    ["{}", 'config.json: "num_attention_heads" expected a positive integer, got undefined'],
    ['{"n_head": "12"}', 'config.json: "num_attention_heads" expected a positive integer, got "12"'],
  ])("or is an error: %s", (text, message) => {
    expect(() => parseHeads("config.json", text)).toThrow(expect.objectContaining({ code: "FORMAT", message }));
  });
});
