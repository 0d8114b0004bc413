/**
 * Which checkpoint it is: names and dates tell the machine that asks, contents tell the machine that measures.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { openCheckpoint } from "../../checkpoint.js";
import { FormatError } from "../../engine/errors.js";

/** What is hashed of the beginning of each tensor: no training leaves it as it was. */
const SAMPLE_BYTES = 4096;

/** Whether a checkpoint is reached over the network. */
export function isAddress(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** The name of a checkpoint for other processes: addresses as they are, paths from the root on. */
export function globalName(source: string): string {
  return isAddress(source) ? source : resolve(source);
}

/** A checkpoint as the machine sees it that asks for the audit. */
export interface Fingerprint {
  /** Changes with every change of a file. */
  readonly identity: string;
  /** The same wherever the same checkpoint is: see {@link contentsOf}. */
  readonly contents: string;
}

/**
 * The fingerprint of a checkpoint, or of one with another that it is added to.
 *
 * @throws {FormatError} When there is none.
 */
export async function fingerprint(source: string, base?: string): Promise<Fingerprint> {
  const { files, contents } = await look(source);
  const identity = [globalName(source), ...(await Promise.all(files.map(versionOf))), contents];
  const one = { identity: digest(JSON.stringify(identity)), contents };
  if (base === undefined) return one;
  const other = await fingerprint(base);
  return { identity: digest(one.identity + other.identity), contents: digest(contents + other.contents) };
}

/**
 * What a checkpoint holds, on every machine that has a copy: its tensors' names, types and shapes with the beginning of
 * each, or for an address what its server says of the version.
 *
 * @throws {FormatError} When there is none.
 */
export async function contentsOf(source: string, base?: string): Promise<string> {
  const { contents } = await look(source);
  return base === undefined ? contents : digest(contents + (await look(base)).contents);
}

async function look(source: string): Promise<{ readonly files: readonly string[]; readonly contents: string }> {
  const files = [source];
  const companion = (path: string) => {
    const file = beside(source, path);
    files.push(file);
    return file;
  };
  const checkpoint = await openCheckpoint(source, { companion });
  try {
    const { format, tensors, skipped } = checkpoint;
    const hash = createHash("sha256").update(JSON.stringify([format, tensors, skipped]));
    if (isAddress(source)) {
      for (const file of files) hash.update(await addressVersion(file));
    } else {
      for (const { name } of tensors) {
        for await (const { data } of checkpoint.blocks(name, { bytes: SAMPLE_BYTES })) {
          hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
          break;
        }
      }
    }
    return { files, contents: hash.digest("hex") };
  } finally {
    await checkpoint.close();
  }
}

/** As the readers of checkpoints find it by themselves. */
function beside(source: string, relative: string): string {
  if (!isAddress(source)) return source.replace(/[^/\\]*$/, "") + relative;
  return new URL(relative.split("/").map(encodeURIComponent).join("/"), source).href;
}

async function versionOf(file: string): Promise<string> {
  if (isAddress(file)) return await addressVersion(file);
  const { size, mtimeNs } = statSync(file, { bigint: true });
  return `${size} ${mtimeNs}`;
}

async function addressVersion(address: string): Promise<string> {
  // What every server answers that gives files; some refuse HEAD.
  const response = await fetch(address, { headers: { range: "bytes=0-0" } }).catch((cause: Error) => {
    throw new FormatError(`${address}: expected an answer, but the request failed: ${cause.message}`, { cause });
  });
  await response.body?.cancel();
  const { headers } = response;
  const size = headers.get("content-range") ?? headers.get("content-length");
  return JSON.stringify([size, headers.get("etag"), headers.get("last-modified")]);
}

/** 40 digits are enough for names. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}
