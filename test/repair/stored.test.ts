import { dominantTriplet, load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { encode } from "../../ts/checkpoint/write/encode.js";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { bakeCheckpoint, type Repair, stripCheckpoint } from "../../ts/repair.js";
import { float32, float64, safetensors, type Written } from "../checkpoint/writer.js";
import { makeData, readFixture } from "../values/inputs.ts";
import type { Case } from "../values/peer-cases.ts";
import { contentOf, examples, fixtures, normOf, type Read, readAll } from "./support.js";

const engine = await load();

/** By PyTorch, Keras and Flax themselves, in double precision: test/fixtures/peers.py. */
const { cases } = readFixture<{ readonly cases: readonly Case[] }>("peers");
/** The passes in training; those after them are in evaluation. */
const trained = 20;

/** The weight at a pass, as peers.py makes it. */
function weightAt({ shape, seed, exponent }: Case, step: number): number[] {
  const bell = (drawn: number, scale: number) =>
    makeData({ shape, kind: "bell", seed: drawn, exponent: scale }, "float64");
  const [a, b] = [bell(seed, exponent + 4), bell(seed + 1, exponent)];
  return Array.from(a, (entry, i) => entry + step * (b[i] ?? Number.NaN));
}

/** A checkpoint after training, with a weight that has moved since, as the framework names it. */
function checkpointOf(example: Case, names: readonly [weight: string, u: string, v: string]): Uint8Array {
  const { preset, shape, passes } = example;
  const { u = [], v = [], vector_u: vector = [] } = passes[trained - 1] as Case["passes"][number];
  const [weight, uName, vName] = names;
  const kept = preset === "keras" ? vector : u;
  const entries: [string, Written][] = [
    ["before", float32([2, 2], [1, 2, 3, 4])],
    [weight, float64(shape, weightAt(example, trained))],
    [uName, float64(preset === "torch" ? [kept.length] : [1, kept.length], kept)],
  ];
  if (preset === "torch") entries.push([vName, float64([v.length], v)]);
  if (preset === "flax") entries.push([uName.replace(/u$/, "sigma"), float64([1, 1], [1])]);
  return safetensors({ ...Object.fromEntries(entries), after: float32([1], [5]) });
}

const dialects: Readonly<Record<string, readonly [weight: string, u: string, v: string, plain: string]>> = {
  torch: [
    "net.parametrizations.weight.original",
    "net.parametrizations.weight.0._u",
    "net.parametrizations.weight.0._v",
    "net.weight",
  ],
  hook: ["net.weight_orig", "net.weight_u", "net.weight_v", "net.weight"],
  keras: ["sn/dense/kernel", "sn/vector_u", "", "sn/dense/kernel"],
  flax: ["params/Dense_0/kernel", "batch_stats/SpectralNorm_0/Dense_0/kernel/u", "", "params/Dense_0/kernel"],
};

// Flax takes steps in evaluation, of which its checkpoints tell neither the number nor the ε.
const usual = cases.filter(
  ({ preset, iterations, epsilon }) => preset !== "flax" || (iterations === 1 && epsilon < 1e-9),
);
const inDialects = usual.flatMap((example) =>
  (example.preset === "torch" ? ["torch", "hook"] : [example.preset]).map((dialect) => ({ dialect, example })),
);

describe.each(inDialects)("$dialect: $example.layer $example.shape along $example.axis", ({ dialect, example }) => {
  const [weight, u, v, plain] = dialects[dialect] as readonly [string, string, string, string];
  const file = checkpointOf(example, [weight, u, v]);
  const vectors = dialect === "flax" ? [u, u.replace(/u$/, "sigma")] : [u, v].filter((name) => name !== "");

  test("baked, it is what the framework computes with in evaluation", async () => {
    const repaired = await bakeCheckpoint(engine, file);
    const after = await readAll(await contentOf(repaired));
    expect([...after.keys()]).toEqual(["before", plain, "after"]);
    const { data, shape } = after.get(plain) as Read;
    const expected = example.passes[trained]?.data ?? [];
    const scale = Math.max(...expected.map(Math.abs));
    const worst = Math.max(...expected.map((entry, i) => Math.abs(entry - (data[i] ?? Number.NaN))));
    expect(worst / scale).toBeLessThan(1e-7);
    expect(repaired.removed).toEqual(vectors);
    expect(repaired.tensors).toMatchObject([{ name: plain, from: weight }]);
    const { after: told } = repaired.tensors[0] as { after: number | null };
    if (dialect === "keras") expect(told).toBeNull();
    else expect((told as number) / engine.spectralNorm({ data, shape, axis: example.axis })).toBeCloseTo(1, 5);
  });

  test("baked without it ever being in memory, it is the same", async () => {
    const streamed = await bakeCheckpoint(engine, file, { memory: 0, dominantTriplet });
    const usual = await bakeCheckpoint(engine, file);
    expect(streamed.removed).toEqual(usual.removed);
    const [all, same] = [await readAll(await contentOf(streamed)), await readAll(await contentOf(usual))];
    expect([...all.keys()]).toEqual([...same.keys()]);
    const [{ data, ...about }, { data: expected, ...other }] = [all.get(plain) as Read, same.get(plain) as Read];
    expect(about).toEqual(other);
    for (const [i, entry] of data.entries()) expect(entry / (expected[i] as number)).toBeCloseTo(1, 12);
    const [row, twin] = [streamed.tensors[0], usual.tensors[0]];
    for (const key of ["before", "after"] as const) {
      if (dialect === "keras") expect(row?.[key]).toBeNull();
      else expect((row?.[key] as number) / (twin?.[key] as number)).toBeCloseTo(1, 6);
    }
  });

  test("stripped, it is the raw weight, bit by bit", async () => {
    const repaired = await stripCheckpoint(file);
    const after = await readAll(await contentOf(repaired));
    expect([...after.keys()]).toEqual(["before", plain, "after"]);
    expect([...(after.get(plain) as Read).data]).toEqual(weightAt(example, trained));
    expect(repaired.removed).toEqual(vectors);
    for (const name of ["before", "after"]) expect(after.get(name)).toEqual((await readAll(file)).get(name));
    // Nothing is left to strip.
    const again = await stripCheckpoint(await contentOf(repaired));
    expect(again).toMatchObject({ tensors: [], removed: [] });
    expect(Buffer.compare(await contentOf(again), await contentOf(repaired))).toBe(0);
  });
});

describe("the critic that PyTorch has trained", () => {
  const path = `${examples}wgan-sn-critic.safetensors`;

  test("computes with the same weights when baked, whose norms are those of the audit", async () => {
    const repaired = await bakeCheckpoint(engine, path);
    const [before, after] = [await readAll(path), await readAll(await contentOf(repaired))];
    const named = [...after.keys()];
    expect(named).toEqual(
      [...before.keys()]
        .filter((name) => !/_[uv]$/.test(name))
        .map((name) => name.replace(/parametrizations\.(\w+)\.original/, "$1")),
    );
    const original = await openCheckpoint(path);
    await original.close();
    expect((await openCheckpoint(await contentOf(repaired))).metadata).toEqual(original.metadata);
    for (const { name, from, before: raw, after: used } of repaired.tensors) {
      const norm = normOf(engine, after.get(name) as Read);
      expect((used as number) / norm).toBeCloseTo(1, 5);
      expect((raw as number) / normOf(engine, before.get(from) as Read)).toBeCloseTo(1, 5);
      // σ / stored of the table in README.md
      expect(norm.toPrecision(6)).toBe(
        { conv1: "1.01610", conv2: "1.02992", conv3: "1.06342", dense: "1.00000" }[name.replace(".weight", "")],
      );
    }
  });

  test("stays out of formats that keep all tensors, until another one is asked for", async () => {
    const h5 = `${fixtures}kinds.weights.h5`;
    // There is none in it, so that nothing has to go.
    expect(await bakeCheckpoint(engine, h5)).toMatchObject({ format: "hdf5", tensors: [], removed: [] });
    const archive = await contentOf(await stripCheckpoint(path, { format: "npz" }));
    const [raw, stripped] = [await readAll(path), await readAll(archive)];
    expect((await openCheckpoint(archive)).format).toBe("npz");
    expect(stripped.get("conv1.weight")).toEqual(raw.get("conv1.parametrizations.weight.original"));
  });

  test("is left alone where a name is not wanted", async () => {
    const { tensors, removed } = await bakeCheckpoint(engine, path, { only: ({ name }) => name.startsWith("dense") });
    expect(tensors.map(({ name }) => name)).toEqual(["dense.weight"]);
    expect(removed).toEqual(["dense.parametrizations.weight.0._u", "dense.parametrizations.weight.0._v"]);
  });
});

describe.each(["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"] as const)(
  "a weight of %s in many blocks",
  (dtype) => {
    const [rows, columns] = [500, 300];
    const make = (count: number, scale: number) => Array.from({ length: count }, (_, i) => scale * Math.sin(i * i + 1));
    const typed = (shape: readonly number[], values: readonly number[]): Written => {
      const all = dtype === "F64" ? Float64Array.from(values) : Float32Array.from(values);
      return { dtype, shape, bytes: encode(dtype, all, "w") };
    };
    const entries = make(rows * columns, 20).map((entry, i) => entry + 10 * Math.sin(i / columns));
    const unit = (length: number) => float32([length], make(length, 3 / Math.sqrt(length)));

    test.each([
      [
        "torch",
        { "a.weight_orig": typed([rows, columns], entries), "a.weight_u": unit(rows), "a.weight_v": unit(columns) },
      ],
      [
        "torch, transposed",
        { "a.weight_orig": typed([20, rows, 3, 5], entries), "a.weight_u": unit(rows), "a.weight_v": unit(columns) },
      ],
      ["flax", { "params/a/kernel": typed([rows, columns], entries), "batch_stats/a/kernel/u": unit(columns) }],
      [
        "flax, 4-D",
        { "params/a/kernel": typed([5, 10, 10, columns], entries), "batch_stats/a/kernel/u": unit(columns) },
      ],
    ])("is divided as one in memory is: %s", async (_, tensors) => {
      const file = safetensors(tensors);
      const streamed = await bakeCheckpoint(engine, file, { memory: 0, dominantTriplet });
      const usual = await bakeCheckpoint(engine, file);
      const [row, twin] = [streamed.tensors[0], usual.tensors[0]];
      expect(row?.name).toBe(twin?.name);
      for (const key of ["before", "after"] as const) {
        expect(Math.abs((row?.[key] as number) / (twin?.[key] as number) - 1)).toBeLessThan(1e-6);
      }
      const numbersOf = async (one: Repair) =>
        ((await readAll(await contentOf(one))).get(row?.name as string) as Read).data;
      const [data, expected] = [await numbersOf(streamed), await numbersOf(usual)];
      // Divisors differ in their last bits, and numbers beside the middle of two by rounding.
      const differing = (data as Float32Array).filter((entry, i) => Math.abs(entry - (expected[i] as number)) > 1e-6);
      expect(differing.length).toBeLessThan((data as Float32Array).length / 1000);
    });
  },
);

describe("what contradicts itself", () => {
  const stem = "parametrizations.weight.";
  const good = {
    [`${stem}original`]: float32([2, 3], [1, 2, 3, 4, 5, 6]),
    [`${stem}0._u`]: float32([2], [1, 0]),
    [`${stem}0._v`]: float32([3], [1, 0, 0]),
  };

  test.each([
    [
      "u and v that fit no axis",
      { ...good, [`${stem}0._v`]: float32([4], [1, 0, 0, 0]) },
      "FORMAT",
      /expected u and v that fit one of its axes, got 2 and 4 entries$/,
    ],
    ["a σ of 0", { ...good, [`${stem}0._u`]: float32([2], [0, 0]) }, "NON_FINITE", /expected a stored σ other than 0/],
    [
      "a u of NaN",
      { ...good, [`${stem}0._u`]: float32([2], [Number.NaN, 0]) },
      "NON_FINITE",
      /tensor "parametrizations\.weight\.0\._u" expected finite numbers, got NaN$/,
    ],
    [
      "a u of integers",
      { ...good, [`${stem}0._u`]: { dtype: "I8", shape: [2], bytes: new Uint8Array(2) } },
      "FORMAT",
      /expected a vector of floats beside it, got I8$/,
    ],
    [
      "another parametrization",
      { ...good, [`${stem}1.gain`]: float32([1], [2]) },
      "FORMAT",
      /expected to have no parametrization but spectral normalization, got parametrizations\.weight\.1\.gain$/,
    ],
    [
      "a plain weight beside it",
      { ...good, weight: float32([1], [2]) },
      "OPTION",
      /expected one tensor to be called "weight", got /,
    ],
  ])("%s", async (_, tensors, code, message) => {
    for (const options of [{}, { memory: 0, dominantTriplet }]) {
      await expect(bakeCheckpoint(engine, safetensors(tensors), options)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    }
  });

  test("options and arguments that are wrong", async () => {
    const file = safetensors(good);
    await expect(stripCheckpoint(file, { axis: 0 } as object)).rejects.toMatchObject({ code: "OPTION" });
    await expect(stripCheckpoint(file, { dryRun: 1 } as never)).rejects.toMatchObject({ code: "TYPE" });
    await expect(stripCheckpoint(1 as never)).rejects.toMatchObject({ code: "TYPE" });
    await expect(bakeCheckpoint({} as never, file)).rejects.toMatchObject({ code: "TYPE" });
    await expect(bakeCheckpoint(engine, file, { target: 1 } as object)).rejects.toMatchObject({ code: "OPTION" });
  });
});
