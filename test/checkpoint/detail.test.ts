import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type Audit, type AuditOptions, audit } from "../../ts/checkpoint/audit.js";
import { certaintyFor } from "../../ts/checkpoint/detail.js";
import { parseArchitecture } from "../../ts/checkpoint/layers.js";
import { exampleFolder } from "./examples.js";
import { float32, RecordingSource, safetensors } from "./writer.js";

const engine = await load();
const expected = JSON.parse(readFileSync(new URL("expected.json", exampleFolder), "utf8"));

function auditFile(name: string, options: AuditOptions): Promise<Audit> {
  return audit(engine, fileURLToPath(new URL(name, exampleFolder)), options);
}

const critic = "wgan-sn-critic.safetensors";
const classifier = "digits-classifier.safetensors";

describe.each([critic, classifier])("%s", (name) => {
  const audited = auditFile(name, { detail: { values: 3 } });

  test("has an interval around every norm, with proof, logarithms and the leading values", async () => {
    for (const row of (await audited).tensors) {
      const truth = expected[name].tensors[row.name];
      // NumPy's norms have rounding errors, too.
      expect(row.lower).toBeLessThanOrEqual(truth.spectralNorm * (1 + 1e-12));
      expect(row.upper).toBeGreaterThanOrEqual(truth.spectralNorm * (1 - 1e-12));
      expect((row.upper ?? 0) / (row.lower ?? 0)).toBeLessThan(1 + 1e-7);
      expect(row.certainty).toBe("rigorous");
      expect(row.logSpectralNorm).toBeCloseTo(Math.log10(truth.spectralNorm), 6);
      expect(row.logFrobeniusNorm).toBeCloseTo(Math.log10(truth.frobeniusNorm), 6);
      const rows = row.shape[0] ?? 0;
      const columns = row.shape.slice(1).reduce((a, b) => a * b, 1);
      expect(row.spectralCondition).toBeCloseTo(truth.spectralNorm * Math.sqrt(columns / rows), 4);
      expect(row.singularValues).toHaveLength(Math.min(3, rows, columns));
      expect(row.singularValues?.[0]).toBeCloseTo(truth.spectralNorm, 5);
    }
  });

  test("brackets every convolution as it runs, without being told how", async () => {
    const operators: Record<string, { operatorNorm: number }> = expected[name].operators;
    for (const [layer, { operatorNorm }] of Object.entries(operators)) {
      const row = (await audited).tensors.find((candidate) => candidate.name.startsWith(`${layer}.`));
      expect(row?.operator).toMatchObject({ sigma: null, method: "bracket", layer: null });
      expect(row?.operator?.lower).toBeLessThanOrEqual(operatorNorm);
      expect(row?.operator?.upper).toBeGreaterThanOrEqual(operatorNorm);
    }
  });

  test("has the norm as run, certified, where the layers are told", async () => {
    const operators: Record<string, never> = expected[name].operators;
    const suffix = name === critic ? "parametrizations.weight.original" : "weight";
    const layers = Object.entries(operators).map(([layer, { input, stride, padding, groups }]) => {
      const [, ...inputSize] = input as number[];
      return [`${layer}.${suffix}`, { stride, padding, groups, inputSize }];
    });
    const architecture = parseArchitecture("layers.json", JSON.stringify(Object.fromEntries(layers)));
    const { tensors } = await auditFile(name, { architecture });
    for (const [layer, { operatorNorm }] of Object.entries(operators)) {
      const { operator } = tensors.find((row) => row.name.startsWith(`${layer}.`)) ?? {};
      expect(Math.abs((operator?.sigma ?? 0) / operatorNorm - 1)).toBeLessThan(1e-6);
      expect(operator?.lower).toBeLessThanOrEqual(operatorNorm * (1 + 1e-9));
      expect(operator?.upper).toBeGreaterThanOrEqual(operatorNorm * (1 - 1e-9));
    }
  });
});

