import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { SpectralNormError, type Weight, type WeightLike } from "spectral-norm";
import { createPool, type Pool } from "spectral-norm/pool";
import { describe, expect, test } from "vitest";
import { root } from "../docs/markdown.ts";
import { engine, expectIntact, poolOf, slow, weight } from "./support.js";

const pool = await poolOf({ workers: 2 });

const matrices: fc.Arbitrary<Weight> = fc
  .record({
    rows: fc.integer({ min: 1, max: 40 }),
    columns: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
    wide: fc.boolean(),
  })
  .map(({ rows, columns, seed, wide }) =>
    wide ? weight(Float64Array, [rows, columns], seed) : weight(Float32Array, [rows, columns], seed),
  );

/** Functions of a weight alone, as a pool and as an engine have them. */
const functions: Readonly<Record<string, (on: never, w: Weight) => unknown>> = Object.fromEntries(
  [
    ["spectralNorm"],
    ["dominantTriplet"],
    ["powerIteration"],
    ["frobeniusNorm"],
    ["stableRank"],
    ["singularValues"],
    ["spectralNormBounds"],
    ["spectralNormalize", { mode: "shrink" }],
    ["clipWeights", 0.5],
    ["clipFrobenius", 1],
    ["clipSpectral", 0.5],
    ["frobeniusPenalty", { lambda: 2 }],
    ["spectralPenalty"],
    ["spectralNormGradient"],
    ["embeddingNorm"],
  ].map(([name, ...rest]) => [
    name as string,
    (on: Record<string, (...given: unknown[]) => unknown>, w: Weight) => on[name as string]?.(w, ...rest),
  ]),
);

describe("laws", () => {
  test("whatever the function and the weight, the bits are those of the engine", async () => {
    const names = fc.constantFrom(...Object.keys(functions));
    await fc.assert(
      fc.asyncProperty(names, matrices, async (name, w) => {
        const ask = functions[name] as (on: unknown, w: Weight) => unknown;
        expect(await ask(pool, w)).toEqual(ask(engine, w));
      }),
      { numRuns: 200 },
    );
  });

  test("the norms of a list are those of its members, in their order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(matrices, { maxLength: 30 }), async (list) => {
        const norms = await pool.spectralNorms(list, { tolerance: 1e-9 });
        expect(norms).toEqual(Float64Array.from(list, (w) => engine.spectralNorm(w, { tolerance: 1e-9 })));
      }),
      { numRuns: 30 },
    );
  });

  test("arguments stay as they are, and what is moved comes back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(matrices, fc.boolean(), async (w, transfer) => {
        const before = w.data.slice();
        await pool.with({ transfer }).dominantTriplet(w);
        expect(w.data).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });
});

test("a pool has all functions of the engine that take plain values", () => {
  const apart = ["matrix", "createSpectralNormalization", "empiricalLipschitz"];
  const names = Object.keys(engine).filter((name) => !apart.includes(name));
  const all = ["spectralNorms", "workers", "with", "close"];
  expect(Object.keys(pool).sort()).toEqual([...names, ...all].sort());
});

test("functions of more than one argument, and of networks and convolutions, are passed on", async () => {
  const w = weight(Float64Array, [3, 4]);
  const [u, v] = [Float64Array.of(1, 2, 3), Float64Array.of(1, 0, 0, 1)];
  expect(await pool.bilinearForm(w, u, v)).toBe(engine.bilinearForm(w, u, v));
  expect(await pool.multiply(w, v)).toEqual(engine.multiply(w, v));
  const kernel = { kernel: weight(Float32Array, [4, 3, 3, 3]).data, shape: [4, 3, 3, 3], inputSize: [6, 6] };
  expect(await pool.convolutionNorm(kernel)).toEqual(engine.convolutionNorm(kernel));
  const layers = [{ type: "dense", ...w }];
  expect(await pool.lipschitzBound(layers as never)).toEqual(engine.lipschitzBound(layers as never));
});

