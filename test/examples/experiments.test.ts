import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judge } from "../../examples/experiments/claims.mjs";
import { spread } from "../../examples/experiments/drawing.mjs";
import { makePlan, type Run } from "../../examples/experiments/plan.mjs";
import { stepsToDistance, unevenness } from "../../examples/experiments/quantities.mjs";
import type { Record as Kept } from "../../examples/experiments/records.mjs";
import { between, spanOf, writeReport } from "../../examples/experiments/report.mjs";
import { allOf, compare, median, overData } from "../../examples/experiments/rules.mjs";
import { csv } from "../../examples/experiments/tables.mjs";

import { type Made, makeUp, seeds, when } from "./experiments.made-up.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "experiments-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const verdictOf = (records: readonly Kept[], id: string) => judge(records).find((claim) => claim.id === id)?.verdict;

describe("the rules", () => {
  test("a median is the middle, also among what was never reached", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    const never = Number.POSITIVE_INFINITY;
    expect(median([1, never, never])).toBe(never);
    expect(median([1, 2, never, never])).toBe(never);
    expect(median([never, never])).toBe(never);
  });

  test.each([
    { smaller: [1, 2, 3, 4, 5], larger: [2, 3, 4, 5, 6], verdict: "confirmed" },
    { smaller: [2, 3, 4, 5, 6], larger: [1, 2, 3, 4, 5], verdict: "refuted" },
    { smaller: [1, 2, 3, 4, 6], larger: [2, 3, 4, 5, 5], verdict: "undecided" },
    // A tie is neither.
    { smaller: [1, 2, 3, 4, 5], larger: [2, 3, 4, 5, 5], verdict: "undecided" },
    // Neither ever got there.
    { smaller: seeds.map(() => Infinity), larger: seeds.map(() => Infinity), verdict: "undecided" },
    { smaller: seeds, larger: seeds.map(() => Infinity), verdict: "confirmed" },
    { smaller: seeds.map(() => Number.NaN), larger: seeds, verdict: "undecided" },
    // Four seeds decide nothing.
    { smaller: [1, 2, 3, 4], larger: [2, 3, 4, 5], verdict: "undecided" },
    { smaller: [], larger: [], verdict: "undecided" },
  ])("$smaller below $larger is $verdict", ({ smaller, larger, verdict }) => {
    expect(compare(smaller, larger).verdict).toBe(verdict);
  });

  test("both sides have the same seeds", () => {
    expect(() => compare([1, 2], [1])).toThrow("compare expected as many numbers on both sides, got 2 and 1");
  });

  test.each([
    [["confirmed", "confirmed", "undecided", "undecided"], "confirmed"],
    [["confirmed", "undecided", "undecided"], "undecided"],
    [["confirmed", "confirmed", "confirmed", "refuted"], "undecided"],
    [["refuted", "undecided"], "refuted"],
    [[], "undecided"],
  ] as const)("over data %j is %s", (verdicts, verdict) => {
    expect(overData(verdicts)).toBe(verdict);
  });

  test.each([
    [["confirmed", "confirmed"], "confirmed"],
    [["confirmed", "undecided"], "undecided"],
    [["confirmed", "refuted"], "refuted"],
    [[], "undecided"],
  ] as const)("all of %j is %s", (verdicts, verdict) => {
    expect(allOf(verdicts)).toBe(verdict);
  });
});

