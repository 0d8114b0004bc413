/**
 * Files as sources of bytes.
 *
 * @module
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import type { ByteSource } from "../checkpoint/source.js";
import { FormatError } from "../engine/errors.js";

/** Opens a file, lends it to `use`, and closes it, however that ends. */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const size = await checkFile(path);
  const handle = await explained(path, () => open(path, "r"));
  try {
    return await use({ name: path, size, read: (offset, length) => readExactly(path, handle, offset, length) });
  } finally {
    await handle.close();
  }
}

/** The text of a small file, such as one of options. */
export async function readText(path: string): Promise<string> {
  return await withFile(path, async (source) => new TextDecoder().decode(await source.read(0, source.size)));
}

/** Asked before the file is opened, for opening a pipe waits for somebody to write to it. */
async function checkFile(path: string): Promise<number> {
  const status = await explained(path, () => stat(path));
  if (!status.isFile()) {
    throw new FormatError(
      `${path}: expected a file, got ${status.isDirectory() ? "a directory" : "a pipe or a device"}`,
    );
  }
  return status.size;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission to read it is denied",
  EMFILE: "too many files are open",
};

async function explained<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new FormatError(`${path}: expected a file, but ${reasons[code ?? ""] ?? message}`, { cause });
  }
}

async function readExactly(path: string, handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await explained(path, () => handle.read(bytes, filled, length - filled, offset + filled));
    if (bytesRead === 0) {
      throw new FormatError(
        `${path}: expected ${length} bytes from byte ${offset} on, got ${filled}: the file was shortened`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}
