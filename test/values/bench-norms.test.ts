import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Result {
  readonly peer: string;
  readonly error: number;
  readonly count: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

interface Outcome {
  readonly machine: { readonly node: string };
  readonly shapes: readonly { readonly shape: string; readonly results: readonly Result[] }[];
  readonly verdicts: readonly { readonly peer: string; readonly ratio: number; readonly met?: boolean }[];
}

/** The peers must agree on σ to 1e-5, or it fails. */
function bench(...args: string[]): string {
  const script = fileURLToPath(new URL("../../bench/norms.mjs", import.meta.url));
  return execFileSync(process.execPath, [script, "--quick", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("the benchmark of norms runs, its numbers are numbers, and ours is the norm", { timeout: 60_000 }, () => {
  const { machine, shapes, verdicts } = JSON.parse(bench("--json")) as Outcome;
  expect(machine.node).toBe(process.versions.node);
  expect(shapes.map(({ shape }) => shape)).toEqual(["48×48", "80×80"]);
  for (const { results } of shapes) {
    expect(results.map(({ peer }) => peer)).toEqual([
      "spectral-norm, handle",
      "spectral-norm, typed array",
      "spectral-norm, tolerance=1e-4",
      "ml-matrix",
    ]);
    for (const { error, count, median, min, max } of results) {
      expect(Math.abs(error)).toBeLessThan(1e-6);
      expect(count).toBe(3);
      expect(min).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(min);
      expect(max).toBeGreaterThanOrEqual(median);
    }
  }
  // So short, the samples say nothing about speed, and no verdict is given.
  expect(verdicts.every(({ ratio, met }) => ratio > 0 && Number.isFinite(ratio) && met === undefined)).toBe(true);
  expect(verdicts).toHaveLength(6);
});

test("its tables have a column a shape and a row a peer, and what is left out is said", { timeout: 60_000 }, () => {
  const printed = bench();
  expect(printed.match(/^\| {2}\| 48×48 \| 80×80 \|$/gm)).toHaveLength(3);
  expect(printed.match(/^\| spectral-norm, handle \|/gm)).toHaveLength(2);
  expect(printed.match(/^\| ml-matrix \|/gm)).toHaveLength(3);
  expect(printed).toContain("Python's peers are left out: --quick asks for nothing that must be installed.");
});

test("an unknown option is refused", () => {
  expect(() => bench("--side", "3")).toThrow(/Usage: npm run bench:norms/);
});
