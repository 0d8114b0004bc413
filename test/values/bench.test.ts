import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Timing {
  readonly peer: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

interface Outcome {
  readonly machine: { readonly node: string };
  readonly shapes: readonly { readonly shape: string; readonly results: readonly Timing[] }[];
  readonly calls: readonly { readonly shape: string; readonly results: readonly Timing[] }[];
  readonly startup: { readonly above: number };
  readonly verdict: { readonly ratios: readonly { readonly peer: string; readonly ratio: number }[] };
}

/** The peers must agree on σ before they are timed, so this fails when ours and the loops do not. */
function bench(...args: string[]): string {
  const script = fileURLToPath(new URL("../../bench/run.mjs", import.meta.url));
  return execFileSync(process.execPath, [script, "--quick", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("the benchmark runs, and its numbers are numbers", { timeout: 60_000 }, () => {
  const { machine, shapes, calls, startup, verdict } = JSON.parse(bench("--json")) as Outcome;
  expect(machine.node).toBe(process.versions.node);
  for (const { results } of [...shapes, ...calls]) {
    expect(results.length).toBeGreaterThanOrEqual(3);
    for (const { median, min, max } of results) {
      expect(min).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(min);
      expect(max).toBeGreaterThanOrEqual(median);
    }
  }
  expect(Number.isFinite(startup.above)).toBe(true);
  expect(verdict.ratios.every(({ ratio }) => ratio > 0 && Number.isFinite(ratio))).toBe(true);
});

test("its tables have a row a shape", { timeout: 60_000 }, () => {
  const printed = bench();
  expect(printed).toMatch(/^\| shape \| spectral-norm \| loops \|/m);
  expect(printed.match(/^\| 64×64 \|/gm)).toHaveLength(3);
  expect(printed).toContain("From import to first σ in Node:");
});