describe("claims on made-up records", () => {
  const [torch, penalty] = ["spectralTorch", "gradientPenalty"];
  const is = (method: string) => (run: Run) => run.method === method;
  const many = (run: Run) => run.method.endsWith("Penalty") && run.options["classes"] === 10;

  test.each([
    ["1a", "confirmed", { final: when(is(torch), 0.05, 0.2), milliseconds: when(is(torch), 5, 10) }],
    // Fewer steps, but dearer ones.
    ["1a", "refuted", { final: when(is(torch), 0.05, 0.2), milliseconds: when(is(torch), 15, 10) }],
    ["1a", "undecided", { final: when(is(torch), 0.05, 0.2) }],
    [
      "2",
      "confirmed",
      { angle: when(is("spectralConstraint"), 40, 1), final: when(is("spectralConstraint"), 0.3, 0.1) },
    ],
    ["2", "refuted", { angle: when(is("spectralConstraint"), 1, 40), final: when(is("spectralConstraint"), 0.3, 0.1) }],
    // What counts is each side at its best, not at the common settings.
    ["1c", "confirmed", { final: (run: Run) => (is(penalty)(run) ? 0.4 : run.options["rate"] === 1e-3 ? 0.1 : 0.9) }],
    ["1c", "refuted", { final: (run: Run) => (is(torch)(run) ? 0.4 : run.options["lambda"] === 0.1 ? 0.1 : 0.9) }],
    ["1c", "undecided", {}],
    ["2", "undecided", { angle: when(is("spectralConstraint"), 40, 1) }],
    ["3", "confirmed", { final: when(is("oneSidedPenalty"), 0.1, 0.2) }],
    ["3", "refuted", { final: when(is("oneSidedPenalty"), 0.2, 0.1) }],
    ["3", "undecided", { final: (run: Run) => (is("oneSidedPenalty")(run) && run.seed < 4 ? 0.1 : 0.2) }],
    // Exploding is as bad as fading.
    ["4", "confirmed", { fade: when(is("weightClipping"), -0.5, 0.1) }],
    ["4", "refuted", { fade: when(is("weightClipping"), 0.1, 0.5) }],
    ["4", "undecided", {}],
    ["5a", "confirmed", { score: when(is("spectral"), 0.8, 0.7) }],
    ["5a", "refuted", { score: when(is("spectral"), 0.6, 0.7) }],
    ["5b", "confirmed", { score: when(is("gradient"), 0.8, 0.7) }],
    ["5b", "undecided", {}],
    ["6", "confirmed", { final: when(many, 0.4, 0.2) }],
    ["6", "refuted", { final: when(many, 0.1, 0.2) }],
    ["6", "undecided", {}],
  ] as [string, string, Made][])("%s is %s", (id, verdict, made) => {
    expect(verdictOf(makeUp(made), id)).toBe(verdict);
  });

  test("one seed decides nothing", () => {
    const claims = judge(makeUp({ plan: makePlan("quick"), score: when(is("spectral"), 0.8, 0.7) }));
    expect(claims.map(({ id }) => id)).toEqual(["1a", "1b", "1c", "2", "3", "4", "5a", "5b", "6"]);
    expect(new Set(claims.map(({ verdict }) => verdict))).toEqual(new Set(["undecided"]));
  });

  test("λ is chosen under attack on the validation part", () => {
    const best = (run: Run) => (run.options["lambda"] === 0.3 ? 0.9 : 0.1);
    const claim = judge(makeUp({ score: best })).find(({ id }) => id === "5a");
    // 0.3 is of the grid of λ‖W‖₂² (0.1 times 3) and not of that of λ‖W‖_F².
    expect(claim?.parts[0]?.comparisons[0]?.values).toEqual([seeds.map(() => 0.1), seeds.map(() => 0.9)]);
  });

  test("a NaN loss counts as no distance at all", () => {
    const records = makeUp().map((record) => {
      const failed = record.run.method === penalty && "curve" in record.result;
      return failed ? { ...record, result: { ...record.result, failedAt: 3 } as Kept["result"] } : record;
    });
    expect(verdictOf(records, "3")).toBe("confirmed");
  });

  test("steps to a distance, and how uneven gradients are", () => {
    const [record] = makeUp({ final: () => 0.5, fade: () => -0.5 });
    // At half exactly in the last step.
    expect(stepsToDistance(record ?? expect.unreachable())).toBe(5);
    expect(unevenness(record ?? expect.unreachable())).toBeCloseTo(0.5);
    const [never] = makeUp({ final: () => 0.51 });
    expect(stepsToDistance(never ?? expect.unreachable())).toBe(Infinity);
  });
});

