import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { load, type WasmMatrix } from "spectral-norm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAudit } from "../../ts/checkpoint/audit.js";
import { openCheckpoint } from "../../ts/checkpoint/open.js";
import type { Block } from "../../ts/checkpoint/tensor.js";
import type { BlockOptions, Checkpoint } from "../../ts/checkpoint/types.js";
import { operators } from "./operators.js";
import { bits16, float32, float64, safetensors } from "./writer.js";

const engine = await load();
const folder = mkdtempSync(join(tmpdir(), "spectral-norm-blocking-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [rows, columns] = [13, 7];
const halves = Array.from({ length: rows * columns }, (_, at) => 0x3000 + 37 * at);
const values = Array.from({ length: rows * columns }, (_, at) => Math.fround(Math.sin(at)));
const tensors = {
  single: float32([rows, columns], values),
  double: float64([rows, columns], values),
  half: bits16("F16", [rows, columns], halves),
  brain: bits16("BF16", [rows, columns], halves),
};
const names = Object.keys(tensors);

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const opened: Checkpoint[] = [];
afterAll(() => Promise.all(opened.map((checkpoint) => checkpoint.close())));
async function open(path: string, blocking: boolean): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(path, { blocking });
  opened.push(checkpoint);
  return checkpoint;
}

async function blocksOf(checkpoint: Checkpoint, name: string, options: BlockOptions): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of checkpoint.blocks(name, options)) blocks.push(block);
  return blocks;
}

/** A NumPy file of float32 numbers whose first index runs fastest, or which are big-endian. */
function npy(descr: string, isFortran: boolean): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${isFortran ? "True" : "False"}, 'shape': (${rows}, ${columns}), }`;
  const text = header.padEnd(117, " ").concat("\n");
  const data = new DataView(new ArrayBuffer(4 * values.length));
  for (const [at, value] of values.entries()) data.setFloat32(4 * at, value, descr.startsWith("<"));
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"), Buffer.from(text), Buffer.from(data.buffer)]);
}

describe("a file that is read by the thread that asks", () => {
  let waiting: Checkpoint;
  let blocking: Checkpoint;
  beforeAll(async () => {
    const path = fileOf("all.safetensors", safetensors(tensors, 3));
    [waiting, blocking] = await Promise.all([open(path, false), open(path, true)]);
  });

  test("holds the same numbers, whatever their type and however much is read at once", async () => {
    const sizes = fc.integer({ min: 8, max: 400 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), sizes, async (name, bytes) => {
        expect(await blocking.read(name, { bytes })).toEqual(await waiting.read(name, { bytes }));
      }),
    );
  });

  test("has the same blocks, from any on and as many as are asked for", async () => {
    const counts = fc.nat({ max: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.integer({ min: 8, max: 400 }),
        counts,
        counts,
        async (name, bytes, skip, count) => {
          const options = { bytes, skip, count };
          expect(await blocksOf(blocking, name, options)).toEqual(await blocksOf(waiting, name, options));
        },
      ),
    );
  });

  test("gives bits of 16 to who brings an array for them, and of nothing else", async () => {
    for (const checkpoint of [waiting, blocking]) {
      for (const name of ["brain", "half"]) {
        const into = new Uint16Array(halves.length);
        expect((await checkpoint.read(name, { into: () => into, bytes: 10 })).data).toBe(into);
        expect([...into]).toEqual(halves);
      }
      await expect(checkpoint.read("single", { into: () => new Uint16Array(halves.length) })).rejects.toMatchObject({
        code: "TYPE",
        message: `"into" expected to give a Float32Array, got Uint16Array(${halves.length})`,
      });
    }
  });

  test.each(["single", "brain"])("fills a matrix whose memory grows between two pieces: %s", async (name) => {
    const matrix =
      name === "brain"
        ? engine.matrix([rows, columns], { dtype: "bfloat16" })
        : engine.matrix([rows, columns], { dtype: "float32" });
    const before = matrix.view;
    const large: WasmMatrix[] = [];
    let asked = 0;
    const into = () => {
      asked += 1;
      while (asked === 3 && before.length > 0) large.push(engine.matrix([2048, 4096]));
      return matrix.view;
    };
    await blocking.read(name, { into, bytes: 8 });
    expect(before).toHaveLength(0);
    expect([...matrix.view]).toEqual(name === "brain" ? halves : values);
    for (const one of [matrix, ...large]) one.free();
  });
});

test.each([
  ["<f4", true],
  [">f4", false],
  [">f4", true],
])("NumPy's %s with Fortran's order %s comes out the same", async (descr, isFortran) => {
  const path = fileOf(`${descr.charCodeAt(0)}-${isFortran}.npy`, npy(descr, isFortran));
  const [waiting, blocking] = await Promise.all([open(path, false), open(path, true)]);
  const [name] = waiting.tensors.map((tensor) => tensor.name) as [string];
  for (const bytes of [8, 50, 4096]) {
    expect(await blocking.read(name, { bytes })).toEqual(await waiting.read(name, { bytes }));
    expect(await blocksOf(blocking, name, { bytes })).toEqual(await blocksOf(waiting, name, { bytes }));
  }
});

test("a file that is shortened meanwhile is told of as ever", async () => {
  const bytes = safetensors(tensors);
  const path = fileOf("short.safetensors", bytes);
  const checkpoint = await open(path, true);
  truncateSync(path, bytes.length - 5);
  const { length } = tensors.brain.bytes;
  await expect(checkpoint.read("brain")).rejects.toMatchObject({
    code: "FORMAT",
    message: `${path}: expected ${length} bytes from byte ${bytes.length - length} on, got ${length - 5}: the file was shortened`,
  });
  expect((await checkpoint.read("single")).data).toEqual(Float32Array.from(values));
});

test("audits have the same rows", async () => {
  const path = fileOf("audit.safetensors", safetensors(tensors));
  const rowsOf = async (blocking: boolean, memory: number | undefined) => {
    const audit = await openAudit(engine, path, { operators, checkpoint: { blocking }, memory });
    const rows = await Promise.all(audit.jobs.map((job) => audit.measure(job)));
    await audit.close();
    return rows;
  };
  for (const memory of [undefined, 0]) expect(await rowsOf(true, memory)).toEqual(await rowsOf(false, memory));
});

test("what is no boolean is refused", async () => {
  const wrong = openCheckpoint(join(folder, "nowhere"), { blocking: 1 as never });
  await expect(wrong).rejects.toMatchObject({ code: "OPTION", message: '"blocking" expected a boolean, got 1' });
});
