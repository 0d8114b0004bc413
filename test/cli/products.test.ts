import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "./run.js";

const model = (file: string) => fileURLToPath(new URL(`../fixtures/models/${file}`, import.meta.url));
const transformer = model("transformer.safetensors");
const adapter = model("adapter_model.safetensors");
const folder = mkdtempSync(join(tmpdir(), "spectral-norm-heads-"));
const config = join(folder, "config.json");
writeFileSync(config, JSON.stringify({ num_attention_heads: 4, num_key_value_heads: 2 }));
afterAll(() => rmSync(folder, { recursive: true }));

describe("heads of attention", () => {
  test("have rows, by their number or by the config of the model", async () => {
    const byNumber = await run("audit", "--heads", "4", transformer);
    expect(byNumber).toMatchObject({ code: 0, stderr: "" });
    expect(byNumber.stdout).toMatch(/^model\.layers\.0\.self_attn head 0 \(W_q·W_kᵀ\/√d\) +12×12 +BF16 +0\.322061 /m);
    expect(byNumber.stdout).toContain("W_q·W_kᵀ/√d: the largest score of a head");
    expect(await run("audit", "--heads", config, transformer)).toEqual(byNumber);
  });

  test("are in every kind of report", async () => {
    const { stdout } = await run("audit", "--json", "--heads=4", transformer);
    const [file] = JSON.parse(stdout).files;
    expect(file.heads).toHaveLength(4);
    expect(file.heads[2]).toMatchObject({ head: { head: 2, keyHead: 1, size: 3 }, certainty: "rigorous" });
    for (const format of ["--csv", "--markdown", "--html"]) {
      expect((await run("audit", format, "--heads=4", transformer)).stdout).toContain("head 3");
    }
  });

  test.each([
    [
      ["--heads=5"],
      "--heads expected a number that divides the rows of some weight of queries, got 5, which fits none in",
    ],
    [["--heads=0"], "--heads expected a positive integer, got 0"],
    [["--heads=1.5"], "--heads expected a positive integer, got 1.5"],
    [["--heads", adapter], "expected JSON, got text that is none"],
    [["--heads", join(folder, "none.json")], "there is no such file"],
    [["--heads=4", "--output", config, "--heads", config], "--output expected another file than those that are read"],
  ])("%j is refused", async (options, message) => {
    const { code, stderr } = await run("audit", ...options, transformer);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe("a base model", () => {
  test("gives a row for the sum to each pair", async () => {
    const { code, stdout, stderr } = await run("audit", "--base", transformer, "--lora-alpha=8", adapter);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/self_attn\.q_proj \(s·B·A\) +12×12 +F32 +3\.58563 /);
    expect(stdout).toMatch(/self_attn\.q_proj \(W \+ s·B·A\) +12×12 +BF16 +3\.41005 /);
    expect(stdout).toContain("W + s·B·A: the weight of the base model with its pair");
  });

  test.each([
    [["--base", join(folder, "none.safetensors"), adapter], "there is no such file"],
    [["--base", adapter, transformer], "--base expected LoRA pairs to add to it, got none in"],
    [
      ["--base", transformer, "--output", transformer, adapter],
      "--output expected another file than those that are read",
    ],
  ])("%j is refused", async (options, message) => {
    const { code, stderr } = await run("audit", ...options);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test("that lacks a weight makes a row with an error, and the exit code 1", async () => {
    const { code, stdout } = await run("audit", "--base", adapter, adapter);
    expect(code).toBe(1);
    expect(stdout).toContain('"base" expected a weight for base_model.model.model.layers.0.self_attn.q_proj');
  });
});

describe("memory", () => {
  test("that is too small for a weight leaves it in its file, and the table says so", async () => {
    const [small, usual] = [await run("audit", "--memory=0", transformer), await run("audit", transformer)];
    expect(small.code).toBe(0);
    const numbers = (text: string) => text.split("\n").filter((line) => line.includes("BF16"));
    expect(numbers(small.stdout)).toEqual(numbers(usual.stdout));
    expect(small.stdout).toContain("so that it stayed in its file, of which what does not fit was read");
    expect(usual.stdout).not.toContain("stayed in its file");
  });

  test.each(["-1", "much"])("%s is refused", async (memory) => {
    const { code, stderr } = await run("audit", `--memory=${memory}`, transformer);
    expect(stderr).toContain(`--memory expected a number of megabytes of at least 0, got "${memory}"`);
    expect(code).toBe(2);
  });
});
