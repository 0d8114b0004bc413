import fc from "fast-check";
import { type AuditedTensor, type AuditJob, audit, isComplete, openAudit } from "spectral-norm/audit";
import { describe, expect, test } from "vitest";
import { reportName } from "../../examples/site/checkpoint/downloads.ts";
import { partialAudit } from "../../examples/site/checkpoint/partial.ts";
import { logTicks } from "../../examples/site/checkpoint/plots.ts";
import { arrange, type Item, problemsOf } from "../../examples/site/checkpoint/rows.ts";
import { workersFor } from "../../examples/site/checkpoint/session.ts";
import { candidates, companionOf, type PickedFile } from "../../examples/site/checkpoint/sources.ts";
import { CODECS, DEFAULTS } from "../../examples/site/checkpoint/state.ts";
import type { Column, Opened } from "../../examples/site/checkpoint/tasks.ts";
import {
  bytesText,
  layerName,
  progressText,
  shortened,
  timeText,
  visible,
} from "../../examples/site/checkpoint/words.ts";
import { readState, writeState } from "../../examples/site/shared/url-state.ts";
import { exampleFile } from "./checkpoint.helpers.ts";

const files = (...paths: readonly string[]): PickedFile[] =>
  paths.map((path) => ({ path, file: new File([path], path) }));

describe("which files are checkpoints", () => {
  test("indexes before what they name, shards without an index by themselves", () => {
    const shards = ["m/model-00002-of-00002.safetensors", "m/model-00001-of-00002.safetensors"];
    const index = "m/model.safetensors.index.json";
    expect(candidates([...shards, index, "m/config.json"])).toEqual([index]);
    expect(candidates(shards)).toEqual([...shards].reverse());
    expect(candidates(["other/model-00001-of-00001.safetensors", index])).toEqual([
      index,
      "other/model-00001-of-00001.safetensors",
    ]);
    expect(candidates(["k.weights.json", "k_00000.weights.h5", "k_00001.weights.h5"])).toEqual(["k.weights.json"]);
    expect(candidates(["group1-shard1of1.bin", "model.json"])).toEqual(["model.json"]);
    expect(candidates(["weights.bin", "net.onnx"])).toEqual(["net.onnx"]);
    expect(candidates(["layer10.npy", "layer9.npy"])).toEqual(["layer9.npy", "layer10.npy"]);
  });

  test("whatever there is where names say nothing, but not what is hidden", () => {
    expect(candidates(["data", "m/.DS_Store", "__MACOSX/._a"])).toEqual(["data"]);
    expect(candidates([".git/config"])).toEqual([]);
  });

  test("what they name is found beside them, or as the only one of its name", () => {
    const given = files("m/a.bin", "m/sub/b.bin", "n/a.bin");
    expect(companionOf(given, "m/model.json", "a.bin")?.name).toBe("m/a.bin");
    expect(companionOf(given, "n/model.json", "a.bin")?.name).toBe("n/a.bin");
    expect(companionOf(given, "m/model.json", "sub/b.bin")?.name).toBe("m/sub/b.bin");
    expect(companionOf(given, "x.json", "elsewhere/b.bin")?.name).toBe("m/sub/b.bin");
    expect(companionOf(given, "x.json", "a.bin")).toBeUndefined();
    expect(companionOf(given, "x.json", "c.bin")).toBeUndefined();
  });
});

const [row] = (await audit(exampleFile("wgan-sn-critic.safetensors"))).tensors as [AuditedTensor];
const marksOf = (part: Partial<AuditedTensor>) =>
  problemsOf({ ...row, staleness: null, ...part }).map(({ mark, isGrave }) => [mark, isGrave]);

describe("problems of rows", () => {
  test("each has its mark", () => {
    expect(marksOf({})).toEqual([]);
    expect(marksOf({ error: { code: "NON_FINITE", message: "NaN" } })).toEqual([["not finite", true]]);
    expect(marksOf({ error: { code: "OUT_OF_MEMORY", message: "" } })).toEqual([["too large", true]]);
    expect(marksOf({ error: { code: "CANCELED", message: "" } })).toEqual([["no numbers", true]]);
    expect(marksOf({ converged: false, note: "its stored u is odd" })).toEqual([
      ["not converged", true],
      ["note", false],
    ]);
    expect(marksOf({ spectralNorm: 0 })).toEqual([["all zeros", false]]);
    expect(marksOf({ staleness: 0.06 })).toEqual([["stale 6%", false]]);
    expect(marksOf({ staleness: 0.01 })).toEqual([]);
  });
});