test("nested arrays, handles, parts of buffers and shared memory are all weights", async () => {
  const rows = [
    [3, 0],
    [0, 4],
  ];
  const handle = engine.matrix([2, 2], { dtype: "float64" });
  handle.set(rows.flat());
  const part = new Float64Array([9, ...rows.flat(), 9]).subarray(1, 5);
  const shared = new Float64Array(new SharedArrayBuffer(32));
  shared.set(rows.flat());
  const all: WeightLike[] = [rows, handle, { data: part, shape: [2, 2] }, { data: shared, shape: [2, 2] }];
  for (const w of all) expect(await pool.spectralNorm(w)).toBe(4);
  expect(await pool.spectralNorms(all)).toEqual(Float64Array.of(4, 4, 4, 4));
  handle.free();
});

test("a result goes where the caller wants it", async () => {
  const w = weight(Float32Array, [5, 3]);
  const wanted = engine.spectralNormalize(w);
  const out = new Float32Array(15);
  const given = await pool.spectralNormalize(w, { out });
  expect(given.data).toBe(out);
  expect(given).toEqual(wanted);
  const handle = engine.matrix([5, 3]);
  const there = await pool.spectralNormalize(w, { out: handle });
  expect(there.data).toBe(handle);
  expect(handle.view).toEqual(wanted.data);
  handle.free();
  await pool.spectralNormalize(w, { out: w.data });
  expect(w.data).toEqual(wanted.data);
});

test("while they are away arrays are detached, and the holder has them again whatever came of it", async () => {
  const w = weight(Float32Array, [8, 8]);
  const before = w.data.slice();
  const { data } = w;
  const norm = pool.with({ transfer: true }).spectralNorm(w);
  await expect.poll(() => data.length, { interval: 1 }).toBe(0);
  await norm;
  expect(w.data).toEqual(before);
  const failed = pool.with({ transfer: true }).spectralNorm(w, { tolerance: 2 });
  await expect(failed).rejects.toMatchObject({ code: "OPTION" });
  expect(w.data).toEqual(before);
  const result = await pool.with({ transfer: true }).spectralNormalize(w, { out: w.data });
  expect(result.data).toEqual(engine.spectralNormalize({ data: before, shape: [8, 8] }).data);
  expect(w.data).toEqual(result.data);
});

/** Calls that must fail, and how. */
const refused: Readonly<Record<string, [code: string, words: RegExp, call: (on: Pool) => Promise<unknown>]>> = {
  NaN: ["NON_FINITE", /NaN in row 0, column 1/, (on) => on.spectralNorm([[1, Number.NaN]])],
  "an unknown option": ["OPTION", /tolerence/, (on) => on.spectralNorm([[1]], { tolerence: 1 } as never)],
  "an array of integers": [
    "TYPE",
    /"w\.data" expected/,
    (on) => on.spectralNorm({ data: new Int32Array(1), shape: [1, 1] } as never),
  ],
  "a wrong length": [
    "SHAPE",
    /"w\.data" expected/,
    (on) => on.frobeniusNorm({ data: new Float32Array(5), shape: [2, 3] }),
  ],
  "no weight": ["TYPE", /"w" expected/, (on) => on.spectralNorm(undefined as never)],
  "an operator": [
    "TYPE",
    /"apply" expected what can be sent/,
    (on) => on.spectralNorm({ rows: 1, columns: 1, apply() {} } as never),
  ],
  "what has no clone": ["TYPE", /cannot be sent/, (on) => on.spectralNorm([1, () => 1] as never)],
  "too few passes": [
    "CONVERGENCE",
    /maxIterations/,
    (on) => on.spectralNorm(slow, { method: "power", maxIterations: 1 }),
  ],
  "NaN in a list": ["NON_FINITE", /^"list\[1\]" expected/, (on) => on.spectralNorms([[[1]], [[Number.NaN]]])],
  "no list": ["TYPE", /"list" expected an array of weights, got 3/, (on) => on.spectralNorms(3 as never)],
  "a part of a buffer, to transfer": [
    "TYPE",
    /"data" expected an array to transfer that has its buffer to itself/,
    (on) => on.with({ transfer: true }).spectralNorm({ data: new Float32Array(3).subarray(1), shape: [1, 2] }),
  ],
  "a frozen weight, to transfer": [
    "TYPE",
    /"data" expected an object that can have its array back/,
    (on) => on.with({ transfer: true }).spectralNorm(Object.freeze({ data: new Float32Array(2), shape: [1, 2] })),
  ],
  "a split of what cannot be split": [
    "OPTION",
    /"options.split" expected false for frobeniusNorm/,
    (on) => on.with({ split: true }).frobeniusNorm([[1]]),
  ],
  "a split list": ["OPTION", /"options.split" expected false/, (on) => on.with({ split: true }).spectralNorms([])],
};

