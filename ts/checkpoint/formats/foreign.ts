/**
 * Recognizes what people mistake for a checkpoint that can be read, by its first bytes, to say what to do instead.
 *
 * @module
 */

const pickle = "a Python pickle, as old versions of torch.save write; save the weights as safetensors instead";
const page = "a web page, perhaps from a failed download";

// As Latin-1. At least three bytes each, for the first two are the low ones of the length of a safetensors header,
// where any value may stand.
const signatures: readonly (readonly [start: string, description: string])[] = [
  ...["\x80\x02\x8a", "\x80\x02}", "\x80\x02]", "\x80\x02c", "\x80\x03c", "\x80\x03}", "\x80\x03]"].map(
    (start) => [start, pickle] as const,
  ),
  ["\x80\x04\x95", pickle],
  ["\x80\x05\x95", pickle],
  ["GGUF", "a GGUF file, which is another format"],
  ["\x1f\x8b\x08", "a gzip archive; unpack it first"],
  ["version https://git-lfs", "a Git LFS pointer instead of the file itself; fetch it with git lfs pull"],
  ["<!doctype", page],
  ["<!DOCTYPE", page],
  ["<html", page],
  ["<?xml", page],
];

/** How many bytes {@link foreignFormat} looks at. */
export const SIGNATURE_BYTES: number = Math.max(...signatures.map(([start]) => start.length));

/** What a file that begins with `bytes` looks like, as the end of a sentence; `undefined` if like nothing known. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes);
  return signatures.find(([start]) => text.startsWith(start))?.[1];
}