const columns: readonly Column[] = [{ key: "spectral_norm", head: "σ", meaning: "", isNumber: true }];
const itemOf = (no: number, norm: number | undefined, part: Partial<AuditJob> = {}): Item => ({
  no,
  job: { kind: "weight", name: `layer${no}`, shape: [2, 2], bytes: 16, ...part },
  measured:
    norm === undefined
      ? undefined
      : {
          row: { ...row, spectralNorm: norm, staleness: null, normalization: null },
          cells: [{ value: norm, text: "" }],
        },
});

describe("the order of rows", () => {
  const items = fc
    .array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), { maxLength: 40 })
    .map((norms) => norms.map((norm, at) => itemOf(at + 1, norm)));

  test("a permutation, sorted, with what is missing last, and stable", () => {
    fc.assert(
      fc.property(items, fc.constantFrom("up" as const, "down" as const), (given, order) => {
        const arranged = arrange(given, columns, { ...DEFAULTS, sort: "spectral_norm", order });
        const rank = ({ measured }: Item): number => {
          const norm = measured?.row.spectralNorm ?? Number.POSITIVE_INFINITY;
          return order === "up" || measured === undefined ? norm : -norm;
        };
        // Sorts are stable, so that one by number and then by rank is what is to be.
        const wanted = [...given]
          .sort((a, b) => a.no - b.no)
          .sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
        expect(arranged.map(({ no }) => no)).toEqual(wanted.map(({ no }) => no));
      }),
    );
  });

  test("names count as people count", () => {
    const given = [itemOf(10, 1), itemOf(9, 1)];
    expect(arrange(given, columns, { ...DEFAULTS, sort: "weight" }).map(({ no }) => no)).toEqual([9, 10]);
  });

  test("filters keep what they say", () => {
    const given = [
      itemOf(1, 1),
      itemOf(2, 3, { shape: [2, 2, 3] }),
      itemOf(3, 2, { kind: "adapter", name: "A" }),
      itemOf(4, undefined),
    ];
    const shown = (part: object) => arrange(given, columns, { ...DEFAULTS, ...part }).map(({ no }) => no);
    expect(shown({})).toEqual([1, 2, 3, 4]);
    expect(shown({ kind: "matrix" })).toEqual([1, 4]);
    expect(shown({ kind: "kernel" })).toEqual([2]);
    expect(shown({ kind: "adapter" })).toEqual([3]);
    expect(shown({ kind: "normalized" })).toEqual([]);
    expect(shown({ above: 1 })).toEqual([2, 3]);
    expect(shown({ search: " LAYER" })).toEqual([1, 2, 4]);
    expect(shown({ only: "problems" })).toEqual([]);
  });
});

test("a report that was stopped has a row for each weight, says so, and counts as incomplete", async () => {
  const whole = await audit(exampleFile("wgan-sn-critic.safetensors"));
  const opened = await openAudit(exampleFile("wgan-sn-critic.safetensors"));
  const { jobs } = opened;
  const canceled = { code: "CANCELED", message: "not measured" };
  const unmeasured = await Promise.all(jobs.map((job) => opened.failed(job, canceled)));
  await opened.close();
  const pair = { ...(unmeasured[0] as AuditedTensor), name: "A" };
  const known: Opened = {
    jobs: [...jobs, { kind: "adapter", name: "A", shape: [2, 2], bytes: 1 }],
    columns,
    empty: { ...whole, tensors: [], adapters: [] },
    unmeasured: [...unmeasured, pair],
  };
  const partial = partialAudit(known, [whole.tensors[0], undefined, whole.tensors[2]]);
  expect(partial.tensors.map(({ error }) => error?.code)).toEqual([undefined, "CANCELED", undefined, "CANCELED"]);
  expect(partial.tensors[2]).toEqual(whole.tensors[2]);
  expect(partial.adapters.map(({ name }) => name)).toEqual(["A"]);
  expect(partial.skipped).toEqual(whole.skipped);
  expect([isComplete(whole), isComplete(partial)]).toEqual([true, false]);
  // Every key that a row has, so that no report misses one.
  expect(Object.keys(partial.tensors[1] ?? {}).sort()).toEqual(Object.keys(row).sort());
});

