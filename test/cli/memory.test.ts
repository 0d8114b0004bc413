import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tensorsFor, writeModel } from "../../bench/big/model.mjs";
import { program } from "./run.js";

const run = promisify(execFile);
/** Tells the most memory that the process has had, when it ends. */
const watching =
  "data:text/javascript,process.on('exit',()=>process.stderr.write(String(process.resourceUsage().maxRSS)))";

async function audited(...args: readonly string[]) {
  const options = { maxBuffer: 2 ** 26, env: { ...process.env, NODE_OPTIONS: "" } };
  const all = ["--import", watching, program, "audit", ...args];
  const { stdout, stderr } = await run(process.execPath, all, options);
  return { stdout, peak: Number(stderr) * 1024 };
}

describe("two threads, as there are by default where norms alone are asked for", () => {
  let folder = "";
  let path = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "spectral-norm-memory-"));
    path = join(folder, "model.safetensors");
    // As wide in memory as a weight may be, one that stays in its file, and small ones.
    const large = ["a", "b", "c"].map((name) => ({ name, dtype: "BF16" as const, shape: [8192, 3072] }));
    const small = Array.from({ length: 8 }, (_, at) => ({
      name: `s${at}`,
      dtype: "F32" as const,
      shape: [1000, 2000],
    }));
    writeModel(path, [{ name: "embedding", dtype: "F32", shape: [16_000, 3072] }, ...large, ...small], "trained");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("print the table of one, within the same memory", { timeout: 120_000 }, async () => {
    const [usual, alone] = [await audited(path), await audited("--workers=1", path)];
    expect(usual.stdout).toBe(alone.stdout);
    expect(usual.peak).toBeLessThan(250e6);
    expect(alone.peak).toBeLessThan(250e6);
  });
});

interface Row {
  readonly name: string;
  readonly spectralNorm: number;
  readonly note: string | null;
}

describe("a file of 300 MB, its largest weights beyond what one may take in memory", () => {
  let folder = "";
  let path = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "spectral-norm-memory-"));
    path = join(folder, "model.safetensors");
    writeModel(path, tensorsFor(300e6, 4), "trained");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("takes far less memory than it has bytes, and finds the same norms", async () => {
    expect(statSync(path).size).toBeGreaterThan(300e6);
    const small = await audited("--json", "--values=0", "--certainty=cheap", "--memory=10", path);
    const usual = await audited("--json", "--values=0", "--certainty=cheap", path);
    const rowsOf = (text: string): readonly Row[] => JSON.parse(text).files[0].tensors;
    const [streamed, resident] = [rowsOf(small.stdout), rowsOf(usual.stdout)];
    expect(streamed.map(({ name }) => name)).toEqual(resident.map(({ name }) => name));
    for (const [index, { spectralNorm }] of streamed.entries()) {
      const { spectralNorm: same, note } = resident[index] as Row;
      expect(Math.abs(spectralNorm / same - 1)).toBeLessThan(1e-6);
      expect(note).toBeNull();
    }
    // The embeddings, 8000 by 768.
    expect(streamed.filter(({ note }) => note !== null).length).toBeGreaterThanOrEqual(2);
    // Node, the engine and what was read ahead take most of it.
    expect(small.peak).toBeLessThan(150e6);
    expect(usual.peak).toBeLessThan(250e6);
    expect(small.peak).toBeGreaterThan(30e6);
  });
});

test("an interval and singular values of a weight as large as memory may hold take no copy of it", {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "spectral-norm-memory-"));
  try {
    const path = join(folder, "model.safetensors");
    writeModel(path, [{ name: "w", dtype: "F32", shape: [8192, 3072] }], "trained");
    const { stdout, peak } = await audited("--json", "--values=1", path);
    const [row] = JSON.parse(stdout).files[0].tensors;
    expect(row).toMatchObject({ note: null, converged: true, certainty: expect.closeTo(1 - 1e-9, 12) });
    expect(row.singularValues[0]).toBeCloseTo(row.spectralNorm, 3);
    expect(peak).toBeLessThan(250e6);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
