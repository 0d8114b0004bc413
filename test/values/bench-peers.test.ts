import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const { alternate } = await import(path("bench/alternate.mjs"));
const { exponent, filled, verdicts } = await import(path("bench/report-peers.mjs"));

interface Found {
  readonly machine: { readonly node: string };
  readonly cases: readonly {
    readonly results: readonly { samples: readonly number[]; median: number; min: number; max: number }[];
  }[];
}

function bench(...args: string[]) {
  return spawnSync(process.execPath, [path("bench/peers.mjs"), ...args], { encoding: "utf8", maxBuffer: 2 ** 26 });
}

/** A runner that takes so many microseconds a repetition by its own account, and finds so much. */
function runner(peer: string, time: number, sigma = 2) {
  const counts: number[] = [];
  const run = async (count: number) => {
    counts.push(count);
    return { sigma, time: time * count };
  };
  return { peer, run, counts };
}

test("runners have a sample a round, each long enough, and are told their median and their error", async () => {
  const [fast, slow] = [runner("fast", 10), runner("slow", 50_000, 2 + 4e-6)];
  const results = await alternate([fast, slow], { rounds: 5, least: 20, fewest: 3 });
  expect(results).toMatchObject([
    { peer: "fast", sigma: 2, error: 0, samples: [10, 10, 10, 10, 10], median: 10, min: 10, max: 10 },
    { peer: "slow", samples: [50_000, 50_000, 50_000, 50_000, 50_000] },
  ]);
  expect(results[1].error).toBeCloseTo(2e-6, 12);
  // The last five are the samples.
  expect(Math.min(...fast.counts.slice(-5))).toBeGreaterThanOrEqual(2000);
  expect(slow.counts.slice(-5)).toEqual([3, 3, 3, 3, 3]);
});

test("one that is out of patience has a sample all the same", async () => {
  const [{ samples }] = await alternate([runner("slow", 9e6)], { rounds: 5, patience: 8000 });
  expect(samples).toEqual([9e6]);
});

test("one that finds another σ is named, and all are disposed of", async () => {
  let disposed = 0;
  const dispose = () => {
    disposed += 1;
  };
  const runners = [runner("one", 10), runner("other", 10, 2.1)].map((each) => ({ ...each, dispose }));
  await expect(alternate(runners, { rounds: 1 })).rejects.toThrow("other finds σ = 2.1, not 2");
  expect(disposed).toBe(2);
});

test("ratios are of medians, goals those of the case, and ours in another way is no peer", () => {
  const result = (peer: string, median: number) => ({ peer, median, min: median, max: median, error: 0, sigma: 1 });
  const part = { goal: (_: unknown, peer: string) => (peer === "a" ? 3 : undefined) };
  const results = [result("spectral-norm", 2), result("spectral-norm, otherwise", 1), result("a", 5), result("b", 1)];
  expect(verdicts(part, { cases: [{ name: "64×64", results }] })).toEqual([
    { case: "64×64", peer: "a", ratio: 2.5, least: 3 },
    { case: "64×64", peer: "b", ratio: 0.5, least: undefined },
  ]);
});

test("the exponent of a power is that power", () => {
  expect(exponent([1, 2, 4, 8].map((n) => [n, 7 * n ** 2.5]))).toBeCloseTo(2.5, 12);
});

test("sections that nothing was found for stay as they are", () => {
  const page = "<!-- numpy:begin -->\nold\n<!-- numpy:end -->\n<!-- goals:begin -->\n<!-- goals:end -->\n";
  expect(filled(page, {})).toBe(
    page.replace("<!-- goals:begin -->\n", "<!-- goals:begin -->\nOf 0 goals 0 were reached in these runs.\n"),
  );
});

test("what needs nothing installed runs, and its numbers are numbers", () => {
  const { status, stdout } = bench("--quick");
  expect(status).toBe(0);
  const record = JSON.parse(stdout);
  expect(Object.keys(record)).toEqual(["storage", "pool", "startup", "growth", "choices"]);
  for (const { machine, cases } of Object.values<Found>(record)) {
    expect(machine.node).toBe(process.versions.node);
    for (const { samples, median, min, max } of cases.flatMap(({ results }) => results)) {
      expect(samples.length).toBeGreaterThanOrEqual(3);
      expect(min).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(min);
      expect(max).toBeGreaterThanOrEqual(median);
    }
  }
});

test("an unknown part, and no rounds, are refused", () => {
  expect(bench("--only", "numpy,nonsense")).toMatchObject({ status: 2, stdout: "" });
  expect(bench("--rounds", "0")).toMatchObject({ status: 2, stdout: "" });
});

test("docs/benchmarks.md, docs/performance.md and their pictures are those of docs/benchmarks.json", () => {
  const { status, stderr } = bench("--check");
  expect(stderr).toContain("is current");
  expect(status).toBe(0);
  const record = JSON.parse(readFileSync(path("docs/benchmarks.json"), "utf8"));
  const pages = ["benchmarks", "performance"].map((name) => readFileSync(path(`docs/${name}.md`), "utf8")).join("");
  for (const id of Object.keys(record)) expect(pages).toContain(`<!-- ${id}:begin -->\n`);
});
