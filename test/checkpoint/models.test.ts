import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type Audit, type AuditOptions, audit, isComplete } from "../../ts/checkpoint/audit.js";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { readExample } from "./examples.js";
import { npy, type Tensors, writers } from "./formats.js";
import { operators } from "./operators.js";
import { roundedTo } from "./rounded.js";
import type { Written } from "./writer.js";

/** σ and ‖W‖_F by NumPy, of what is stored. */
type Norms = readonly [sigma: number, frobenius: number];

interface Expected {
  readonly models: Readonly<Record<string, { axis: 0 | "last"; weights: Readonly<Record<string, Norms>> }>>;
  readonly variants: Readonly<Record<string, Norms>>;
  readonly examples: Readonly<Record<string, Readonly<Record<string, Norms>>>>;
}

const fixtures = new URL("../fixtures/", import.meta.url);
const expected: Expected = JSON.parse(readFileSync(new URL("models.json", fixtures), "utf8"));
const folder = fileURLToPath(new URL("models/", fixtures));
const engine = await load();
const dtypes = ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"];

function expectNorms({ tensors }: Pick<Audit, "tensors">, meant: Readonly<Record<string, Norms>>): void {
  expect(tensors.map(({ name }) => name).sort()).toEqual(Object.keys(meant).sort());
  for (const { name, spectralNorm, frobeniusNorm } of tensors) {
    const [sigma, frobenius] = meant[name] as Norms;
    expect(Math.abs((spectralNorm ?? Number.NaN) - sigma), name).toBeLessThanOrEqual(1e-6 * sigma);
    expect(Math.abs((frobeniusNorm ?? Number.NaN) - frobenius), name).toBeLessThanOrEqual(1e-6 * frobenius);
  }
}

/** In memory, and left in the file: memory of no bytes is too little for any. */
async function expectBoth(
  source: Parameters<typeof audit>[1],
  meant: Readonly<Record<string, Norms>>,
  options: AuditOptions = {},
): Promise<void> {
  for (const memory of [undefined, 0]) {
    const found = await audit(engine, source, { ...options, operators, memory });
    expect(isComplete(found)).toBe(true);
    expectNorms(found, meant);
  }
}

describe.each(Object.entries(expected.models))("%s, as its framework saves it", (file, { axis, weights }) => {
  test("has NumPy's norms", async () => {
    await expectBoth(folder + file, weights, { axis });
  });
});

test("the transformer's tied embeddings are one tensor, and the file says so", async () => {
  const checkpoint = await openCheckpoint(`${folder}transformer.safetensors`);
  expect(checkpoint.metadata).toEqual({ "model.embed_tokens.weight": "lm_head.weight" });
  await checkpoint.close();
});

test("the spectral normalization of Flax's model is known as such", async () => {
  const { tensors } = await audit(engine, `${folder}flax.safetensors`, { axis: "last" });
  const known = tensors.filter(({ normalization }) => normalization === "flax");
  expect(known).toHaveLength(2);
  for (const { storedSigma, spectralNorm } of known) {
    expect(storedSigma).toBeLessThanOrEqual((spectralNorm as number) * (1 + 1e-6));
    expect(storedSigma).toBeGreaterThan(0);
  }
});

/** The raw tensors of a file of variants. */
function rawTensors(dtype: string): Tensors {
  const bytes = readFileSync(`${folder}variants-${dtype}.safetensors`);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start));
  return Object.fromEntries(
    Object.entries(header as Record<string, { shape: number[]; data_offsets: [number, number] }>).map(([name, one]) => {
      const [from, to] = one.data_offsets;
      const written: Written = {
        dtype,
        shape: one.shape,
        bytes: new Uint8Array(bytes.subarray(start + from, start + to)),
      };
      return [name, written];
    }),
  );
}

const meantOf = (dtype: string) =>
  Object.fromEntries(Object.entries(expected.variants).filter(([name]) => name.startsWith(`${dtype}:`)));

describe("every weight of the models in every type", () => {
  test("there are 28 of each", () => {
    const count = Object.values(expected.models).reduce((sum, { weights }) => sum + Object.keys(weights).length, 0);
    for (const dtype of dtypes) expect(Object.keys(meantOf(dtype))).toHaveLength(count);
    expect(count).toBe(28);
  });

  const libraries: readonly (readonly [string, readonly string[]])[] = [
    ["variants.safetensors.index.json", dtypes],
    ["variants.npz", ["F64", "F32", "F16"]],
    ["variants.onnx", dtypes],
    ["variants.weights.h5", ["F64", "F32", "F16", "BF16", "F8_E4M3"]],
  ];
  test.each(libraries)("by the library of its format: %s", async (file, known) => {
    const meant = Object.assign({}, ...known.map(meantOf));
    await expectBoth(folder + file, meant);
  });

  test("in an archive of Keras", async () => {
    const weights = new Uint8Array(readFileSync(`${folder}variants.weights.h5`));
    const text = (value: object) => new Uint8Array(Buffer.from(JSON.stringify(value)));
    const parts = {
      "metadata.json": text({ keras_version: "3.0" }),
      "config.json": text({}),
      "model.weights.h5": weights,
    };
    const meant = Object.assign({}, ...["F64", "F32", "F16", "BF16", "F8_E4M3"].map(meantOf));
    await expectBoth(zipSync(parts, { level: 0 }), meant);
  });

  const written = Object.entries(writers).flatMap(([format, { dtypes: known }]) =>
    known.map((one) => [format, one] as const),
  );
  test.each(written)("%s, %s", async (format, dtype) => {
    const opening = writers[format]?.write(rawTensors(dtype));
    await expectBoth(opening?.source as never, meantOf(dtype), { checkpoint: opening?.options });
  });

  test.each(["F64", "F32", "F16"])("npy, %s", async (dtype) => {
    for (const [name, tensor] of Object.entries(rawTensors(dtype))) {
      const source = new File([npy(tensor) as never], "w.npy");
      const { tensors } = await audit(engine, source, { operators });
      expectNorms(
        { tensors: tensors.map((row) => ({ ...row, name })) },
        {
          [name]: meantOf(dtype)[name] as Norms,
        },
      );
    }
  });
});

describe.each(["wgan-sn-critic", "wgan-sn-generator", "digits-classifier"])(
  "every weight of examples/data/%s",
  (model) => {
    const file = `${model}.safetensors`;
    const meant = Object.entries(expected.examples).flatMap(([path, norms]) => {
      const [, name] = path.split(`${file}/`);
      return name === undefined ? [] : [[name, norms] as const];
    });
    const example = readExample(file);

    test.each(dtypes.slice(1))("in %s, in every format that has it", async (dtype) => {
      const named = await example;
      const tensors: Tensors = Object.fromEntries(
        meant.map(([name]) => {
          const { shape, data } = named[name] as (typeof named)[string];
          return [name, roundedTo(dtype, shape, data)];
        }),
      );
      const norms = Object.fromEntries(meant.map(([name, byType]) => [name, byType[dtype] as Norms]));
      expect(meant.length).toBeGreaterThan(3);
      for (const { dtypes: known, write } of Object.values(writers)) {
        if (!known.includes(dtype)) continue;
        const { source, options } = write(tensors);
        expectNorms(await audit(engine, source, { operators, checkpoint: options }), norms);
      }
    });
  },
);
