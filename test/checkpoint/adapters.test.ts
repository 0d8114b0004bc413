import fc from "fast-check";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit } from "../../ts/checkpoint/audit.js";
import { coreOf } from "../../ts/checkpoint/low-rank.js";
import { operators } from "./operators.js";
import { float32, float64, RecordingSource, safetensors, type Written, zeros } from "./writer.js";

const engine = await load();

async function adaptersOf(tensors: Readonly<Record<string, Written>>, options: AuditOptions = {}) {
  const source = new RecordingSource(safetensors(tensors));
  return (await audit(engine, source, { operators, detail: { values: 4 }, ...options })).adapters;
}

const entries = (count: number, seed: number) =>
  Array.from({ length: count }, (_, index) => Math.sin(seed + index * index));

/** B·A, written out. */
function dense(b: readonly number[], a: readonly number[], rows: number, rank: number): number[][] {
  const columns = a.length / rank;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_unused, column) =>
      Array.from({ length: rank }, (_no, k) => (b[row * rank + k] ?? 0) * (a[k * columns + column] ?? 0)).reduce(
        (x, y) => x + y,
        0,
      ),
    ),
  );
}

describe("a pair", () => {
  const [a, b] = [entries(2 * 7, 1), entries(5 * 2, 9)];
  const truth = dense(b, a, 5, 2);
  const [sigma, frobenius, values] = [
    engine.spectralNorm(truth),
    engine.frobeniusNorm(truth),
    engine.singularValues(truth),
  ];
  const pair = { "q.lora_A.weight": float64([2, 7], a), "q.lora_B.weight": float64([5, 2], b) };

  test("of PEFT has the norms of the product that nobody writes out", async () => {
    const [row] = await adaptersOf(pair);
    expect(row).toMatchObject({ name: "q (B·A)", shape: [5, 7], dtype: "F64", error: null, converged: true });
    expect(row?.adapter).toEqual({ down: "q.lora_A.weight", up: "q.lora_B.weight", rank: 2, alpha: null, scale: null });
    expect((row?.spectralNorm ?? 0) / sigma).toBeCloseTo(1, 6);
    expect((row?.frobeniusNorm ?? 0) / frobenius).toBeCloseTo(1, 12);
    expect(row?.lower).toBeLessThanOrEqual(sigma);
    expect(row?.upper).toBeGreaterThanOrEqual(sigma);
    expect((row?.upper ?? 0) / sigma).toBeLessThan(1 + 1e-7);
    expect(row?.singularValues).toHaveLength(2);
    row?.singularValues?.forEach((value, index) => {
      expect(value / (values[index] ?? 0)).toBeCloseTo(1, 10);
    });
  });

  test("is scaled by α/rank, of the file or as given", async () => {
    const kohya = {
      "q.lora_down.weight": float64([2, 7], a),
      "q.lora_up.weight": float64([5, 2], b),
      "q.alpha": float32([], [8]),
    };
    for (const [tensors, options] of [
      [kohya, { loraAlpha: 1 }],
      [pair, { loraAlpha: 8 }],
    ] as const) {
      const [row] = await adaptersOf(tensors, options);
      expect(row?.adapter).toMatchObject({ alpha: 8, scale: 4 });
      expect(row?.name).toBe("q (s·B·A)");
      expect((row?.spectralNorm ?? 0) / (4 * sigma)).toBeCloseTo(1, 6);
      expect((row?.frobeniusNorm ?? 0) / (4 * frobenius)).toBeCloseTo(1, 12);
      expect(row?.upper).toBeGreaterThanOrEqual(4 * sigma);
    }
  });

  test.each([
    ["m.lora_A.default.weight", "m.lora_B.default.weight"],
    ["m.lora_embedding_A", "m.lora_embedding_B"],
    ["m.lora.down.weight", "m.lora.up.weight"],
  ])("is known as %s", async (down, up) => {
    expect(await adaptersOf({ [up]: float64([5, 2], b), [down]: float64([2, 7], a) })).toMatchObject([
      { name: "m (B·A)" },
    ]);
  });

  test("of a convolution is its kernel, reshaped", async () => {
    const tensors = { "c.lora_down.weight": float64([2, 1, 7], a), "c.lora_up.weight": float64([5, 2, 1], b) };
    const [row] = await adaptersOf(tensors);
    expect(row?.shape).toEqual([5, 1, 7]);
    expect((row?.spectralNorm ?? 0) / sigma).toBeCloseTo(1, 6);
  });

  test.each([
    ["that does not fit", float64([5, 3], entries(15, 1)), "SHAPE", /as many columns as A has rows, 2, got 3/],
    ["of integers", zeros("I32", [5, 2], 40), "SHAPE", /q\.lora_B\.weight is I32/],
    [
      "with NaN",
      float64(
        [5, 2],
        b.map((entry, index) => (index === 3 ? Number.NaN : entry)),
      ),
      "NON_FINITE",
      /q\.lora_B\.weight.*NaN at index 3/,
    ],
  ])("%s is an error of its row", async (_, up, code, message) => {
    const rows = await adaptersOf({ ...pair, "q.lora_B.weight": up });
    expect(rows).toMatchObject([{ spectralNorm: null, error: { code, message: expect.stringMatching(message) } }]);
  });

  test("needs both of its factors", async () => {
    expect(await adaptersOf({ "q.lora_A.weight": float64([2, 7], a) })).toEqual([]);
  });
});

test("a core has the norm of its product within its error, whatever the factors", () => {
  // Products that float64 cannot hold would make an oracle of none.
  const entry = fc.double({ min: -1, max: 1, noNaN: true }).map((x) => (Math.abs(x) < 1e-100 ? 0 : x));
  const factors = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }))
    .chain(([rows, rank, columns]) =>
      fc.record({
        rank: fc.constant(rank),
        rows: fc.constant(rows),
        b: fc.array(entry, { minLength: rows * rank, maxLength: rows * rank }),
        a: fc.array(entry, { minLength: rank * columns, maxLength: rank * columns }),
        repeats: fc.boolean(),
      }),
    );
  fc.assert(
    fc.property(factors, ({ rows, rank, b, a, repeats }) => {
      // Columns that are alike make a singular triangle.
      const left = repeats ? b.map((_, index) => b[index - (index % rank)] ?? 0) : b;
      const columns = a.length / rank;
      const core = coreOf(
        { data: Float64Array.from(left), rows, columns: rank },
        { data: Float64Array.from(a), rows: rank, columns },
      );
      const { lower, upper } = engine.spectralNormBounds({ data: core.data, shape: core.shape });
      const truth = engine.spectralNormBounds(dense(left, a, rows, rank));
      expect((lower - core.error) * core.scale).toBeLessThanOrEqual(truth.upper);
      expect((upper + core.error) * core.scale).toBeGreaterThanOrEqual(truth.lower);
    }),
  );
});
