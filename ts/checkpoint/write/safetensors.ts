/**
 * safetensors with other names, or fewer tensors: the header is written anew, the data follow in their old order.
 *
 * @module
 */
import { isObject, readJson } from "../formats/format.js";
import { readEntries } from "../formats/safetensors.js";
import type { Opened, OpenedFile } from "../opened.js";
import type { ByteSource } from "../sources/source.js";
import { appendEncoded, type Kept } from "./edit.js";
import { copyRange, type Sink, type Target } from "./sink.js";

/** What a header says of a tensor, but for its place. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/**
 * Writes the header of a file.
 *
 * @param entries In the order of the header.
 * @param ordered The same in the order of the data.
 */
export async function appendHeader(
  sink: Sink,
  metadata: Readonly<Record<string, string>> | undefined,
  entries: readonly HeaderEntry[],
  ordered: readonly HeaderEntry[],
): Promise<void> {
  const begins = new Map<HeaderEntry, number>();
  let end = 0;
  for (const entry of ordered) {
    begins.set(entry, end);
    end += entry.byteLength;
  }
  // Not of an object, whose keys that look like numbers would come first.
  const texts = entries.map((entry) => {
    const begin = begins.get(entry) as number;
    const { name, dtype, shape, byteLength } = entry;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, begin + byteLength] })}`;
  });
  const head = metadata === undefined ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  const text = new TextEncoder().encode(`{${[...head, ...texts].join(",")}}`);
  // As the reference implementation: blanks up to a multiple of 8, so that the data are aligned.
  const bytes = new Uint8Array(8 + 8 * Math.ceil(text.length / 8)).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(text, 8);
  await sink.append(bytes);
}

/** Writes a file, or an index with its shards, of the tensors that are kept. */
export async function rewriteSafetensors(opened: Opened, kept: readonly Kept[], target: Target): Promise<void> {
  const byName = new Map(kept.map((one) => [one.tensor.name, one]));
  const [first, ...shards] = opened.files as [OpenedFile, ...OpenedFile[]];
  if (shards.length === 0) {
    await rewriteFile(opened.name, first, byName, target);
    return;
  }
  for (const shard of shards) await rewriteFile(opened.name, shard, byName, target);
  const sink = await target.create(undefined);
  await sink.append(await newIndex(first.source, byName));
}

async function rewriteFile(
  name: string,
  { path, source }: OpenedFile,
  byName: ReadonlyMap<string, Kept>,
  target: Target,
): Promise<void> {
  const { metadata, stored, dataStart } = await readEntries(source);
  const own = stored.flatMap((entry) => {
    const kept = byName.get(entry.name);
    return kept === undefined ? [] : [{ ...entry, name: kept.name, kept }];
  });
  const ordered = [...own].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  const sink = await target.create(path);
  await appendHeader(sink, metadata, own, ordered);
  const append = (bytes: Uint8Array) => sink.append(bytes);
  for (const { kept, offset, byteLength } of ordered) {
    const from = dataStart + offset;
    if (kept.values === undefined) await copyRange(source, from, from + byteLength, append);
    else await appendEncoded(name, kept, append);
  }
}

/** The index with the new names, and with the size of what is left. */
async function newIndex(source: ByteSource, byName: ReadonlyMap<string, Kept>): Promise<Uint8Array> {
  const json = (await readJson(source)) as Record<string, unknown>;
  const map = Object.entries(json["weight_map"] as Record<string, string>);
  const weightMap = map.flatMap(([name, file]) => {
    const kept = byName.get(name);
    return kept === undefined ? [] : [[kept.name, file] as const];
  });
  const { metadata } = json;
  const sizes = [...byName.values()].map(({ tensor }) => (tensor.elements?.bytes ?? tensor.raw)?.size ?? 0);
  const total = { total_size: sizes.reduce((sum, size) => sum + size, 0) };
  const isSized = isObject(metadata) && typeof metadata["total_size"] === "number";
  const told = isSized ? { metadata: { ...metadata, ...total } } : {};
  const text = JSON.stringify({ ...json, ...told, weight_map: Object.fromEntries(weightMap) }, undefined, 2);
  return new TextEncoder().encode(`${text}\n`);
}
