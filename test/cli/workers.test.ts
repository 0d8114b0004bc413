import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { writeModel } from "../../bench/big/model.mjs";
import { file as fileOf, float32, safetensors } from "../checkpoint/writer.js";
import { data, program, run } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-workers-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const names = ["wgan-sn-critic", "wgan-sn-generator", "digits-classifier", "digits-classifier-bf16"];
const files = names.map((name) => `${name}.safetensors`);

const model = (name: string) => fileURLToPath(new URL(`../fixtures/models/${name}.safetensors`, import.meta.url));

const lora = {
  "q.lora_A.weight": float32([1, 2], [3, 4]),
  "q.lora_B.weight": float32([2, 1], [0, 2]),
  bad: float32([1, 2], [Number.NaN, 1]),
};
writeFileSync(at("lora.safetensors"), safetensors(lora));
writeFileSync(at("cut.safetensors"), readFileSync(join(data, "wgan-sn-critic.safetensors")).subarray(0, -1));

// The first and the last are measured by shares, the last of which stays in its file.
const shared: Parameters<typeof writeModel>[1] = [
  { name: "halves", dtype: "BF16", shape: [2100, 2048] },
  { name: "whole", dtype: "F32", shape: [300, 200] },
  { name: "wide", dtype: "F32", shape: [1024, 4800] },
];
writeModel(at("shared.safetensors"), shared, "trained");

test.each([
  [["--memory", "19", at("shared.safetensors")]],
  [["--json", ...files]],
  [["--csv", "--max-norm", "1.05", ...files]],
  [files],
  [["--json", "--layers", "critic-layers.json", "--max-lipschitz", "10.1", files[0] as string]],
  [["--json", "--lora-alpha", "2", at("lora.safetensors"), "missing.safetensors", at("cut.safetensors")]],
  [["--json", "--base", model("transformer"), "--lora-alpha", "8", model("adapter_model")]],
  [["--json", "--heads", "4", "--memory", "0.01", model("transformer")]],
  [["--axis", "last", "--tolerance", "1e-9", "--seed", "3", "--values", "2", "--json", files[1] as string]],
])("threads give the report of one, byte for byte: %j", async (args) => {
  const alone = await run("audit", ...args);
  expect(await run("audit", "--workers", "2", ...args)).toEqual(alone);
  expect(await run("audit", "--workers", "5", ...args)).toEqual(alone);
  expect(await run("audit", "--workers", "1", ...args)).toEqual(alone);
});

test("a wrong option is refused before a thread is started", async () => {
  const stderr = "spectral-norm: --tolerance expected a number above 0 and below 1, got 0\n";
  expect(await run("audit", "--workers", "2", "--tolerance", "0", files[0] as string)).toEqual({
    code: 2,
    stdout: "",
    stderr,
  });
});

test("Ctrl-C ends all threads at once, without a file", async () => {
  // As in the test of one thread: beyond any patience.
  const shape = [2 ** 14, 2 ** 14];
  const bytes = shape.reduce((product, side) => product * side, 4);
  const start = fileOf(JSON.stringify({ w: { dtype: "F32", shape, data_offsets: [0, bytes] } }));
  writeFileSync(at("large.safetensors"), start);
  truncateSync(at("large.safetensors"), start.length + bytes);
  const args = ["audit", "--workers", "2", "--html", at("large.safetensors"), "--output", at("never.html")];
  const child = spawn(process.execPath, [program, ...args], { stdio: "ignore" });
  const closed = new Promise<number | null>((resolve) => {
    child.on("close", (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]));
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill("SIGINT");
  expect(await closed).toBe(130);
  expect(existsSync(at("never.html"))).toBe(false);
});
