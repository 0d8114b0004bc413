import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mutated, randomly } from "../checkpoint/mutate.ts";
import { file as safetensorsOf } from "../checkpoint/writer.ts";
import { program } from "./run.ts";

const folder = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));
const names = readdirSync(folder).filter((name) => name !== "expected.json" && name !== "external.bin");

/** Of 29 files, of every format, alone and with others beside them: 5,220 in all, and 400 more below. */
const MUTATIONS = 180;
const MOST_BYTES = 500e6;

/** Says at the end how much memory there was. */
const WATCH = `data:text/javascript,process.on("exit",()=>process._rawDebug("maxRSS",process.resourceUsage().maxRSS))`;

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "spectral-norm-hostile-"));
  for (const name of readdirSync(folder)) copyFileSync(folder + name, join(place, name));
});
afterAll(() => rmSync(place, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly maxRss: number;
}

/** The command in a process of its own, which may have little memory. */
function runWatched(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--max-old-space-size=256", "--import", WATCH, program, ...args], {
      cwd: place,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on("close", (code, signal) => {
      const [, kilobytes] = /maxRSS (\d+)\n/.exec(stderr) ?? [];
      resolve({ code, signal, stdout, maxRss: 1024 * Number(kilobytes) });
    });
  });
}

type Told = { readonly file: string; readonly error?: { readonly code: string; readonly message: string } };

