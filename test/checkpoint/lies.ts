/**
 * Files that lie, and how they are refused.
 */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";

/** A file made by a library. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../fixtures/checkpoints/${name}`, import.meta.url)));
}

/** The message with which opening a file, or reading all of it, is refused. */
export async function refusal(
  bytes: Uint8Array,
  companion: (path: string) => Uint8Array = () => new Uint8Array(0),
): Promise<string> {
  const error = await openCheckpoint(bytes, { companion })
    .then(async (checkpoint) => {
      for (const { name } of checkpoint.tensors) await checkpoint.read(name);
    })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "FormatError", code: "FORMAT" });
  return (error as Error).message;
}

/** A copy in which `value` stands at `at`, from the end if that is negative. */
export function patched(bytes: Uint8Array, at: number, value: ArrayLike<number>): Uint8Array {
  const copy = bytes.slice();
  copy.set(value, (at + copy.length) % copy.length);
  return copy;
}
