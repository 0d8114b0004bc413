/**
 * Results as files, in Node, Deno and Bun: each is written beside its place, flushed, and put there when all are whole.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import { noTarget } from "./memory.js";
import type { Sink, Target, WrittenFile } from "./sink.js";

interface Status {
  readonly ino: number;
  readonly dev: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

interface Handle {
  write(bytes: Uint8Array, from: number, length: number, at: number): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of `node:fs/promises` that is used, declared here because the library compiles without Node's types. */
interface FileSystem {
  open(path: string, flags: "wx"): Promise<Handle>;
  stat(path: string | URL): Promise<Status>;
  realpath(path: string): Promise<string>;
  mkdir(path: string, options: { readonly recursive: true }): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { readonly force: true }): Promise<void>;
  rmdir(path: string): Promise<void>;
}

interface Runtime {
  readonly process?: { readonly pid: number; getBuiltinModule?(name: string): FileSystem | undefined };
}

/** What may be replaced: nothing; files that are there, other than those that are read; or those that are read alone. */
export type Overwrite = "nothing" | "files" | "input";

/** Where results go. */
export interface FilesOptions {
  readonly overwrite: Overwrite;
  /** The paths that are read. */
  readonly inputs: readonly string[];
  /** Checks where files would go, and writes none. */
  readonly isRehearsal: boolean;
}

function fileSystem(path: string): FileSystem {
  const files = (globalThis as Runtime).process?.getBuiltinModule?.("node:fs/promises");
  if (files !== undefined) return files;
  throw new OptionError(`"output" expected nothing, for this runtime has no files, got the path ${path}`);
}

/** Everything up to the name of a file. */
function folderOf(path: string): string {
  return /^.*[/\\]/s.exec(path)?.[0] ?? "";
}

/** Whether there is a folder of this name. */
export async function isFolder(path: string): Promise<boolean> {
  return (await statusOf(fileSystem(path), path))?.isDirectory() === true;
}

async function statusOf(files: FileSystem, path: string): Promise<Status | undefined> {
  try {
    return await files.stat(path.startsWith("file:") ? new URL(path) : path);
  } catch (thrown) {
    const { code } = thrown as { readonly code?: unknown };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw refused(path, thrown);
  }
}

function refused(path: string, cause: unknown): OptionError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  return new OptionError(`"output" expected a file that can be written, got ${path}: ${code ?? message}`, { cause });
}

/** A file that waits beside its place. */
interface Pending {
  readonly path: string;
  readonly place: string;
  readonly beside: string;
  readonly sink: FileSink;
}

/** Files at a path, and beside it. */
export function filesTarget(output: string, options: FilesOptions): Target {
  const files = fileSystem(output);
  const pending: Pending[] = [];
  const made: string[] = [];
  return {
    async create(relative) {
      const path = relative === undefined ? output : folderOf(output) + relative;
      const place = await placeOf(files, path, options);
      if (options.isRehearsal) return await noTarget().create(undefined);
      await attempt(path, async () => {
        const first = folderOf(place) === "" ? undefined : await files.mkdir(folderOf(place), { recursive: true });
        if (first !== undefined) made.push(...chain(folderOf(place), first));
      });
      const name = place.slice(folderOf(place).length);
      const beside = `${folderOf(place)}.${name}.${(globalThis as Runtime).process?.pid}.tmp`;
      const sink = new FileSink(path, await attempt(path, () => files.open(beside, "wx")));
      pending.push({ path, place, beside, sink });
      return sink;
    },
    async finish() {
      for (const { sink } of pending) await sink.finish();
      // The file that names the others last.
      const ordered = [...pending].sort((a, b) => Number(a.path === output) - Number(b.path === output));
      for (const { path, place, beside } of ordered) await attempt(path, () => files.rename(beside, place));
      return pending.splice(0).map(({ path, sink }): WrittenFile => ({ path, size: sink.size }));
    },
    async discard() {
      for (const { beside, sink } of pending.splice(0)) {
        await sink.abandon();
        await files.rm(beside, { force: true });
      }
      // Only those that are empty go.
      for (const folder of made.splice(0).reverse()) await files.rmdir(folder).catch(() => undefined);
    },
  };
}

/** The folders from the first that was made to the last. */
function chain(folder: string, first: string): string[] {
  const last = folder.replace(/[/\\]+$/, "");
  const rest = [...last.slice(first.length).matchAll(/[/\\]/g)].map(({ index }) => last.slice(0, first.length + index));
  return [...new Set([...rest.filter((path) => path.length >= first.length), last])];
}

/** Where a file will be. A link stays one: what it leads to is replaced. */
async function placeOf(files: FileSystem, path: string, { overwrite, inputs }: FilesOptions): Promise<string> {
  const there = await statusOf(files, path);
  if (there === undefined) return path;
  if (!there.isFile()) {
    const got = there.isDirectory() ? "a directory" : "a pipe or a device";
    throw new OptionError(`"output" expected a file, got ${got}: ${path}`);
  }
  const read = await Promise.all(inputs.map((input) => statusOf(files, input)));
  const isInput = read.some((status) => status?.ino === there.ino && status.dev === there.dev);
  if (overwrite === (isInput ? "input" : "files")) return await files.realpath(path);
  const expected = isInput ? "another file than those that are read" : "a file that is not there yet";
  throw new OptionError(`"output" expected ${expected}, got ${path}; "overwrite" allows it`);
}

async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    throw refused(path, thrown);
  }
}

class FileSink implements Sink {
  size = 0;
  readonly #path: string;
  #handle: Handle | undefined;

  constructor(path: string, handle: Handle) {
    this.#path = path;
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.patch(this.size, bytes);
    this.size += bytes.length;
  }

  async patch(at: number, bytes: Uint8Array): Promise<void> {
    const handle = this.#handle as Handle;
    await attempt(this.#path, async () => {
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
    });
  }

  async finish(): Promise<void> {
    await attempt(this.#path, async () => await this.#handle?.sync());
    await this.abandon();
  }

  async abandon(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
