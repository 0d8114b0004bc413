/**
 * A copy of a checkpoint with other numbers in the places of some tensors: every other byte is that of the original.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import { at } from "../formats/format.js";
import type { Opened, OpenedFile } from "../opened.js";
import { type ByteSource, type Extent, extentsOf } from "../sources/source.js";
import { Checksums, checksumsOf } from "./checksums.js";
import { type Encoded, encoded, type Kept } from "./edit.js";
import { copyRange, type Target } from "./sink.js";

/** A piece of a tensor in a file. */
interface Patch extends Extent {
  readonly kept: Kept;
  /** Where in the bytes of the tensor it begins. */
  readonly start: number;
}

/** Writes all files of a checkpoint, with the new numbers of those tensors that have some. */
export async function patchFiles(opened: Opened, kept: readonly Kept[], target: Target): Promise<void> {
  const patches = patchesOf(opened, kept);
  const borrow = onceFor(opened.name, patches);
  for (const file of opened.files) {
    const own = patches.filter(({ source }) => source === file.source);
    await patchFile(opened, file, own, borrow, target);
  }
}

async function patchFile(
  { contents }: Opened,
  { path, source }: OpenedFile,
  patches: readonly Patch[],
  borrow: Borrow,
  target: Target,
): Promise<void> {
  const isArchive = path === undefined && (contents.format === "npz" || contents.format === "keras");
  const checksums = new Checksums(isArchive && patches.length > 0 ? await checksumsOf(source, patches) : []);
  const sink = await target.create(path);
  const append = async (bytes: Uint8Array) => {
    checksums.add(sink.size, bytes);
    await sink.append(bytes);
  };
  for (const patch of patches) {
    await copyRange(source, sink.size, patch.offset, append);
    await borrow(patch, (bytes) => copyRange(bytes, patch.start, patch.start + patch.size, append));
  }
  await copyRange(source, sink.size, source.size, append);
  for (const { place, bytes } of checksums.results()) await sink.patch(place, bytes);
}

type Borrow = (patch: Patch, use: (bytes: Encoded) => Promise<void>) => Promise<void>;

/** The bytes of tensors, kept until the last piece of each is written. */
function onceFor(file: string, patches: readonly Patch[]): Borrow {
  const pending = new Map<Kept, { count: number; bytes?: Encoded }>();
  for (const { kept } of patches) pending.set(kept, { count: (pending.get(kept)?.count ?? 0) + 1 });
  return async ({ kept }, use) => {
    const entry = pending.get(kept) as { count: number; bytes?: Encoded };
    entry.bytes ??= await encoded(file, kept);
    await use(entry.bytes);
    if (--entry.count > 0) return;
    pending.delete(kept);
    await entry.bytes.close();
  };
}

/** The pieces that change, in the order of their files. */
function patchesOf({ name, files }: Opened, kept: readonly Kept[]): readonly Patch[] {
  const order = new Map<ByteSource, number>(files.map(({ source }, index) => [source, index]));
  const all = kept.flatMap((one) => piecesOf(one));
  for (const { kept: one, source } of all) {
    if (one.values === undefined || order.has(source)) continue;
    const what = "numbers that lie in the file as they are, not compressed or as integers of variable length";
    const where = at(name, one.tensor.name);
    throw new OptionError(`${where} expected ${what}; write to a name that ends in .safetensors instead`);
  }
  const known = all.filter(({ source }) => order.has(source));
  known.sort((a, b) => (order.get(a.source) as number) - (order.get(b.source) as number) || a.offset - b.offset);
  return known.filter((patch, index) => {
    const before = known[index - 1];
    const isShared = before !== undefined && before.source === patch.source && overlap(before, patch);
    if (isShared && (before.kept.values ?? patch.kept.values)) checkSame(name, before, patch);
    return patch.kept.values !== undefined && !isShared;
  });
}

function piecesOf(kept: Kept): Patch[] {
  const { elements } = kept.tensor;
  let start = 0;
  return (elements === undefined ? [] : extentsOf(elements.bytes)).flatMap((extent) => {
    const piece = { ...extent, kept, start };
    start += extent.size;
    return extent.size > 0 ? [piece] : [];
  });
}

function overlap(before: Extent, { offset }: Extent): boolean {
  return before.offset + before.size > offset;
}

/** Two tensors of the same bytes are one, if both are to change in the same way. */
function checkSame(name: string, a: Patch, b: Patch): void {
  const isOne = a.offset === b.offset && a.size === b.size && a.start === b.start;
  const alike = ({ tensor, values }: Kept) => `${tensor.dtype} ${tensor.shape} ${values !== undefined}`;
  if (isOne && alike(a.kept) === alike(b.kept)) return;
  const both = `${JSON.stringify(a.kept.tensor.name)} and ${JSON.stringify(b.kept.tensor.name)}`;
  throw new OptionError(
    `${name}: expected tensors that share no bytes, or both to change alike, got ${both}; write to a name that ends in .safetensors instead`,
  );
}
