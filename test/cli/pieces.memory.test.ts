import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeModel } from "../../bench/big/model.mjs";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { npy } from "../checkpoint/formats.js";
import { program } from "./run.js";

const run = promisify(execFile);
/** Tells the most memory that the process has had, when it ends. */
const watching =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('\\n'+process.resourceUsage().maxRSS))";
const MOST_BYTES = 250e6;
/** In float32 130 MB, more than a weight may take in memory, and 100 MB, which fits. */
const [LARGE, USUAL] = [13_000, 10_000];
const COLUMNS = 2500;

/** Runs a command, which must not take too much memory, and gives what it printed. */
async function within(...args: readonly string[]) {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const options = { env, maxBuffer: 2 ** 24 };
  const { stdout, stderr } = await run(process.execPath, ["--import", watching, program, ...args, "--json"], options);
  const peak = 1024 * Number(stderr.split("\n").at(-1));
  expect(peak).toBeGreaterThan(30e6);
  expect(peak).toBeLessThan(MOST_BYTES);
  return JSON.parse(stdout);
}

/** An entry of the arrays with the first index running fastest. */
const entryOf = (row: number, column: number) => ((row * 7 + column * 13) % 257) - 128;

/** An array of NumPy, a column after the other. */
function writeFortran(path: string, rows: number): void {
  const empty = npy({ dtype: "F32", shape: [rows, COLUMNS], bytes: new Uint8Array(0) });
  const file = openSync(path, "w");
  writeSync(file, Buffer.from(Buffer.from(empty).toString("latin1").replace("False,", "True, "), "latin1"));
  for (let column = 0; column < COLUMNS; column++) {
    writeSync(
      file,
      Float32Array.from({ length: rows }, (_, row) => entryOf(row, column)),
    );
  }
  closeSync(file);
}

/** Fails unless a file has these arrays times a factor. */
async function expectEntries(path: string, rows: number, factor: number): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  const { tensors } = checkpoint;
  expect(tensors.map(({ shape }) => shape)).toEqual([[rows, COLUMNS]]);
  for await (const { start, shape, data } of checkpoint.blocks(tensors[0]?.name as string)) {
    const [row = 0, column = 0] = start;
    const [height = 0, width = 0] = shape;
    // All would take a while.
    for (let at = 0; at < height * width; at += 997) {
      const expected = entryOf(row + Math.floor(at / width), column + (at % width)) * factor;
      if (Math.abs((data[at] as number) - expected) > 1e-6 * Math.abs(expected)) expect(data[at]).toBe(expected);
    }
  }
  await checkpoint.close();
}

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spectral-norm-pieces-memory-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const matrix = (name: string, rows: number, dtype: "F32" | "BF16" = "F32") => ({ name, dtype, shape: [rows, COLUMNS] });
const vector = (name: string, ...shape: number[]) => ({ name, dtype: "F32" as const, shape });

test.each([
  ["larger than memory", LARGE],
  ["in memory", USUAL],
])("bake and strip take less than 250 MB of weights %s", async (_, rows) => {
  const input = at(`normalized-${rows}.safetensors`);
  const tensors = [
    ...[matrix("a.weight_orig", rows), vector("a.weight_u", rows), vector("a.weight_v", COLUMNS)],
    ...[matrix("params/d/kernel", rows), vector("batch_stats/d/kernel/u", 1, COLUMNS)],
  ];
  writeModel(input, tensors, "trained");
  const baked = await within("bake", input, "--output", at("baked.safetensors"), "--tolerance", "1e-4");
  expect(baked.tensors.map(({ name }: { name: string }) => name)).toEqual(["a.weight", "params/d/kernel"]);
  // One step of power iteration finds most of a norm that stands out.
  expect(baked.tensors[1].after).toBeGreaterThan(1);
  expect(baked.tensors[1].after).toBeLessThan(1.5);
  const stripped = await within("strip", input, "--output", at("stripped.safetensors"));
  expect(stripped.removed).toHaveLength(3);
  for (const file of [input, at("baked.safetensors"), at("stripped.safetensors")]) rmSync(file);
});

test.each([
  ["larger than memory", LARGE],
  ["in memory", USUAL],
])("diff takes less than 250 MB of weights %s", async (_, rows) => {
  const files = (["F32", "BF16"] as const).map((dtype) => {
    const path = at(`${dtype}-${rows}.safetensors`);
    writeModel(path, [matrix("w", rows, dtype)], "trained");
    return path;
  });
  const { tensors } = await within("diff", ...files, "--tolerance", "1e-3");
  expect(tensors[0]).toMatchObject({ name: "w", dtypes: ["F32", "BF16"], error: null, spectralShare: 1 });
  // What is cut off of a number is at most a 128th of it.
  expect(tensors[0].relative).toBeGreaterThan(2 ** -11);
  expect(tensors[0].relative).toBeLessThan(2 ** -7);
  for (const file of files) rmSync(file);
});

test.each([
  ["larger than memory", LARGE],
  ["in memory", USUAL],
])("an array whose first index runs fastest is divided and converted within 250 MB: %s", async (_, rows) => {
  const input = at("fortran.npy");
  writeFortran(input, rows);
  for (const output of [at("rows.safetensors"), at("columns.npy")]) {
    const { tensors } = await within("normalize", input, "--output", output, "--target", "1000");
    await expectEntries(output, rows, 1000 / tensors[0].before);
    rmSync(output);
  }
  await within("strip", input, "--output", at("copy.safetensors"));
  await expectEntries(at("copy.safetensors"), rows, 1);
  for (const file of [input, at("copy.safetensors")]) rmSync(file);
});

test("audit takes less than 250 MB of a LoRA pair and a weight that is larger than memory", async () => {
  const [base, adapter] = [at("base.safetensors"), at("adapter.safetensors")];
  writeModel(base, [matrix("layers.0.q.weight", LARGE)], "trained");
  const pair = [
    vector("base_model.model.layers.0.q.lora_A.weight", 8, COLUMNS),
    vector("base_model.model.layers.0.q.lora_B.weight", LARGE, 8),
  ];
  writeModel(adapter, pair, "noise");
  const { files } = await within("audit", adapter, "--base", base, "--lora-alpha", "1", "--tolerance", "1e-4");
  const alone = await within("audit", base, "--tolerance", "1e-4");
  const sum = files[0].adapters.find(({ name }: { name: string }) => name.includes("W + "));
  expect(sum.error).toBeNull();
  const [{ spectralNorm: own }] = alone.files[0].tensors;
  const { spectralNorm: added } = files[0].adapters.find(({ name }: { name: string }) => !name.includes("W + "));
  expect(sum.spectralNorm).toBeGreaterThan(Math.abs(own - added) * (1 - 1e-3));
  expect(sum.spectralNorm).toBeLessThan((own + added) * (1 + 1e-3));
});
