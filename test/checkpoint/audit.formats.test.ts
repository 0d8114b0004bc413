import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit, type Done } from "../../ts/checkpoint/audit.js";
import { parseArchitecture } from "../../ts/checkpoint/layers.js";
import { bytesSource } from "../../ts/checkpoint/sources/memory.js";
import type { ByteSource } from "../../ts/checkpoint/sources/source.js";
import { operators } from "./operators.js";
import { float32, float64, safetensors, type Written, zeros } from "./writer.js";

const engine = await load();

/** 1, 2, 3 and 4 as F8_E4M3. */
const eighths: Readonly<Record<number, number>> = { 0: 0x00, 1: 0x38, 2: 0x40, 3: 0x44, 4: 0x48 };
const float8 = (shape: readonly number[], values: readonly number[]): Written => ({
  dtype: "F8_E4M3",
  shape,
  bytes: Uint8Array.from(values, (value) => eighths[value] ?? 0),
});

const numbers = [2, 0, 0, 0, 1, 0];
const torch = {
  "a.weight_orig": float32([2, 3], numbers),
  "a.weight_u": float32([2], [1, 0]),
  "a.weight_v": float32([3], [1, 0, 0]),
};
const keras = { "sn/kernel": float32([2, 3], numbers), "sn/vector_u": float32([1, 3], [1, 1, 1]) };
const lora = { "q.lora_A.weight": float32([1, 2], [3, 4]), "q.lora_B.weight": float32([2, 1], [0, 2]) };

/** An index of shards, each with one tensor, that counts the files which are open. */
function sharded(tensors: Readonly<Record<string, Written>>) {
  const open = { count: 1 };
  const close = async () => {
    open.count -= 1;
  };
  const names = Object.keys(tensors);
  const index = JSON.stringify({ weight_map: Object.fromEntries(names.map((name, i) => [name, `${i}.safetensors`])) });
  const source: ByteSource = {
    ...bytesSource(new TextEncoder().encode(index), "index.json"),
    close,
    async companion(path) {
      open.count += 1;
      const name = names[Number.parseInt(path, 10)] as string;
      return { ...bytesSource(safetensors({ [name]: tensors[name] as Written }), path), close };
    },
  };
  return { source, open };
}

describe("a checkpoint in shards", () => {
  const options: AuditOptions = { operators, loraAlpha: 2, detail: { values: 1 } };
  const all = { ...lora, ...keras, ...torch };

  test("tells the same as one file: adapters, and stored vectors of every dialect, across files", async () => {
    const whole = await audit(engine, safetensors(all), options);
    const { source, open } = sharded(all);
    const { file, ...split } = await audit(engine, source, options);
    expect(file).toBe("index.json");
    expect({ file: whole.file, ...split }).toEqual(whole);
    expect(whole.tensors.map(({ name, normalization }) => [name, normalization])).toEqual([
      ["q.lora_A.weight", null],
      ["q.lora_B.weight", null],
      ["sn/kernel", "keras"],
      ["sn/vector_u", null],
      ["a.weight_orig", "torch-hook"],
    ]);
    expect(whole.adapters).toMatchObject([{ name: "q (s·B·A)", spectralNorm: expect.closeTo(20, 5), error: null }]);
    expect(open.count).toBe(0);
  });

  test("is closed when it cannot be audited", async () => {
    const { source, open } = sharded(torch);
    const architecture = parseArchitecture("layers.json", '{ "nothing": {} }');
    await expect(audit(engine, source, { architecture })).rejects.toThrow(/layers\.json: "nothing" is the name of no/);
    expect(open.count).toBe(0);
  });
});

describe("floats of 8 bits", () => {
  test("have intervals and leading values", async () => {
    const { tensors } = await audit(engine, safetensors({ w: float8([2, 2], [3, 0, 0, 4]) }), { detail: {} });
    const [row] = tensors;
    expect(row).toMatchObject({ dtype: "F8_E4M3", spectralNorm: expect.closeTo(4, 5), certainty: "rigorous" });
    expect(row?.lower).toBeLessThanOrEqual(4);
    expect(row?.upper).toBeGreaterThanOrEqual(4);
    expect(row?.singularValues).toEqual([expect.closeTo(4, 10), expect.closeTo(3, 10)]);
  });

  test("may be factors of a LoRA pair, and its α", async () => {
    const pair = {
      "q.lora_down.weight": float8([1, 2], [3, 4]),
      "q.lora_up.weight": float8([2, 1], [0, 2]),
      "q.alpha": float8([], [4]),
    };
    const { adapters } = await audit(engine, safetensors(pair), { operators });
    expect(adapters).toMatchObject([{ adapter: { alpha: 4, scale: 4 }, spectralNorm: expect.closeTo(40, 5) }]);
  });

  test("that are not read are no factors, and no stored vector", async () => {
    const tensors = {
      ...{ ...lora, "q.lora_B.weight": zeros("F8_E8M0", [2, 1], 2) },
      ...{ ...keras, "sn/vector_u": zeros("F8_E8M0", [1, 3], 3) },
    };
    const { tensors: rows, adapters } = await audit(engine, safetensors(tensors), { operators });
    const message = expect.stringMatching(/q\.lora_B\.weight is F8_E8M0/);
    expect(adapters).toMatchObject([{ spectralNorm: null, error: { code: "SHAPE", message } }]);
    const kernel = rows.find(({ name }) => name === "sn/kernel");
    expect(kernel).toMatchObject({ storedSigma: null, note: expect.stringMatching(/its stored u is F8_E8M0/) });
  });
});

test("what is done is told in bytes of the weights, without what is skipped", async () => {
  const told: (readonly [string, number, number, Done])[] = [];
  const onWeight: AuditOptions["onWeight"] = ({ name }, ...rest) => told.push([name, ...rest]);
  const tensors = {
    double: float64([1, 2], [3, 4]),
    bias: float32([5], [1, 2, 3, 4, 5]),
    small: float8([1, 3], [1, 2, 3]),
    single: float32([2, 2], [1, 2, 3, 4]),
  };
  await audit(engine, safetensors(tensors), { onWeight });
  expect(told).toEqual([
    ["double", 0, 3, { bytes: 0, allBytes: 35 }],
    ["small", 1, 3, { bytes: 16, allBytes: 35 }],
    ["single", 2, 3, { bytes: 19, allBytes: 35 }],
  ]);
});
