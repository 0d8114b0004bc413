import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { digestOf } from "../../ts/engine/digest.js";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "beside-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The entry in a folder of its own, with the files that are named. */
function placed(name: string, ...files: string[]): string {
  const folder = join(home, name);
  mkdirSync(folder);
  for (const file of ["node.js", ...files]) cpSync(join(dist, file), join(folder, file));
  return folder;
}

async function sigma(folder: string): Promise<number> {
  const entry = await import(pathToFileURL(join(folder, "node.js")).href);
  const columns = [3, 0, 0, 4];
  return await entry.spectralNorm({ data: Float64Array.from(columns), shape: [2, 2] });
}

describe("the entry for Node", () => {
  test("needs the file of the module alone, where it is", async () => {
    expect(await sigma(placed("file", "spectral_norm.wasm"))).toBe(4);
  });

  test("needs the text alone, where a bundler has moved it away from the file", async () => {
    expect(await sigma(placed("text", "node/inline.js"))).toBe(4);
  });

  test("takes no other file of that name for its own", async () => {
    const folder = placed("other", "node/inline.js");
    const other = readFileSync(join(dist, "spectral_norm.wasm"));
    other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.length - 1);
    writeFileSync(join(folder, "spectral_norm.wasm"), other);
    expect(await sigma(folder)).toBe(4);
    rmSync(join(folder, "node"), { recursive: true });
    const again = join(home, "again");
    cpSync(folder, again, { recursive: true });
    await expect(sigma(again)).rejects.toMatchObject({ code: "LOAD" });
  });
});

test("the digest tells any byte's change, and a file that was cut", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 99 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
      const other = given.slice();
      const at = place % given.length;
      other[at] = (given[at] as number) ^ change;
      expect(digestOf(other)).not.toBe(digestOf(given));
      expect(digestOf(given.slice(0, -1))).not.toBe(digestOf(given));
      // At any place in memory.
      const moved = new Uint8Array(given.length + 3).subarray(3);
      moved.set(given);
      expect(digestOf(moved)).toBe(digestOf(given));
    }),
  );
});
