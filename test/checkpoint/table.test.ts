import { describe, expect, test } from "vitest";
import type { Audit } from "../../ts/checkpoint/audit.js";
import { noDetail } from "../../ts/checkpoint/detail.js";
import { renderTable } from "../../ts/checkpoint/report/table.js";
import { printable, shorten, wrap } from "../../ts/checkpoint/report/text.js";
import type { AuditedTensor } from "../../ts/checkpoint/weight.js";

const row: AuditedTensor = {
  ...noDetail,
  name: "conv1.parametrizations.weight.original",
  shape: [128, 64, 4, 4],
  dtype: "F32",
  axis: 0,
  spectralNorm: 1.2219776420702735,
  frobeniusNorm: 33.16853059094141,
  stableRank: 7.367598392535654,
  storedSigma: 1.2026111182449073,
  effectiveNorm: 1.0161037292367878,
  converged: true,
  iterations: 12,
  note: null,
  error: null,
};
const skipped = [
  { name: "b", shape: [3], dtype: "F32", reason: "vector" },
  { name: "c", shape: [3], dtype: "F32", reason: "vector" },
  { name: "q", shape: [3, 3], dtype: "F8_E8M0", reason: "unsupported" },
  { name: "n", shape: [], dtype: "I64", reason: "integer" },
] as const;

function auditWith(...rows: readonly Partial<AuditedTensor>[]): Audit {
  const tensors = rows.map((changes) => ({ ...row, ...changes }));
  return { file: "critic.safetensors", axis: 0, tensors, skipped, adapters: [], heads: [], network: null };
}

const plain = { storedSigma: null, effectiveNorm: null };

describe("wide", () => {
  test("a line a weight", () => {
    const lines = renderTable(auditWith({}, { name: "dense.weight", shape: [1, 512], spectralNorm: 0.1 }), {
      width: 160,
    }).split("\n");
    expect(lines.slice(0, 6)).toEqual([
      "critic.safetensors: 2 weights among 6 tensors, output axis 0; skipped 2 vectors, 1 integer tensor, 1 tensor of type F8_E8M0",
      "",
      "weight                                  shape       dtype  spectral norm  Frobenius norm  stable rank  stored σ  σ / stored",
      "─".repeat(123),
      "conv1.parametrizations.weight.original  128×64×4×4  F32          1.22198         33.1685      7.36760   1.20261     1.01610",
      "dense.weight                            1×512       F32         0.100000         33.1685      7.36760   1.20261     1.01610",
    ]);
  });

  test("columns of stored σ only where there are any", () => {
    expect(renderTable(auditWith(plain))).not.toMatch(/stored/i);
    const mixed = renderTable(auditWith({}, { ...plain, name: "other" }));
    expect(mixed).toMatch(/^other .* 7\.36760 +– +–$/m);
  });
});

describe("narrow", () => {
  const names = ["a.weight", row.name, `transformer.${"layers.10.".repeat(9)}weight`];

  test.each([60, 72, 80, 100, 110, 124, 160])("%i columns hold every line", (width) => {
    const report = renderTable(auditWith(...names.map((name) => ({ name }))), { width });
    const widest = Math.max(...report.split("\n").map((line) => [...line].length));
    expect(widest).toBeLessThanOrEqual(Math.max(width, 70));
    expect(report).toMatch(/^ *(?:\S+ +)?128×64×4×4 +F32 +1\.22198 +33\.1685 +7\.36760 +1\.20261 +1\.01610$/m);
  });

  test("80 columns give the name a line of its own", () => {
    expect(renderTable(auditWith({}), { width: 80 })).toContain(
      "\nconv1.parametrizations.weight.original\n  128×64×4×4  F32     1.22198    33.1685  7.36760  1.20261  1.01610\n",
    );
  });

  test("or shorten it in the middle, if enough of it remains", () => {
    const report = renderTable(auditWith(plain, { ...plain, name: "a" }), { width: 80 });
    expect(report).toContain("\nconv1.parametri…weight.original  128×64×4×4  F32");
  });
});

describe("what went wrong", () => {
  test("a weight that is not finite", () => {
    const nothing = { spectralNorm: null, frobeniusNorm: null, stableRank: null, converged: null, iterations: null };
    const error = { code: "NON_FINITE", message: "NaN at row 3, column 5" };
    const report = renderTable(auditWith(plain, { ...plain, ...nothing, name: "bad", error }), { width: 80 });
    expect(report).toMatch(/^bad .* error +– +–$/m);
    expect(report).toMatch(/^bad: NaN at row 3, column 5$/m);
  });

  test("bounds instead of values without convergence", () => {
    const report = renderTable(auditWith({ converged: false }));
    expect(report).toMatch(/ ≥1\.22198 +33\.1685 +≤7\.36760 +1\.20261 +≥1\.01610$/m);
    expect(report).toMatch(/^1 weight did not reach the tolerance/m);
  });

  test("notes on rows", () => {
    const report = renderTable(auditWith({ axis: 1 }, { name: "odd", note: "its stored u is odd" }));
    expect(report).toMatch(/original: read along axis 1, which its stored u fits\.$/m);
    expect(report).toMatch(/^odd: its stored u is odd\.$/m);
  });

  test("no weights", () => {
    expect(renderTable({ ...auditWith(), skipped: [] })).toBe(
      "critic.safetensors: 0 weights among 0 tensors, output axis 0\n",
    );
  });
});

test("color is added by line and by request only", () => {
  const error = { code: "NON_FINITE", message: "NaN" };
  const report = renderTable(auditWith({ name: "bad", error }), {
    width: 60,
    paint: (style, text) => `<${style}>${text}</>`,
  });
  expect(report).toMatch(/^<bold>critic.safetensors.*<\/>\n<bold> {2}.*<\/>$/m);
  expect(report).toMatch(/^<red>bad: NaN<\/>$/m);
  expect(report).toMatch(/^<dim>Stable rank: .*<\/>$/m);
  expect(renderTable(auditWith({ name: "bad", error }))).not.toContain("\u001b");
});

test("names of strangers cannot steer the terminal", () => {
  const report = renderTable({ ...auditWith({ name: "a\u001b[2J\n\u202eb" }), file: "x\u001b]0;y\u0007" });
  expect(report).toContain("a\\u{1b}[2J\\u{a}\\u{202e}b");
  expect(report).toContain("x\\u{1b}]0;y\\u{7}:");
  expect(printable("größer.weight 权重")).toBe("größer.weight 权重");
});

test("texts are shortened in the middle, by characters", () => {
  expect(shorten("abcdefgh", 8)).toBe("abcdefgh");
  expect(shorten("abcdefgh", 7)).toBe("abc…fgh");
  expect(shorten("abcdefgh", 4)).toBe("ab…h");
  expect(shorten("😀😀😀😀", 3)).toBe("😀…😀");
});

test("paragraphs break between words", () => {
  expect(wrap("one two three", 9)).toBe("one two\n  three");
  expect(wrap("incomprehensibility is long", 5)).toBe("incomprehensibility\n  is\n  long");
  expect(wrap("as it is", Number.POSITIVE_INFINITY)).toBe("as it is");
});
