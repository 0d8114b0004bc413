import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "spectral-norm";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { float32, float64, safetensors, zeros } from "../checkpoint/writer.js";
import { normOf, type Read, readAll } from "../repair/support.js";
import { data, program, run } from "./run.js";

const engine = await load();
const folder = mkdtempSync(join(tmpdir(), "spectral-norm-repair-cli-"));
const at = (name: string) => join(folder, name);
const critic = "wgan-sn-critic.safetensors";
const digits = "digits-classifier.safetensors";
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const commands = ["normalize", "clip", "bake", "strip", "diff"] as const;

beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const norms = async (path: string) => {
  const weights = [...(await readAll(path))].filter(([, { shape }]) => shape.length > 1);
  return weights.map(([, weight]) => normOf(engine, weight));
};

describe("normalize", () => {
  test("writes every weight with norm 1, and tells what was done", async () => {
    const { code, stdout, stderr } = await run("normalize", digits, "--output", at("n.safetensors"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^digits-classifier\.safetensors: 6 weights normalized\n\nweight +shape +dtype +σ before +σ after\n─+\n/,
    );
    expect(stdout).toMatch(/^fc1\.weight +128×1024 +F32 +3\.46706 +1\.00000$/m);
    expect(stdout).toMatch(/\n\nWrote .*n\.safetensors, \d+ bytes\.\n$/);
    for (const norm of await norms(at("n.safetensors"))) expect(norm).toBeCloseTo(1, 5);
  });

  test("heeds its options", async () => {
    const options = ["--target", "2", "--certainty", "rigorous", "--include", "fc*,/^stem/", "--exclude", "fc?.bias"];
    const { code, stdout } = await run("normalize", digits, "--json", "--output", at("n.npz"), ...options);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(["version", "file", "format", "tensors", "removed", "omitted", "files"]);
    expect(report).toMatchObject({ version, file: digits, format: "npz", removed: [], omitted: [] });
    expect(report.files).toEqual([{ path: at("n.npz"), size: readFileSync(at("n.npz")).length }]);
    expect(report.tensors.map(({ name }: { name: string }) => name)).toEqual([
      "fc1.weight",
      "fc2.weight",
      "stem.weight",
    ]);
    for (const { after } of report.tensors) {
      expect(after).toBeLessThanOrEqual(2);
      expect(after).toBeGreaterThan(2 * (1 - 1e-6));
    }
    const [before, written] = [await readAll(data + digits), await readAll(at("n.npz"))];
    expect(written.get("down.weight")).toEqual(before.get("down.weight"));
  });

  test("tells progress to nobody in a pipe, and nothing is written in a dry run", async () => {
    const { code, stdout, stderr } = await run("normalize", digits, "--dry-run");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/\nNothing was written\.\n$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("clip", () => {
  test.each([[], ["--scale"], ["--certainty", "rigorous"]])("holds norms to a limit, with %j", async (...options) => {
    const { code, stdout } = await run(
      "clip",
      digits,
      "--max-norm",
      "1.5",
      "--output",
      at("c.safetensors"),
      ...options.flat(),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^digits-classifier\.safetensors: 6 weights held to 1\.5\n/);
    for (const norm of await norms(at("c.safetensors"))) expect(norm).toBeLessThan(1.5 * (1 + 1e-5));
  });

  test("needs a limit", async () => {
    const { code, stderr } = await run("clip", digits, "--output", at("c.safetensors"));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "spectral-norm: --max-norm expected a number above 0, got nothing\n",
    });
    const wrong = await run("clip", digits, "--dry-run", "--max-norm=-1");
    expect(wrong).toMatchObject({
      code: 2,
      stderr: "spectral-norm: --max-norm expected a finite number above 0, got -1\n",
    });
  });
});

describe("bake and strip", () => {
  test("the critic, whose audit then has no stored σ, and the norms in use", async () => {
    const { code, stdout } = await run("bake", critic, "--output", at("b.safetensors"));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^dense\.parametrizations\.weight\.original → dense\.weight +1×512 +F32 +0\.567824 +1\.00000$/m,
    );
    expect(stdout).toContain("\nRemoved: conv1.parametrizations.weight.0._u, conv1.parametrizations.weight.0._v, ");
    const audited = await run("audit", at("b.safetensors"));
    expect(audited.stdout).not.toContain("stored");
    expect(audited.stdout).toMatch(/^conv3\.weight +128×64×4×4 +F32 +1\.06342 /m);
    const stripped = await run("strip", critic, "--json", "--output", at("s.safetensors"));
    expect(JSON.parse(stripped.stdout).tensors[0]).toMatchObject({ name: "conv1.weight", before: null, after: null });
    const raw = (await readAll(data + critic)).get("conv1.parametrizations.weight.original");
    expect((await readAll(at("s.safetensors"))).get("conv1.weight")).toEqual(raw);
  });

  test("say when there is nothing to do", async () => {
    for (const command of ["bake", "strip"]) {
      const { code, stderr } = await run(command, digits, "--output", at(`${command}.safetensors`));
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: "spectral-norm: no weight under spectral normalization was found\n",
      });
      expect(readFileSync(at(`${command}.safetensors`)).equals(readFileSync(data + digits))).toBe(true);
    }
  });
});