test.each(Object.entries(refused))("%s is an error, and the pool goes on", async (_, [code, words, call]) => {
  for (const on of [pool, await poolOf({ workers: 0 })]) {
    const error = await call(on).then(
      () => undefined,
      (thrown: unknown) => thrown as SpectralNormError,
    );
    // In the calling thread all values can be sent.
    if (on.workers === 0 && /cannot/.test(words.source)) continue;
    expect(error).toBeInstanceOf(SpectralNormError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    await expectIntact(on);
  }
});

test("errors have the classes that the package exports, and what they tell", async () => {
  const error = await pool.spectralNorm(slow, { method: "power", maxIterations: 1 }).catch((thrown) => thrown);
  expect(error.name).toBe("ConvergenceError");
  expect(error.reached.iterations).toBe(1);
});

test("a detached array is an error", async () => {
  const data = new Float32Array(4);
  structuredClone(data, { transfer: [data.buffer] });
  await expect(pool.spectralNorm({ data, shape: [2, 2] })).rejects.toMatchObject({ code: "TYPE" });
  await expectIntact(pool);
});

const wrong: readonly (readonly [unknown, string, RegExp])[] = [
  [3, "TYPE", /"options" expected an object/],
  [{ worker: 1 }, "OPTION", /unknown key "worker".*Did you mean "workers"/],
  [{ workers: -1 }, "OPTION", /"options.workers" expected an integer from 0 to 256/],
  [{ workers: "2" }, "TYPE", /"options.workers"/],
  [{ createWorker: 1 }, "TYPE", /"options.createWorker" expected a function/],
];
test.each(wrong)("createPool(%j) is refused", async (options, code, words) => {
  const made = createPool(options as never);
  await expect(made).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
});

const wrongJobs: readonly (readonly [unknown, string, RegExp])[] = [
  [{ signals: 1 }, "OPTION", /unknown key "signals"/],
  [{ signal: {} }, "TYPE", /"options.signal" expected an AbortSignal/],
  [{ transfer: 1 }, "TYPE", /"options.transfer"/],
  [{ split: "yes" }, "TYPE", /"options.split"/],
  [{ split: true, transfer: true }, "OPTION", /"options.transfer" expected false for a matrix that is split/],
];
test.each(wrongJobs)("with(%j) is refused", (options, code, words) => {
  expect(() => pool.with(options as never)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(words) }),
  );
});

test("a worker of the caller's that is none is refused when there is work for it", async () => {
  const odd = await poolOf({ workers: 1, createWorker: () => ({}) });
  await expect(odd.spectralNorm([[1]])).rejects.toMatchObject({ code: "TYPE" });
});

test("idle workers do not keep the process, busy ones do", async () => {
  const code = `
    import { createPool } from "spectral-norm/pool";
    const pool = await createPool({ workers: 2 });
    console.log(await pool.spectralNorm([[3, 0], [0, 4]]));`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    timeout: 300_000,
  });
  expect((await run).stdout).toBe("4\n");
});

test("by default there are as many workers as processors", async () => {
  const { availableParallelism } = await import("node:os");
  expect((await poolOf()).workers).toBe(availableParallelism());
});

test("a list of any length leaves memory of workers as it is", async () => {
  const alone = await poolOf({ workers: 0 });
  const list = Array.from({ length: 50 }, (_, seed) => weight(Float32Array, [64, 64], seed));
  await alone.spectralNorms(list);
  const probe = engine.matrix([1, 1]);
  const before = probe.view.buffer.byteLength;
  for (let round = 0; round < 20; round += 1) await alone.spectralNorms(list);
  expect(probe.view.buffer.byteLength).toBe(before);
  probe.free();
});