describe("the report", () => {
  test("has a section, a verdict and numbers for every claim, and files that agree with it", () => {
    const out = join(folder, "docs");
    const lines = writeReport(makeUp({ score: when((run) => run.method === "spectral", 0.8, 0.7) }), "full", out);
    const page = readFileSync(join(out, "experiments.md"), "utf8");
    expect([...page.matchAll(/^### (\d\w?)\. /gm)].map(([, id]) => id)).toEqual([
      "1a",
      "1b",
      "1c",
      "2",
      "3",
      "4",
      "5a",
      "5b",
      "6",
    ]);
    expect(page).toContain("| 5a | Supervised: spectral against frobenius | confirmed |");
    expect(page).toContain("frobenius: 0.7 | spectral: 0.8 | 5 : 0 | confirmed |");
    expect(page).not.toContain("quick plan");
    expect(page).not.toMatch(/NaN|undefined/);
    for (const [, file = ""] of page.matchAll(/(?:srcset|src)="([^"]+)"/g)) {
      expect(lines).toContain(file);
      const svg = readFileSync(join(out, file), "utf8");
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|undefined/);
    }
    const curves = readFileSync(join(out, "experiments", "curves.csv"), "utf8")
      .trimEnd()
      .split("\n");
    const columns = curves[0]?.split(",").length;
    expect(curves.every((line) => line.split(",").length === columns)).toBe(true);
    const training = makePlan("full").filter(({ task }) => task !== "supervised").length;
    expect(curves).toHaveLength(1 + 6 * training);
    const claims = readFileSync(join(out, "experiments", "claims.csv"), "utf8");
    expect(claims).toContain("5a,confirmed,accuracy under attack,yes,attacked accuracy,digits,frobenius,0.7 0.7");
  });

  test("of the quick plan says so, and what stands around the marks is kept", () => {
    const out = join(folder, "quick");
    writeReport(makeUp({ plan: makePlan("quick") }), "quick", out);
    const file = join(out, "experiments.md");
    expect(readFileSync(file, "utf8")).toContain(
      "**This is the quick plan, with 1 seed: it shows that everything runs",
    );
    writeFileSync(file, `${readFileSync(file, "utf8")}Kept.\n`);
    writeReport(makeUp({ plan: makePlan("quick", 5) }), "quick", out);
    const page = readFileSync(file, "utf8");
    expect(page).toMatch(/Kept\.\n$/);
    expect(page).not.toContain("### 3.");
  });

  test("refuses a page without marks", () => {
    expect(() => between("# Mine\n", "text")).toThrow("page expected the marks <!-- experiments:begin -->");
  });

  test("gives a range where there is one", () => {
    expect(spanOf([2, 1, 4])).toBe("2 (1–4)");
    expect(spanOf([1, 1])).toBe("1");
    expect(spanOf([1, Infinity, Infinity])).toBe("never (1–never)");
  });

  test("quotes what CSV needs quoted", () => {
    expect(
      csv(
        ["a", "b"],
        [
          ['x,"y"', 1 / 3],
          [undefined, [1, 2 / 3]],
        ],
      ),
    ).toBe('a,b\n"x,""y""",0.3333\n,1 0.667\n');
  });

  test("moves labels apart, by no more than is needed", () => {
    const dot = (y: number) => ({ line: String(y), method: "none", x: 0, y, low: y, high: y });
    const ends = spread([dot(10), dot(11), dot(100)], (y) => y, 1000);
    const places = ends.map(({ y, shift }) => y + shift);
    expect((places[1] ?? 0) - (places[0] ?? 0)).toBeGreaterThanOrEqual(13);
    expect(Math.max(...ends.map(({ shift }) => Math.abs(shift)))).toBeLessThanOrEqual(12);
  });
});
