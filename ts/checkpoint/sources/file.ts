/**
 * Files as sources of bytes, in Node, Deno and Bun.
 *
 * @module
 */
import { FormatError, OptionError } from "../../engine/errors.js";
import { type ByteSource, immediate } from "./source.js";

interface FileHandle {
  readonly fd: number;
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** The part of `node:fs` that is used, declared here because the library compiles without Node's types. */
interface FileSystem {
  readonly promises: {
    open(path: string | URL, flags: "r"): Promise<FileHandle>;
    stat(path: string | URL): Promise<{ readonly size: number; isFile(): boolean; isDirectory(): boolean }>;
  };
  readSync(fd: number, target: Uint8Array, offset: number, length: number, position: number): number;
}

interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): FileSystem | undefined };
}

/** What keeps a disk and the threads of Node busy while a piece is being worked on. */
const AHEAD = 3;

/** Asked for by name at run time, so that bundlers for browsers find nothing that they cannot resolve. */
function fileSystem(path: string | URL): FileSystem {
  const files = (globalThis as Runtime).process?.getBuiltinModule?.("node:fs");
  if (files !== undefined) return files;
  throw new OptionError(
    `"source" expected a Blob, bytes or an http(s) address, for this runtime has no files, got the path ${path}`,
  );
}

/**
 * Opens a file, and holds it open.
 *
 * @param blocking Whether reads are done by the thread that asks, before it is given its promise.
 * @throws {FormatError} When there is no such file, or it is none that has a size.
 */
export async function openFile(path: string | URL, blocking = false): Promise<ByteSource> {
  const files = fileSystem(path);
  const name = String(path);
  const size = await checkFile(files, path);
  const handle = await explained(name, () => files.promises.open(path, "r"));
  const read: Read = blocking
    ? (...where) => readNow(files, handle.fd, ...where)
    : async (...where) => (await handle.read(...where)).bytesRead;
  const source: ByteSource = {
    name,
    size,
    ahead: blocking ? 1 : AHEAD,
    read: (offset, length, room) => readExactly(name, read, offset, room?.take(length) ?? new Uint8Array(length)),
    close: () => handle.close(),
    companion: (relative) => openFile(beside(path, relative), blocking),
  };
  return blocking ? immediate(source) : source;
}

/** Puts bytes of the file into a part of `target`, and tells how many. */
type Read = (target: Uint8Array, offset: number, length: number, position: number) => number | Promise<number>;

/** As many bytes as there are, for a system may give fewer than it is asked for. */
function readNow(files: FileSystem, fd: number, target: Uint8Array, offset: number, length: number, position: number) {
  let filled = 0;
  for (let got = -1; got !== 0 && filled < length; filled += got) {
    got = files.readSync(fd, target, offset + filled, length - filled, position + filled);
  }
  return filled;
}

function beside(path: string | URL, relative: string): string | URL {
  if (typeof path !== "string") return new URL(relative.split("/").map(encodeURIComponent).join("/"), path);
  return path.replace(/[^/\\]*$/, "") + relative;
}

/** Asked before the file is opened, for opening a pipe waits for somebody to write to it. */
async function checkFile(files: FileSystem, path: string | URL): Promise<number> {
  const status = await explained(String(path), () => files.promises.stat(path));
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

async function explained<T>(name: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { code, message } = cause as { readonly code?: string; readonly message: string };
    throw new FormatError(`${name}: expected a file, but ${reasons[code ?? ""] ?? message}`, { cause });
  }
}

async function readExactly(name: string, read: Read, offset: number, bytes: Uint8Array): Promise<Uint8Array> {
  const { length } = bytes;
  for (let filled = 0; filled < length; ) {
    const bytesRead = await explained(name, () => read(bytes, filled, length - filled, offset + filled));
    if (bytesRead === 0) {
      throw new FormatError(
        `${name}: expected ${length} bytes from byte ${offset} on, got ${filled}: the file was shortened`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}
