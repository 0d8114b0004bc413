/**
 * NumPy's .npz: a zip archive of .npy files.
 *
 * @module
 */
import type { Tensor } from "../tensor.js";
import type { Entry } from "../zip/archive.js";
import type { Contents } from "./format.js";
import { readArray } from "./npy.js";

const SUFFIX = ".npy";

/** Whether an archive looks like one that NumPy made. */
export function isNpz(entries: ReadonlyMap<string, Entry>): boolean {
  const names = [...entries.keys()];
  return names.length > 0 && names.every((name) => name.endsWith(SUFFIX));
}

/** The arrays of an archive, called as NumPy calls them. */
export async function readNpz(entries: ReadonlyMap<string, Entry>): Promise<Contents> {
  const tensors: Tensor[] = [];
  for (const entry of entries.values()) {
    const source = await entry.open();
    tensors.push(await readArray(source, entry.name.slice(0, -SUFFIX.length)));
    // A compressed entry holds what it has unpacked, which is no more needed than that of a thousand others.
    await source.close?.();
  }
  return { format: "npz", metadata: {}, tensors };
}
