import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judge } from "../../examples/experiments/claims.mjs";
import { spread } from "../../examples/experiments/drawing.mjs";
import { keyOf, makePlan, type Run, SETTINGS } from "../../examples/experiments/plan.mjs";
import { runAll } from "../../examples/experiments/pool.mjs";
import { stepsToDistance, unevenness } from "../../examples/experiments/quantities.mjs";
import {
  appendRecord,
  belonging,
  type Record as Kept,
  missing,
  readRecords,
} from "../../examples/experiments/records.mjs";
import { between, spanOf, writeReport } from "../../examples/experiments/report.mjs";
import { allOf, compare, median, overData } from "../../examples/experiments/rules.mjs";
import { csv } from "../../examples/experiments/tables.mjs";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "experiments-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const seeds = [0, 1, 2, 3, 4];

/** What the made-up runs give: a distance at the end, steps are reached when it is small, and so on. */
interface Made {
  readonly final?: (run: Run) => number;
  readonly milliseconds?: (run: Run) => number;
  readonly angle?: (run: Run) => number;
  readonly fade?: (run: Run) => number;
  readonly score?: (run: Run) => number;
  readonly plan?: readonly Run[];
}

/** A record of each run of the full plan, with numbers of ours. */
function makeUp({ final, milliseconds, angle, fade, score, plan = makePlan("full") }: Made = {}): Kept[] {
  return plan.map((run) => {
    const noise = 1 + run.seed / 1000;
    const robust = score?.(run) ?? 0.5;
    if (run.task === "supervised") {
      const same = { train: 1, gap: 0.1, upper: 2, milliseconds: 3, validation: 0.9 };
      const result = {
        ...same,
        clean: robust,
        gaussian: robust,
        attacked: robust,
        validationAttacked: robust,
        radius: robust,
      };
      return { key: keyOf(run), run, seconds: 1, result };
    }
    const end = (final?.(run) ?? 0.1) * noise;
    const points = [0, 1, 2, 3, 4, 5].map((step) => ({
      ...{
        step,
        milliseconds: step === 0 ? 0 : (milliseconds?.(run) ?? 10),
        covered: 8,
        near: 1,
        lower: 0.5,
        upper: 1,
      },
      // A straight line from 1 to the end: the lower, the earlier it is at half.
      distance: 1 + ((end - 1) * step) / 5,
      norms: [0, 1, 2, 3].map((layer) => 10 ** (layer * (fade?.(run) ?? 0))),
      ...(run.method.startsWith("spectral") && step > 0 ? { angle: (angle?.(run) ?? 1) * noise, angles: [1] } : {}),
      across: 1,
    }));
    return { key: keyOf(run), run, seconds: 1, result: { curve: points, compile: 5, failedAt: null } };
  });
}

const verdictOf = (records: readonly Kept[], id: string) => judge(records).find((claim) => claim.id === id)?.verdict;
const when = (condition: (run: Run) => boolean, yes: number, no: number) => (run: Run) => (condition(run) ? yes : no);

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

describe("the plan", () => {
  test("has five seeds of everything, and no run twice", () => {
    const runs = makePlan("full");
    expect(new Set(runs.map(keyOf)).size).toBe(runs.length);
    expect(new Set(runs.map(({ seed }) => seed))).toEqual(new Set(seeds));
    expect(new Set(runs.flatMap(({ claims }) => claims))).toEqual(new Set([1, 2, 3, 4, 5, 6, SETTINGS]));
    expect(runs.filter(({ seed }) => seed === 3)).toHaveLength(runs.length / 5);
  });

  test("of one claim is its part of the whole", () => {
    const runs = makePlan("quick", 5);
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.every(({ task }) => task === "supervised")).toBe(true);
  });
});

