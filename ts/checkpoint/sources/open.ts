/**
 * What callers may give as a checkpoint, and how it becomes a source of bytes.
 *
 * @module
 */
import { describe, typedArrayKind } from "../../engine/describe.js";
import { TypeMismatchError } from "../../engine/errors.js";
import { openFile } from "./file.js";
import { type HttpOptions, openHttp } from "./http.js";
import { blobSource, bytesSource } from "./memory.js";
import type { BlobLike, ByteSource, CheckpointSource } from "./source.js";

/** How to reach what is not in memory. */
export interface AccessOptions extends HttpOptions {
  /** Whether files are read in this thread. */
  readonly blocking: boolean;
}

/** Nothing is read of it, but for files and addresses that it is there. */
export async function openSource(given: CheckpointSource, access: AccessOptions): Promise<ByteSource> {
  if (typeof given === "string") return await openText(given, access);
  if (given instanceof URL) {
    return given.protocol === "file:" ? await openFile(given, access.blocking) : await openUrl(given, access);
  }
  if (typedArrayKind(given) === "Uint8Array") return bytesSource(given as Uint8Array, "the bytes");
  if (isTagged(given, "ArrayBuffer")) return bytesSource(new Uint8Array(given as ArrayBuffer), "the bytes");
  if (isTagged(given, "Blob") || isTagged(given, "File")) {
    return blobSource(given as BlobLike, (given as { name?: string }).name ?? "the Blob");
  }
  if (isSource(given)) return given;
  throw wrong(given);
}

async function openText(text: string, access: AccessOptions): Promise<ByteSource> {
  if (!/^https?:\/\//i.test(text)) return await openFile(text, access.blocking);
  if (!URL.canParse(text)) throw wrong(text);
  return await openUrl(new URL(text), access);
}

async function openUrl(url: URL, http: HttpOptions): Promise<ByteSource> {
  if (!/^https?:$/.test(url.protocol)) throw wrong(url.href);
  return await openHttp(url, http);
}

// By tag, not by class, for values of another realm.
function isTagged(value: unknown, tag: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}

function isSource(value: unknown): value is ByteSource {
  const { name, size, read } = (value ?? {}) as Partial<ByteSource>;
  return typeof name === "string" && Number.isSafeInteger(size) && (size as number) >= 0 && typeof read === "function";
}

function wrong(given: unknown): TypeMismatchError {
  return new TypeMismatchError(
    `"source" expected a path, an http(s) address, a Blob, a Uint8Array, an ArrayBuffer or { name, size, read }, got ${describe(given)}`,
  );
}
