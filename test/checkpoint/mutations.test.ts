import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { SpectralNormError } from "../../ts/engine/errors.js";
import { mutated, randomly } from "./mutate.ts";

const folder = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));
const names = readdirSync(folder).filter((name) => name !== "expected.json" && name !== "external.bin");
const bytesOf = (name: string) => new Uint8Array(readFileSync(folder + name));
// A file that a mutated name stands for is empty.
const companions = new Map([...names, "external.bin"].map((name) => [name, bytesOf(name)]));
const companion = (name: string) => companions.get(name) ?? new Uint8Array(0);

/** Reads all of a file; whether it was refused. */
async function isRefused(bytes: Uint8Array): Promise<boolean> {
  try {
    const checkpoint = await openCheckpoint(bytes, { companion });
    for (const { name, shape } of checkpoint.tensors) {
      const count = shape.reduce((product, size) => product * size, 1);
      const { data } = await checkpoint.read(name);
      expect(data).toHaveLength(count);
      let blocks = 0;
      for await (const block of checkpoint.blocks(name, { bytes: 64 })) blocks += block.data.length;
      expect(blocks).toBe(count);
    }
    return false;
  } catch (thrown) {
    if (thrown instanceof SpectralNormError && thrown.code === "FORMAT") return true;
    throw thrown;
  }
}

test.each(names)("250 mutations of %s are refused or read", async (name) => {
  const bytes = bytesOf(name);
  const below = randomly(names.indexOf(name));
  let refused = 0;
  for (let count = 0; count < 250; count++) if (await isRefused(mutated(bytes, below))) refused++;
  // A test in which nothing was noticed, or nothing was valid any more, would not test both.
  expect(refused).toBeGreaterThan(25);
});

test.each(names)("%s, cut anywhere, is refused, or has lost nothing that is read", async (name) => {
  const bytes = bytesOf(name);
  const { tensors, skipped } = await openCheckpoint(bytes, { companion });
  const sizes = Array.from({ length: bytes.length }, (_, size) => size);
  // Each of the first bytes and of the last, and some between.
  const some = sizes.filter((size) => size < 150 || size > bytes.length - 100 || size % 97 === 0);
  let refused = 0;
  for (const size of some) {
    const cut = bytes.subarray(0, size);
    // Behind the graph of ONNX there are other fields, and of Python's objects the header does not tell the size.
    if (await isRefused(cut)) refused++;
    else expect(await openCheckpoint(cut, { companion }), `${size} bytes`).toMatchObject({ tensors, skipped });
  }
  expect(refused).toBeGreaterThan(some.length - 50);
});