describe("records", () => {
  const plan = makePlan("quick");
  const [first, second, third] = makeUp({ plan }) as [Kept, Kept, Kept];

  test("make that what is done is not done again", () => {
    const file = join(folder, "new", "records.jsonl");
    expect(readRecords(file)).toEqual([]);
    appendRecord(file, first);
    appendRecord(file, second);
    expect(readRecords(file)).toEqual([first, second]);
    expect(missing(plan, readRecords(file))).toEqual(plan.slice(2));
    // Of another plan.
    expect(belonging([first.run], readRecords(file))).toEqual([first]);
  });

  test("that were cut off in the middle of a line are made again, and spoil no other", () => {
    const file = join(folder, "cut.jsonl");
    appendRecord(file, first);
    writeFileSync(file, readFileSync(file, "utf8") + JSON.stringify(second).slice(0, 40));
    expect(missing(plan, readRecords(file))).toContainEqual(second.run);
    appendRecord(file, third);
    appendRecord(file, second);
    expect(readRecords(file)).toEqual([first, third, second]);
  });

  test("of the same name but other settings are others", () => {
    const longer = { ...first.run, steps: first.run.steps + 1 };
    expect(missing([longer], [first])).toEqual([longer]);
  });
});

describe("the pool", () => {
  const runs = makePlan("quick").slice(0, 4);
  /** A worker of ours: seconds are its process. */
  const worker = (name: string, answer: string) => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(
      file,
      `process.on("message", (run) => { ${answer} }); process.on("disconnect", () => process.exit());`,
    );
    return file;
  };

  test("makes every run once, in as many processes as it was told", async () => {
    const file = worker("echo", "process.send({ result: run.method, seconds: process.pid })");
    const answers: [Run, unknown, number][] = [];
    const onAnswer = (run: Run, answer: { seconds: number }) =>
      answers.push([run, (answer as { result?: unknown }).result, answer.seconds]);
    await runAll(runs, { workers: 2, file, onAnswer });
    expect(answers.map(([run]) => keyOf(run)).sort()).toEqual(runs.map(keyOf).sort());
    for (const [run, result] of answers) expect(result).toBe(run.method);
    expect(new Set(answers.map(([, , pid]) => pid)).size).toBeLessThanOrEqual(2);
  });

  test("stops at once when told so, and keeps what is done", async () => {
    const file = worker("slow", `if (run.method === "${runs[0]?.method}") process.send({ result: 1, seconds: 0 })`);
    const controller = new AbortController();
    const done: string[] = [];
    const all = runAll(runs, {
      workers: 1,
      file,
      signal: controller.signal,
      onAnswer(run) {
        done.push(run.method);
        controller.abort(new Error("interrupted"));
      },
    });
    await expect(all).rejects.toThrow("interrupted");
    expect(done).toEqual([runs[0]?.method]);
  });

  test("rejects when a worker died before it was asked again", async () => {
    const file = worker("gone", "process.send({ result: 1, seconds: 0 }, () => process.exit(4))");
    // The first answer is kept until the worker is gone.
    const onAnswer = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    await expect(runAll(runs, { workers: 1, file, onAnswer })).rejects.toThrow("a worker ended with code 4");
  });

  test("rejects when a worker dies", async () => {
    const file = worker("dead", "process.exit(3)");
    await expect(runAll(runs, { workers: 2, file, onAnswer: () => {} })).rejects.toThrow("a worker ended with code 3");
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

describe("the command", () => {
  const run = (...given: string[]) =>
    spawnSync(process.execPath, ["examples/experiments/run.mjs", ...given], { encoding: "utf8" });

  test.each([
    [["--only", "8"], '--only expected an integer from 1 to 7, got "8"'],
    [["--workers", "many"], '--workers expected an integer from 1 to 64, got "many"'],
    [["--quik"], "Unknown option '--quik'"],
  ])("refuses %j", (given, sentence) => {
    const { status, stderr } = run(...given);
    expect(stderr).toContain(`error: ${sentence}`);
    expect(status).toBe(1);
  });
});
