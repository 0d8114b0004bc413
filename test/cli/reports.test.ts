import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkOutput, writeAtomically } from "../../ts/cli/output.js";
import { describeRate } from "../../ts/cli/rate.js";
import { tableOptions } from "../../ts/cli/terminal.js";
import { file, float32, safetensors } from "../checkpoint/writer.js";
import { data, program, run } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-reports-"));
afterAll(() => rmSync(folder, { recursive: true }));

const critic = "wgan-sn-critic.safetensors";
const at = (name: string) => join(folder, name);

describe("kinds of reports", () => {
  test("--csv, --markdown, --html and --wide tell the same norms", async () => {
    const csv = await run("audit", "--csv", critic);
    expect(csv).toMatchObject({ code: 0, stderr: "" });
    expect(csv.stdout.split("\r\n")[1]).toMatch(
      /^wgan-sn-critic\.safetensors,conv1\.\S+original,32×1×3×3,F32,0,1\.2219776/,
    );
    expect((await run("audit", "--markdown", critic)).stdout).toMatch(
      /^\| conv1\.\S+ \| 32×1×3×3 \| F32 \| 1\.22198 \|/m,
    );
    const html = await run("audit", "--html", critic, "missing.safetensors");
    expect(html.code).toBe(2);
    expect(html.stdout).toMatch(
      /^<!doctype html>[\s\S]*conv1\.parametrizations\.weight\.original[\s\S]*there is no such file[\s\S]*<\/html>\n$/,
    );
    const { stdout } = await run("audit", "--wide", critic);
    expect(stdout).toMatch(/^conv1\S+ .* 1\.221977 +1\.221978 +0\.0870/m);
  });

  test("--json has all that was found out", async () => {
    const { stdout } = await run(
      "audit",
      "--json",
      "--values",
      "2",
      "--max-norm",
      "100",
      "wgan-sn-generator.safetensors",
    );
    const [report] = JSON.parse(stdout).files;
    expect(report.gates).toEqual([{ gate: "max-norm", limit: 100, passed: true, failures: [] }]);
    expect(report).toMatchObject({ adapters: [], network: null });
    for (const { singularValues, lower, upper } of report.tensors) {
      expect(singularValues.length).toBeLessThanOrEqual(2);
      expect(lower).toBeLessThanOrEqual(upper);
    }
  });

  test.each([
    [["--json", "--csv"], "expected one kind of report, got --json and --csv"],
    [["--values=-1"], "--values expected an integer from 0 to 65536, got -1"],
    [["--max-norm", "x"], '--max-norm expected a finite number of at least 0, got "x"'],
    [["--lora-alpha", "x"], '--lora-alpha expected a finite number, got "x"'],
    [["--layers", "missing.json"], "missing.json: expected a file, but there is no such file"],
    [["--layers", "."], ".: expected a file, got a directory"],
    [["--layers", "/dev/null"], "/dev/null: expected a file, got a pipe or a device"],
    [["--layers", "expected.json", critic], "--layers expected one file to audit, for it is about that, got 2"],
    [["--output", "/dev/null"], "--output expected a file, got a pipe or a device: /dev/null"],
    [["--output", "."], "--output expected a file, got a directory: ."],
    [["--output", critic], `--output expected another file than those that are read, got ${critic}`],
    [["--output", "no/where.txt"], "--output expected a file in a folder that exists, got no/where.txt"],
  ])("%j is refused in one line", async (args, message) => {
    expect(await run("audit", critic, ...args)).toEqual({ code: 2, stdout: "", stderr: `spectral-norm: ${message}\n` });
  });
});

