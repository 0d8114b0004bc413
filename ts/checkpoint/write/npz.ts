/**
 * NumPy's archives with other names, or fewer arrays, or with compressed ones that change: the archive is written anew,
 * and what does not change is copied as it is, compressed or not.
 *
 * @module
 */
import type { Opened } from "../opened.js";
import { type ByteSource, extentsOf } from "../sources/source.js";
import { openPacked, openZip, type Record, readRecords } from "../zip/archive.js";
import { ZipWriter } from "../zip/writer.js";
import { appendEncoded, type Kept } from "./edit.js";
import { copyRange, type Target } from "./sink.js";

const SUFFIX = ".npy";
const DEFLATED = 8;

/** Whether an array that is to change is compressed. */
export function changesCompressed({ contents, files }: Opened, kept: readonly Kept[]): boolean {
  if (contents.format !== "npz") return false;
  const changing = kept.flatMap(({ tensor, values }) => (values && tensor.elements ? [tensor.elements.bytes] : []));
  return changing.some((bytes) => extentsOf(bytes).some(({ source }) => source !== files[0]?.source));
}

/** Writes the archive of the arrays that are kept. */
export async function rewriteNpz({ name, files }: Opened, kept: readonly Kept[], target: Target): Promise<void> {
  const { source } = files[0] as { readonly source: ByteSource };
  const writer = new ZipWriter(await target.create(undefined));
  const byName = new Map(kept.map((one) => [one.tensor.name + SUFFIX, one]));
  const entries = await openZip(source);
  for (const [record, limit] of await readRecords(source)) {
    const one = byName.get(record.name);
    if (one === undefined) continue;
    const options = { name: one.name + SUFFIX, isDeflated: record.method === DEFLATED, time: record.time };
    if (one.values === undefined) {
      const packed = await openPacked(source, record, limit);
      await writer.addPacked(options, record, (append) => copyRange(packed, 0, packed.size, append));
    } else {
      const old = await entries.get(record.name)?.open();
      const head = await headOf(old as ByteSource, record, one);
      await old?.close?.();
      await writer.add(options, async (append) => {
        await append(head);
        await appendEncoded(name, one, append);
      });
    }
  }
  await writer.finish();
}

/** What stands before the elements. */
async function headOf(entry: ByteSource, { size }: Record, { tensor }: Kept): Promise<Uint8Array> {
  return (await entry.read(0, size - (tensor.elements?.bytes.size ?? 0))).slice();
}