describe("words", () => {
  test("sizes and times", () => {
    expect([0, 999, 1200, 3.36e9, 1e16].map(bytesText)).toEqual(["0 B", "999 B", "1.2 kB", "3.36 GB", "10000 TB"]);
    expect([0.2, 89, 90, 5399, 7200].map(timeText)).toEqual(["1 s", "89 s", "2 min", "90 min", "2 h"]);
    const begun = { rows: 1, allRows: 4, bytes: 1e6, allBytes: 4e6, seconds: 2 };
    expect(progressText(begun)).toBe("1 of 4 weights · 1 MB of 4 MB · 500 kB/s · 6 s left");
    expect(progressText({ ...begun, rows: 0, bytes: 0 })).toBe("0 of 4 weights · 0 B of 4 MB");
  });

  test("names of strangers stay readable", () => {
    expect(visible("a\u202eb\nc")).toBe("a\\u{202e}b\\u{a}c");
    expect(shortened("abcdefghij", 5)).toBe("ab…ij");
    expect(shortened("😀😀", 2)).toBe("😀😀");
    expect(
      ["conv1.parametrizations.weight.original", "fc.weight", "dense/kernel", "weight", "weight_orig"].map(layerName),
    ).toEqual(["conv1", "fc", "dense", "weight", "weight_orig"]);
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.integer({ min: 3, max: 20 }),
        (text, most) => [...shortened(text, most)].length <= Math.max(most, 0),
      ),
    );
  });

  test("reports are named after their file", () => {
    expect(reportName("a/model.safetensors", "csv")).toBe("model.norms.csv");
    expect(reportName("https://host/m/net.onnx?download=true", "html")).toBe("net.norms.html");
    expect(reportName("model.safetensors.index.json", "md")).toBe("model.safetensors.index.norms.md");
    expect(reportName("https://host/", "json")).toBe("checkpoint.norms.json");
  });

  test("workers are as many as there is work and room for", () => {
    expect([workersFor(0, 8), workersFor(1, 8), workersFor(9, 1), workersFor(9, 3), workersFor(900, 64)]).toEqual([
      1, 1, 2, 3, 4,
    ]);
  });

  test("logarithmic axes have round ticks, and not too many", () => {
    expect(logTicks(0.8, 12)).toEqual([1, 2, 5, 10]);
    fc.assert(
      fc.property(
        fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
        fc.double({ min: 1.6, max: 1e12, noNaN: true }),
        (least, ratio) => {
          const ticks = logTicks(least, least * ratio);
          expect(ticks.length).toBeLessThanOrEqual(7);
          expect(ticks.every((tick) => tick >= least && tick <= least * ratio)).toBe(true);
        },
      ),
    );
  });
});

test("every state survives its address", () => {
  const states = fc.record({
    example: fc.constantFrom("critic" as const, "bf16" as const),
    url: fc.constantFrom("", "https://example.org/a b?c=d&e=%20"),
    axis: fc.constantFrom("0" as const, "last" as const),
    tolerance: fc.constantFrom("1e-4" as const, "1e-9" as const),
    intervals: fc.constantFrom("none" as const, "rigorous" as const),
    values: fc.constantFrom("5" as const, "64" as const),
    alpha: fc.option(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((alpha) => alpha + 0),
      { nil: undefined },
    ),
    search: fc.string({ maxLength: 40 }),
    kind: fc.constantFrom("all" as const, "adapter" as const),
    only: fc.constantFrom("everything" as const, "problems" as const),
    above: fc.option(fc.integer(), { nil: undefined }),
    sort: fc.constantFrom("no", "spectral_norm"),
    order: fc.constantFrom("up" as const, "down" as const),
    columns: fc.constantFrom([], ["shape"], ["shape", "lower"]),
    row: fc.nat({ max: 9_999_999 }),
  });
  fc.assert(
    fc.property(states, (state) => {
      expect(readState(writeState(state, CODECS, DEFAULTS), CODECS, DEFAULTS)).toEqual(state);
    }),
  );
});