describe("limits", () => {
  test("that are exceeded are told in a sentence, with exit code 1", async () => {
    const { code, stderr, stdout } = await run("audit", "--max-norm", "1.05", critic);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^spectral-norm: wgan-sn-critic\.safetensors: --max-norm failed: conv3\S+: its spectral norm in use may be 1\.063418, above 1\.05\n$/,
    );
    expect(stdout).toMatch(/^wgan-sn-critic/);
    expect((await run("audit", "--max-norm", "1.07", critic)).code).toBe(0);
  });

  test("of networks need to know the network", async () => {
    const refused = await run("audit", "--max-lipschitz", "5", critic);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^spectral-norm: --max-lipschitz expected --layers with a "network"/),
    });
    const layer = (name: string) => ({
      type: "convolution",
      weight: `${name}.parametrizations.weight.original`,
      padding: 1,
    });
    const network = [
      layer("conv1"),
      { type: "relu" },
      { ...layer("conv2"), stride: 2 },
      { ...layer("conv3"), stride: 2 },
      { type: "flatten" },
    ];
    const dense = { type: "dense", weight: "dense.parametrizations.weight.original" };
    writeFileSync(at("critic.json"), JSON.stringify({ inputSize: [8, 8], network: [...network, dense] }));
    const layers = ["--layers", at("critic.json"), critic];
    // docs/numerics.md has the product of the layers' bounds, 10.079.
    expect(await run("audit", "--max-lipschitz", "10.08", ...layers)).toMatchObject({ code: 0, stderr: "" });
    const failing = await run("audit", "--max-lipschitz", "10.07", ...layers);
    expect(failing).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Lipschitz constant of the network may be 10\.07\d+, above 10\.07\n$/),
    });
    expect(failing.stdout).toMatch(/Lipschitz constant of the network, on inputs of size 8×8: at most 10\.07/);
  });
});

describe("--output", () => {
  test("writes what would be printed, and leaves nothing else", async () => {
    const { stdout } = await run("audit", "--csv", critic);
    expect(await run("audit", "--csv", critic, "--output", at("a.csv"))).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(at("a.csv"), "utf8")).toBe(stdout);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("follows a link and replaces what it leads to", async () => {
    writeFileSync(at("target"), "old");
    symlinkSync("target", at("link"));
    await writeAtomically(at("link"), "new");
    expect([readFileSync(at("target"), "utf8"), readFileSync(at("link"), "utf8")]).toEqual(["new", "new"]);
  });

  test("leaves what was there when it fails", async () => {
    // A folder in the place of the file beside.
    writeFileSync(at("kept"), "old");
    writeFileSync(at(`.kept.${process.pid}.tmp`), "somebody else's");
    await expect(writeAtomically(at("kept"), "new")).rejects.toThrow(/can be written/);
    expect(readFileSync(at("kept"), "utf8")).toBe("old");
    expect(() => checkOutput(at("kept"), [at("kept")])).toThrow(/another file/);
  });
});

test("Ctrl-C stops it with 130, without a file", async () => {
  // As large as a test may be, and beyond any patience with a sparse file: all of it is read before a norm is there.
  const shape = [2 ** 14, 2 ** 14];
  const bytes = shape.reduce((product, side) => product * side, 4);
  const header = JSON.stringify({ w: { dtype: "F32", shape, data_offsets: [0, bytes] } });
  const start = file(header);
  writeFileSync(at("large.safetensors"), start);
  truncateSync(at("large.safetensors"), start.length + bytes);
  const args = ["audit", "--html", at("large.safetensors"), "--output", at("never.html")];
  const child = spawn(process.execPath, [program, ...args], { stdio: "ignore" });
  const closed = new Promise<number | null>((resolve) => {
    // What a shell tells of a program that a signal has ended.
    child.on("close", (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]));
  });
  await new Promise((resolve) => setTimeout(resolve, 700));
  child.kill("SIGINT");
  expect(await closed).toBe(130);
  expect(existsSync(at("never.html"))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes("never"))).toEqual([]);
});

describe("color", () => {
  const terminal = { isTTY: true, columns: 90, hasColors: () => true };

  test("is for terminals that have it", () => {
    expect(tableOptions(terminal as never)).toMatchObject({ width: 90, paint: expect.any(Function) });
    expect(tableOptions({ ...terminal, hasColors: () => false } as never).paint).toBeUndefined();
    expect(tableOptions({ ...terminal, isTTY: false } as never)).toEqual({ width: undefined, paint: undefined });
  });

  test("is away with NO_COLOR, by Node's own judgment of a terminal", async () => {
    const { WriteStream } = await import("node:tty");
    const judge = (env: Record<string, string>) => WriteStream.prototype.getColorDepth.call(terminal as never, env);
    expect(judge({ NO_COLOR: "1", TERM: "xterm-256color", COLORTERM: "truecolor" })).toBe(1);
    expect(judge({ TERM: "xterm-256color", COLORTERM: "truecolor" })).toBeGreaterThan(1);
  });
});