describe("laws", () => {
  const values = Array.from({ length: 60 }, (_, index) => Math.sin(index * index));
  const file = (shape: number[]) => new RecordingSource(safetensors({ w: float32(shape, values) }));

  test("the squares of all singular values add up to that of the Frobenius norm", async () => {
    const { tensors } = await audit(engine, file([6, 10]), { detail: { values: 100 } });
    const [row] = tensors;
    const sum = (row?.singularValues ?? []).reduce((total, value) => total + value * value, 0);
    expect(row?.singularValues).toHaveLength(6);
    expect(sum / (row?.frobeniusNorm ?? 0) ** 2).toBeCloseTo(1, 10);
  });

  test.each([0, "last"] as const)(
    "the bracket along axis %s holds the norm for every stride, group and size",
    async (axis) => {
      const [layout, shape] = axis === 0 ? (["OIW", [4, 5, 3]] as const) : (["WIO", [3, 5, 4]] as const);
      const { tensors } = await audit(engine, file([...shape]), { axis, detail: {} });
      const { lower = 0, upper = 0 } = tensors[0]?.operator ?? {};
      const kernel = Float32Array.from(values);
      for (const stride of [1, 2, 3]) {
        for (const dilation of [1, 2]) {
          for (const groups of [1, 2, 4]) {
            const layer = { kernel, shape, layout, stride, dilation, groups, padding: 1, inputSize: 12 };
            const norm = engine.convolutionNorm(layer);
            expect(lower).toBeLessThanOrEqual(norm.upper);
            expect(upper).toBeGreaterThanOrEqual(norm.lower);
          }
        }
      }
    },
  );

  test("a depthwise kernel of Keras, which looks like any other, is within its bracket", async () => {
    const { tensors } = await audit(engine, file([3, 10, 2]), { axis: "last", detail: {} });
    const kernel = Float32Array.from(values);
    const norm = engine.convolutionNorm({ kernel, shape: [3, 10, 2], layout: "WIM", padding: 1, inputSize: 9 });
    expect(tensors[0]?.operator?.lower).toBeLessThanOrEqual(norm.upper);
    expect(tensors[0]?.operator?.upper).toBeGreaterThanOrEqual(norm.lower);
  });

  test("a zero weight has no logarithm, and a condition of 0", async () => {
    const source = new RecordingSource(safetensors({ w: float32([2, 2, 1], [0, 0, 0, 0]) }));
    const { tensors } = await audit(engine, source, { detail: {} });
    expect(tensors).toMatchObject([
      {
        lower: 0,
        upper: 0,
        logSpectralNorm: null,
        logFrobeniusNorm: null,
        spectralCondition: 0,
        singularValues: [0, 0],
      },
    ]);
  });

  test("a probability is told as such", async () => {
    const { tensors } = await audit(engine, file([6, 10]), { detail: { certainty: 0.999, values: 0 } });
    expect(tensors).toMatchObject([{ certainty: 0.999, singularValues: null }]);
  });

  test("values that do not converge are left out, and the rest is there", async () => {
    const many = Array.from({ length: 6400 }, (_, index) => Math.sin(index * index));
    const source = new RecordingSource(safetensors({ w: float32([80, 80], many) }));
    const { tensors } = await audit(engine, source, { maxIterations: 1, detail: { values: 2 } });
    expect(tensors).toMatchObject([{ converged: false, singularValues: null, error: null, upper: expect.any(Number) }]);
  });
});

test.each([
  [{ detail: { values: -1 } }, "OPTION", /"values" expected an integer from 0 to 65536, got -1/],
  [{ detail: { values: "x" } }, "TYPE", /"values" expected an integer/],
  [{ detail: { certainty: "sure" } }, "OPTION", /"options.certainty" expected/],
  [{ detail: { certainty: 2 } }, "OPTION", /"options.certainty" expected/],
  [{ detail: { valeus: 2 } }, "OPTION", /"detail" expected certainty or values, got "valeus"/],
  [{ loraAlpha: "x" }, "OPTION", /"loraAlpha" expected a finite number, got "x"/],
])("%j is refused before anything is read", async (options, code, message) => {
  const source = new RecordingSource(safetensors({ w: float32([1, 1], [1]) }));
  const error = await audit(engine, source, options as AuditOptions).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(source.reads).toEqual([]);
});

describe("without a word on certainty", () => {
  test.each([
    [1290, 1290, "rigorous"],
    [1300, 1300, 1 - 1e-9],
    [200, 40_000, "rigorous"],
    [40_000, 200, "rigorous"],
    // Affordable in time, but not in copies.
    [64, 2 ** 19, 1 - 1e-9],
    [2 ** 19, 64, 1 - 1e-9],
  ])("a matrix of %i × %i has an interval that is %s", (rows, columns, certainty) => {
    expect(certaintyFor(rows, columns, {})).toBe(certainty);
    expect(certaintyFor(rows, columns, { certainty: "rigorous" })).toBe("rigorous");
  });
});
