import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bits16, float32, safetensors } from "../checkpoint/writer.js";
import { data, run, runInto, runUnread } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const critic = "wgan-sn-critic.safetensors";
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

describe("the table", () => {
  test("of the critic", async () => {
    const { code, stdout, stderr } = await run("audit", critic);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^wgan-sn-critic\.safetensors: 4 weights among 16 tensors, output axis 0; skipped 12 vectors\n/,
    );
    expect(stdout).toMatch(
      /^conv1\.parametrizations\.weight\.original +32×1×3×3 +F32 +1\.22198 +3\.31685 +7\.36760 +1\.20261 +1\.01610$/m,
    );
    expect(stdout).toMatch(/^dense\.parametrizations\.weight\.original +1×512 +F32 +0\.567824 +0\.567824 +1\.00000 /m);
  });

  test("is plain in a pipe", async () => {
    expect((await run("audit", critic)).stdout).not.toContain("\u001b");
  });

  test("comes for each file, with a line between", async () => {
    const { stdout } = await run("audit", critic, "wgan-sn-generator.safetensors");
    expect(stdout.split("\n\nwgan-sn-generator.safetensors: 4 weights")).toHaveLength(2);
  });

  test("may go unread", async () => {
    expect(await runUnread("audit", critic)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await runUnread("audit", "--json", critic)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

test("output that cannot be written is told in one line", async () => {
  // A full disk, by means that every machine has: a file open for reading only.
  const { code, stderr } = await runInto(join(data, critic), "audit", critic);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^spectral-norm: the output could not be written: [^\n]+\n$/);
});

describe("--json", () => {
  test("has all numbers in full", async () => {
    const { code, stdout } = await run("audit", "--json", critic, "digits-classifier-bf16.safetensors");
    const report = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(report)).toEqual(["version", "files"]);
    expect(report.version).toBe(version);
    expect(report.files.map((file: object) => Object.keys(file))).toEqual(
      Array(2).fill(["file", "axis", "tensors", "skipped", "adapters", "heads", "network", "gates"]),
    );
    const [{ tensors, skipped }] = report.files;
    const expected = JSON.parse(readFileSync(join(data, "expected.json"), "utf8"))[critic].tensors[tensors[0].name];
    expect(Object.keys(tensors[0]).sort()).toEqual(
      [
        ...["name", "shape", "dtype", "axis", "spectralNorm", "frobeniusNorm", "stableRank", "storedSigma"],
        ...["effectiveNorm", "converged", "iterations", "note", "error"],
        ...["lower", "upper", "certainty", "logSpectralNorm", "logFrobeniusNorm", "spectralCondition"],
        ...["singularValues", "operator", "normalization", "staleness", "adapter", "head"],
      ].sort(),
    );
    expect(Math.abs(tensors[0].spectralNorm / expected.spectralNorm - 1)).toBeLessThan(1e-6);
    expect(Math.abs(tensors[0].frobeniusNorm / expected.frobeniusNorm - 1)).toBeLessThan(1e-12);
    expect(skipped[0]).toEqual({ name: "conv1.bias", shape: [32], dtype: "F32", reason: "vector" });
  });

  test("is whole, with an error in the place of a file that fails", async () => {
    const { code, stdout, stderr } = await run("audit", critic, "missing.safetensors", critic, "--json");
    const { files } = JSON.parse(stdout);
    expect(code).toBe(2);
    expect(stderr).toBe("spectral-norm: missing.safetensors: expected a file, but there is no such file\n");
    expect(files).toMatchObject([
      { tensors: Array(4).fill({ converged: true }) },
      { file: "missing.safetensors", error: { code: "FORMAT" } },
      { tensors: Array(4).fill({ converged: true }) },
    ]);
  });
});

describe("options", () => {
  test("the axis, for Keras", async () => {
    const { stdout } = await run("audit", "--axis", "last", "wgan-sn-generator.safetensors");
    expect(stdout).toMatch(/^out\.weight +1×32×3×3 +F32 +0\.643489 /m);
    expect(stdout).toContain("output axis last");
  });

  test("too few passes are a finding", async () => {
    const { code, stdout } = await run("audit", "--max-iterations", "3", "--tolerance=1e-9", critic);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^conv3.* ≥1\.\d+ .*≤\d/m);
  });

  test("the seed", async () => {
    const sigma = async (seed: string) =>
      (await run("audit", "--max-iterations=1", "--seed", seed, "--json", critic)).stdout;
    expect(await sigma("1")).toBe(await sigma("1"));
    expect(await sigma("1")).not.toBe(await sigma("2"));
  });

  test("a name that begins with a dash, after --", async () => {
    expect((await run("audit", "--", critic)).code).toBe(0);
    expect((await run("audit", "--", "-missing")).stderr).toMatch(/^spectral-norm: -missing: expected a file/);
  });

  test.each([
    [["--axis", "2"], '--axis expected 0 (PyTorch), 1 or "last" (Keras, TensorFlow), got 2'],
    [["--axis", "first"], '--axis expected 0 (PyTorch), 1 or "last" (Keras, TensorFlow), got "first"'],
    [["--tolerance", "0"], "--tolerance expected a number above 0 and below 1, got 0"],
    [["--tolerance", "x"], '--tolerance expected a number above 0 and below 1, got "x"'],
    [["--max-iterations", "0"], "--max-iterations expected an integer from 1 to 4294967295, got 0"],
    [["--max-iterations="], '--max-iterations expected an integer from 1 to 4294967295, got ""'],
    [["--seed=-1"], "--seed expected an integer from 0 to 9007199254740991, got -1"],
    [["--frobnicate"], "Unknown option '--frobnicate'; see --help"],
    [["-x"], "Unknown option '-x'; see --help"],
    [["--json=yes"], "Option '--json' does not take an argument"],
    [["--axis"], "Option '--axis <value>' argument missing"],
  ])("%j is refused in one line", async (args, message) => {
    expect(await run("audit", critic, ...args)).toEqual({ code: 2, stdout: "", stderr: `spectral-norm: ${message}\n` });
  });
});

describe("files", () => {
  const pair = safetensors({ w: float32([1, 2], [3, 4]), "bad\n": bits16("BF16", [2, 2], [0, 0x7f80, 0, 0]) });

  test("an infinite weight is a finding; the rest is audited", async () => {
    const { code, stdout, stderr } = await run("audit", written("infinite.safetensors", pair));
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^w +1×2 +F32 +5\.00000 /m);
    expect(stdout).toMatch(/^bad\\u\{a\} +2×2 +BF16 +error +– +–$/m);
    expect(stdout).toMatch(/^bad\\u\{a\}: .*row 0.*column 1/m);
  });

  test.each([
    ["a directory", () => folder, /expected a file, got a directory/],
    ["a device", () => "/dev/null", /expected a file, got a pipe or a device/],
    ["one in no directory", () => join(critic, "model"), /there is no such file/],
    ["one cut off", () => written("cut.safetensors", pair.slice(0, -1)), /the file is truncated or its header wrong/],
    ["another format", () => "expected.json", /this looks like JSON, which was expected to be an index of shards/],
    ["nothing", () => written("empty.safetensors", new Uint8Array(0)), /expected at least 8 bytes, .* got 0/],
  ])("%s is refused in one line", async (_, path, message) => {
    const { code, stdout, stderr } = await run("audit", path());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^spectral-norm: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});

describe("without a command's work to do", () => {
  test.each([["--help"], ["-h"]])("%s", async (flag) => {
    const { code, stdout } = await run(flag);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: spectral-norm COMMAND\n\n {2}audit FILE\.\.\. \[options\] +The norms/);
  });

  test("audit --help names every option", async () => {
    const { code, stdout } = await run("audit", "--help");
    expect(code).toBe(0);
    const options = ["json", "axis AXIS", "tolerance NUMBER", "max-iterations COUNT", "seed INTEGER", "help"];
    for (const option of options) expect(stdout).toMatch(new RegExp(`^ {2}--${option} {2,}\\S`, "m"));
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("--version", async () => {
    expect(await run("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test.each([
    [
      [],
      "expected a command, one of audit, worker, normalize, clip, bake, strip, diff, completion, got nothing; see spectral-norm --help",
    ],
    [
      ["frobnicate"],
      'expected a command, one of audit, worker, normalize, clip, bake, strip, diff, completion, got "frobnicate"; see spectral-norm --help',
    ],
    [["audit"], "expected at least one file to audit; see spectral-norm audit --help"],
  ])("%j is refused in one line", async (args, message) => {
    expect(await run(...args)).toEqual({ code: 2, stdout: "", stderr: `spectral-norm: ${message}\n` });
  });
});