describe("progress", () => {
  test.each([
    [{ bytes: 0, allBytes: 9 }, 1000, ""],
    [{ bytes: 5e6, allBytes: 20e6 }, 1000, "5 MB/s, 3 s left"],
    [{ bytes: 1e6, allBytes: 1e9 }, 1000, "1 MB/s, 17 min left"],
    [{ bytes: 500, allBytes: 1e7 }, 1000, "500 B/s, 6 h left"],
    [{ bytes: 9e9, allBytes: 9e9 }, 3000, "3 GB/s, 0 s left"],
  ])("%j after %d ms is %j", (done, elapsed, text) => {
    expect(describeRate(done, elapsed)).toBe(text);
  });
});

describe("completion", () => {
  function complete(words: readonly string[]): Promise<string[]> {
    const line = `eval "$("$0" "$1" completion bash)"; COMP_WORDS=("\${@:2}"); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _spectral_norm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return new Promise((resolve, reject) => {
      execFile(
        "bash",
        ["-c", line, process.execPath, program, "spectral-norm", ...words],
        { cwd: data },
        (error, stdout) => {
          if (error) reject(error);
          else resolve(stdout.split("\n").filter((word) => word !== ""));
        },
      );
    });
  }

  test.each([
    [["a"], ["audit"]],
    [
      ["audit", "--ma"],
      ["--markdown", "--max-norm", "--max-lipschitz", "--max-iterations"],
    ],
    [
      ["audit", "--certainty", ""],
      ["auto", "rigorous", "cheap"],
    ],
    [["audit", "--json", "wgan-sn-c"], [critic]],
    [["audit", "--layers", "exp"], ["expected.json"]],
    [["completion", "z"], ["zsh"]],
  ])("bash knows how %j goes on", async (words, expected) => {
    expect(await complete(words)).toEqual(expected);
  });

  test.each([
    ["zsh", /^#compdef spectral-norm\n[\s\S]*audit\) _arguments [\s\S]*'--axis\[Output axis[^\n]*:AXIS:\(0 1 last\)'/],
    ["fish", /^complete -c spectral-norm -f\n[\s\S]* -l axis -x -a '0 1 last' -d 'Output axis/],
  ])("%s has every option", async (shell, script) => {
    const { code, stdout } = await run("completion", shell);
    expect(code).toBe(0);
    expect(stdout).toMatch(script);
    const { stdout: help } = await run("audit", "--help");
    for (const [, option] of help.matchAll(/^ {2}--([\w-]+)/gm)) expect(stdout).toContain(option);
  });

  test.each([
    [[], "nothing"],
    [["tcsh"], "tcsh"],
    [["bash", "zsh"], "bash zsh"],
  ])("%j is no shell", async (args, got) => {
    const stderr = `spectral-norm: expected a shell, one of bash, zsh, fish, got ${got}\n`;
    expect(await run("completion", ...args)).toEqual({ code: 2, stdout: "", stderr });
  });
});

test("audit --help tells exit codes, the environment and examples, within 80 columns", async () => {
  const { stdout } = await run("audit", "--help");
  for (const part of ["Options:", "Exit codes:", "Environment:", "Examples:", "NO_COLOR", "130"])
    expect(stdout).toContain(part);
  const widest = Math.max(...stdout.split("\n").map((line) => [...line].length));
  expect(widest).toBeLessThanOrEqual(80);
});

test("a pair of LoRA factors has a row for its product", async () => {
  const tensors = { "q.lora_A.weight": float32([1, 2], [3, 4]), "q.lora_B.weight": float32([2, 1], [0, 2]) };
  writeFileSync(at("lora.safetensors"), safetensors(tensors));
  const { stdout } = await run("audit", at("lora.safetensors"), "--lora-alpha", "2");
  expect(stdout).toMatch(/^q \(s·B·A\) +2×2 +F32 +20\.0000 +20\.0000 +1\.00000$/m);
});
