/**
 * What the tests of repairs share.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { bytesSource } from "../../ts/checkpoint/sources/memory.js";
import { openZip, readRecords } from "../../ts/checkpoint/zip/archive.js";
import type { CheckpointOptions } from "../../ts/checkpoint.js";
import { openCheckpoint } from "../../ts/checkpoint.js";
import type { Repair } from "../../ts/repair.js";
import type { Engine } from "../../ts/types.js";

/** Small files of every format and type: test/fixtures/checkpoints.py. */
export const fixtures: string = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));

/** The checkpoints that come with the repository. */
export const examples: string = fileURLToPath(new URL("../../examples/data/", import.meta.url));

/** The bytes of a file. */
export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

/** The files of a result in memory, by name. */
export async function filesOf({ files }: Repair): Promise<ReadonlyMap<string, Uint8Array>> {
  const all = files.map(async ({ path, blob }) => [path, new Uint8Array(await (blob as Blob).arrayBuffer())] as const);
  return new Map(await Promise.all(all));
}

/** The first file of a result in memory. */
export async function contentOf(repaired: Repair): Promise<Uint8Array> {
  const [content] = (await filesOf(repaired)).values();
  return content as Uint8Array;
}

/** A tensor as it was read. */
export interface Read {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** All tensors of floats of a checkpoint, in its order. */
export async function readAll(
  source: string | Uint8Array,
  options: CheckpointOptions = {},
): Promise<ReadonlyMap<string, Read>> {
  const checkpoint = await openCheckpoint(source, options);
  const all = new Map<string, Read>();
  for (const { name, dtype, shape } of checkpoint.tensors) {
    all.set(name, { dtype, shape, data: (await checkpoint.read(name)).data });
  }
  await checkpoint.close();
  return all;
}

/** The spectral norm of a tensor, along the first axis. */
export function normOf(engine: Engine, { data, shape }: Read): number {
  return engine.spectralNorm({ data, shape, axis: 0 }, { tolerance: 1e-12 });
}

/** Fails unless every entry of an archive has the checksum that its directory says. */
export async function wrongChecksums(archive: Uint8Array): Promise<string[]> {
  const source = bytesSource(archive, "the archive");
  const entries = await openZip(source);
  const wrong: string[] = [];
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  for (const record of (await readRecords(source)).keys()) {
    const entry = await entries.get(record.name)?.open();
    const crc = crc32((await entry?.read(0, record.size)) ?? "");
    const local = view.getUint32(record.offset + 14, true);
    if (crc !== record.crc || crc !== local) wrong.push(record.name);
  }
  return wrong;
}