test("an address is read by ranges, and its copy is a file", async () => {
  const content = readFileSync(data + digits);
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = content.subarray(Number(from), Number(to) + 1);
    const end = Number(from) + part.length - 1;
    response.writeHead(206, { "content-range": `bytes ${from}-${end}/${content.length}` }).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/model.safetensors?download=true`;
  const { code, stderr } = await run("normalize", url, "--output", `${folder}/`);
  server.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const norm of await norms(at("model.safetensors"))) expect(norm).toBeCloseTo(1, 5);
});

describe("what is refused leaves nothing", () => {
  test.each([
    [[], "expected one file, got 0; see spectral-norm normalize --help"],
    [[digits, critic], "expected one file, got 2; see "],
    [[digits], "expected one of --output FILE and --in-place, got neither; see "],
    [[digits, "--output", "x", "--in-place"], "expected one of --output FILE and --in-place, got both; see "],
    [["https://localhost/a.npz", "--in-place"], "expected --output with an address, got --in-place; see "],
    [
      [digits, "--output", digits],
      "--output expected another file than those that are read, got digits-classifier.safetensors; --in-place allows it",
    ],
    [
      [digits, "--output", critic],
      "--output expected a file that is not there yet, got wgan-sn-critic.safetensors; --force allows it",
    ],
    [
      [digits, "--output", "x.onnx"],
      "--output expected a name that ends in one of .safetensors, .npz, for digits-classifier.safetensors is safetensors, got x.onnx",
    ],
    [[digits, "--output", "digits.csv/x"], "--output expected a file that can be written, got digits.csv/x: ENOTDIR"],
    [[digits, "--output", "x", "--target", "0"], "--target expected a finite number above 0, got 0"],
    [[digits, "--output", "x", "--target", "one"], '--target expected a finite number above 0, got "one"'],
    [[digits, "--output", "x", "--certainty", "auto"], '--certainty expected "estimate" or "rigorous", got "auto"'],
    [[digits, "--output", "x", "--seed", "0.5"], "--seed expected"],
    [[digits, "--output", "x", "--wide"], "Unknown option '--wide'"],
    [["digits.csv", "--output", "x"], "digits.csv: not a safetensors file: "],
  ])("normalize %j", async (args, message) => {
    const before = readdirSync(data);
    const { code, stdout, stderr } = await run("normalize", ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`spectral-norm: ${message}`);
    expect(stderr.split("\n")).toHaveLength(2);
    expect(readdirSync(data)).toEqual(before);
  });

  test("a weight of NaN is a finding", async () => {
    const file = safetensors({ fine: float64([1, 2], [1, 2]), bad: float32([1, 2], [1, Number.NaN]) });
    writeFileSync(at("a.safetensors"), file);
    const { code, stderr } = await run("normalize", at("a.safetensors"), "--in-place");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^spectral-norm: .*a\.safetensors: tensor "bad": .*NaN.*; nothing was written\n$/);
    expect(readFileSync(at("a.safetensors")).equals(file)).toBe(true);
    expect(readdirSync(folder)).toEqual(["a.safetensors"]);
    expect((await run("normalize", at("a.safetensors"), "--in-place", "--exclude", "bad")).code).toBe(0);
    expect(normOf(engine, (await readAll(at("a.safetensors"))).get("fine") as Read)).toBeCloseTo(1, 6);
  });

  test("a disk that is full", async () => {
    // A limit on the size of files, in blocks of 512 bytes or of 1024: what is written beyond it is an error.
    const line = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
    const args = [program, "normalize", critic, "--output", at("n.safetensors")];
    const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
      const child = execFile("bash", ["-c", line, process.execPath, ...args], { cwd: data }, (_, __, text) =>
        resolve({ code: child.exitCode, stderr: text }),
      );
    });
    expect(stderr).toMatch(
      /^spectral-norm: --output expected a file that can be written, got .*n\.safetensors: EFBIG\n$/,
    );
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("Ctrl-C in the middle", async () => {
    // So many weights that there is a middle.
    const tensors = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `w${i}`,
        float32(
          [300, 300],
          Array.from({ length: 90_000 }, (_, j) => Math.sin(i + j * j)),
        ),
      ]),
    );
    const file = safetensors({ ...tensors, last: zeros("U8", [1], 1) });
    writeFileSync(at("a.safetensors"), file);
    const child = spawn(
      process.execPath,
      [program, "normalize", at("a.safetensors"), "--certainty", "rigorous", "--in-place"],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(2), { timeout: 120_000, interval: 5 });
    child.kill("SIGINT");
    expect(await closed).toBe(130);
    expect(readdirSync(folder)).toEqual(["a.safetensors"]);
    expect(readFileSync(at("a.safetensors")).equals(file)).toBe(true);
  });
});

describe("every command", () => {
  test.each(commands)("%s --help is told within 80 columns, with exit codes and examples", async (command) => {
    const { code, stdout } = await run(command, "--help");
    expect(code).toBe(0);
    for (const part of [`Usage: spectral-norm ${command} `, "Options:", "Exit codes:", "Examples:", "130"]) {
      expect(stdout).toContain(part);
    }
    const widest = Math.max(...stdout.split("\n").map((line) => [...line].length));
    expect(widest).toBeLessThanOrEqual(80);
  });

  test("is in the overview, and in completions", async () => {
    const { stdout } = await run("--help");
    const { stdout: script } = await run("completion", "bash");
    for (const command of commands) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
      expect(script).toContain(`${command}:*)`);
    }
    expect(script).toContain('normalize:--certainty) words="estimate rigorous"');
  });
});
