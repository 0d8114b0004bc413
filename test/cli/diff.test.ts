import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { float32, safetensors } from "../checkpoint/writer.js";
import { run } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-diff-"));
const at = (name: string) => join(folder, name);
const critic = "wgan-sn-critic.safetensors";
const digits = "digits-classifier.safetensors";

afterAll(() => rmSync(folder, { recursive: true }));

describe("diff", () => {
  const quantized = "digits-classifier-f16.safetensors";

  test("tells norms and shares, as a table, CSV, Markdown and JSON", async () => {
    const table = await run("diff", digits, quantized);
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toMatch(
      /^digits-classifier\.safetensors and digits-classifier-f16\.safetensors: 18 of 18 tensors differ, by \d/,
    );
    expect(table.stdout).toMatch(/^fc2\.weight +10×128 +F32 → F16( +\d\S*){6}$/m);
    const { tensors, files } = JSON.parse((await run("diff", "--json", digits, quantized)).stdout);
    expect(files).toEqual([digits, quantized]);
    const csv = (await run("diff", "--csv", digits, quantized)).stdout.trimEnd().split("\r\n");
    expect(csv[0]).toBe(
      "tensor,shape,dtypes,spectral_norm,frobenius_norm,reference,relative,spectral_share,energy_share,error",
    );
    expect(csv).toHaveLength(1 + tensors.length);
    expect(csv[1]?.split(",")[3]).toBe(String(tensors[0].spectralNorm));
    const { stdout: markdown } = await run("diff", "--markdown", digits, quantized);
    expect(markdown).toMatch(/^### digits-classifier\.safetensors and /);
    expect(markdown).toMatch(/\n\| tensor \| shape \| .*\n\| --- \| --- \| --- \| ---: \|/);
  });

  test("is a check with --max-difference", async () => {
    expect(await run("diff", digits, quantized, "--max-difference", "0.001")).toMatchObject({ code: 0, stderr: "" });
    const { code, stderr } = await run(
      "diff",
      digits,
      quantized,
      "--max-difference",
      "1e-5",
      "--include",
      "fc2.weight",
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^spectral-norm: --max-difference failed: fc2\.weight: its relative difference is [\d.e-]+, more than 0\.00001\n$/,
    );
    const other = await run("diff", digits, critic, "--max-difference", "1");
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("--max-difference failed: fc1.weight: it is missing in B\n");
    expect((await run("diff", digits, critic)).code).toBe(0);
  });

  test("writes a file as a whole, and finds NaN", async () => {
    writeFileSync(at("nan.safetensors"), safetensors({ w: float32([1, 2], [Number.NaN, 1]) }));
    const { code, stdout } = await run("diff", at("nan.safetensors"), at("nan.safetensors"), "--output", at("d.txt"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(readFileSync(at("d.txt"), "utf8")).toMatch(/\nw: .*NaN/);
  });

  test.each([
    [["--json", "--csv", digits, digits], "expected one kind of report, got --json and --csv"],
    [
      ["--max-difference", "much", digits, digits],
      '--max-difference expected a finite number of at least 0, got "much"',
    ],
    [["--max-difference", "-1", digits, digits], "Option '--max-difference' argument is ambiguous"],
    [["--include", "/(/", digits, digits], "--include expected a regular expression, got /(/: "],
    [["--include", "", digits, digits], '--include expected names, got ""'],
    [["--axis", "4", digits, digits], '--axis expected 0 (PyTorch), 1 or "last"'],
    [["--output", digits, digits, critic], "--output expected another file than those that are read"],
    [[digits], "expected two files, got 1; see spectral-norm diff --help"],
    [[digits, "none.safetensors"], "none.safetensors: expected a file, but there is no such file"],
  ])("%j is refused", async (args, message) => {
    const { code, stdout, stderr } = await run("diff", ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`spectral-norm: ${message}`);
  });
});