/** That every file has a whole result or an error that says where it is wrong; gives the number of errors. */
function refusedIn(text: string, files: readonly string[]): number {
  const told: readonly (Told & Record<string, unknown>)[] = JSON.parse(text).files;
  expect(told.map(({ file }) => file)).toEqual(files);
  let refused = 0;
  for (const { file, error, ...audit } of told) {
    if (error === undefined) {
      expect(Object.keys(audit)).toEqual(["axis", "tensors", "skipped", "adapters", "heads", "network", "gates"]);
      continue;
    }
    refused += 1;
    expect(error.code, file).toBe("FORMAT");
    // A byte, a tensor, a key, or what was expected of the file as a whole.
    expect(error.message, file).toMatch(/\d|"|expected/);
  }
  return refused;
}

/** That the folder has nothing but what was put there and the report. */
function leftovers(kept: readonly string[]): string[] {
  return readdirSync(place).filter((name) => name.startsWith(".") || name.endsWith(".tmp") || kept.includes(name));
}

/** A report of any other kind, which is whole, too. */
const kinds: Readonly<Record<string, (text: string) => void>> = {
  csv: (text) => {
    expect(text).toMatch(/^file,weight,shape,dtype,/);
    expect(text.endsWith("\r\n")).toBe(true);
  },
  html: (text) => {
    expect(text.startsWith("<!doctype html>")).toBe(true);
    expect(text.trimEnd().endsWith("</html>")).toBe(true);
  },
  markdown: (text) => expect(text.endsWith("\n")).toBe(true),
};

async function judge(files: readonly string[], kind: string): Promise<number> {
  const json = await runWatched("audit", "--json", ...files);
  expect([0, 1, 2]).toContain(json.code);
  expect(json.maxRss).toBeGreaterThan(0);
  expect(json.maxRss).toBeLessThan(MOST_BYTES);
  const refused = refusedIn(json.stdout, files);
  expect(json.code === 2).toBe(refused > 0);
  // Into a file that was there before: it is replaced as a whole.
  writeFileSync(join(place, "report"), "before");
  const written = await runWatched("audit", `--${kind}`, "--output", "report", ...files);
  expect(written).toMatchObject({ code: json.code, signal: null, stdout: "" });
  expect(written.maxRss).toBeLessThan(MOST_BYTES);
  kinds[kind]?.(readFileSync(join(place, "report"), "utf8"));
  expect(leftovers([])).toEqual([]);
  return refused;
}

describe.each(names.map((name, index) => [name, index] as const))("%s", (name, index) => {
  test(`${MUTATIONS} mutations are refused or audited, and reports are whole`, async () => {
    const bytes = new Uint8Array(readFileSync(folder + name));
    const below = randomly(1000 + index);
    const files = Array.from({ length: MUTATIONS }, (_, count) => `${count}-${name}`);
    for (const file of files) writeFileSync(join(place, file), mutated(bytes, below));
    const refused = await judge(files, Object.keys(kinds)[index % 3] as string);
    for (const file of files) rmSync(join(place, file));
    // A test in which nothing was noticed, or nothing was valid any more, would not test both.
    expect(refused).toBeGreaterThan(MUTATIONS / 10);
  });
});

/** A file in which places that look like addresses lead elsewhere in it, to themselves and to those that lead to them. */
function redirected(bytes: Uint8Array<ArrayBuffer>, below: (below: number) => number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const isAddress = (at: number) => {
    const value = view.getBigUint64(at, true);
    return value > 0n && value < BigInt(copy.length);
  };
  const places = Array.from({ length: Math.floor(copy.length / 8) }, (_, i) => 8 * i).filter(isAddress);
  const values = places.map((at) => view.getBigUint64(at, true));
  for (let count = 1 + below(3); count > 0; count--) {
    const at = places[below(places.length)] as number;
    view.setBigUint64(at, below(2) === 0 ? BigInt(at) : (values[below(values.length)] as bigint), true);
  }
  return copy;
}

test.each(["kinds.weights.h5", "sharded_00000.weights.h5"])("%s, whose addresses lead in circles", async (name) => {
  const bytes = new Uint8Array(readFileSync(folder + name));
  const below = randomly(7);
  const files = Array.from({ length: 200 }, (_, count) => `circle-${count}-${name}`);
  for (const file of files) writeFileSync(join(place, file), redirected(bytes, below));
  expect(await judge(files, "csv")).toBeGreaterThan(20);
  for (const file of files) rmSync(join(place, file));
});

/** Files that are small and would be large, deep or endless. */
const bombs: Readonly<Record<string, () => Uint8Array>> = {
  "deep-array.safetensors": () => safetensorsOf(`{"w":${"[".repeat(5_000_000)}`),
  "deep-object.safetensors": () => safetensorsOf(`${'{"a":'.repeat(1_000_000)}1${"}".repeat(1_000_000)}`),
  "deep.index.json": () => Buffer.from(`{"weight_map":${'{"a":'.repeat(1_000_000)}1${"}".repeat(1_000_000)}}`),
  "huge-shape.safetensors": () =>
    safetensorsOf('{"w":{"dtype":"F32","shape":[67108864,67108864],"data_offsets":[0,16]}}', new Uint8Array(16)),
  // Two lengths of which one says four gigabytes, within a field that says one.
  "huge.onnx": () => Uint8Array.of(8, 8, 0x3a, 0x80, 0x80, 0x80, 0x80, 4, 0x2a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3),
  "nested.onnx": () => Uint8Array.of(8, 8, ...Array.from({ length: 2000 }, () => [0x3a, 0x7f]).flat()),
  "bomb.npz": () => {
    const header = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 500000000), }".padEnd(117)}\n`;
    const start = Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00", "latin1"),
      Buffer.from([118, 0]),
      Buffer.from(header),
    ]);
    const zip = Buffer.from(
      zipSync({ "w.npy": [new Uint8Array(Buffer.concat([start, Buffer.alloc(2 ** 22)])), { level: 9 }] }),
    );
    // Its directory says that four gigabytes come of four kilobytes.
    const directory = zip.lastIndexOf(Buffer.from("PK\x01\x02", "latin1"));
    zip.writeUInt32LE(4_000_000_128, directory + 24);
    return zip;
  },
};

test("what is small and would be large, deep or endless", async () => {
  const files = Object.keys(bombs);
  for (const [name, make] of Object.entries(bombs)) writeFileSync(join(place, name), make());
  expect(await judge(files, "html")).toBe(files.length);
  for (const file of files) rmSync(join(place, file));
});
