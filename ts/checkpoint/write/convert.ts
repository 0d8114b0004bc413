/**
 * A checkpoint of any format as one file of safetensors, or as an archive of NumPy.
 *
 * @module
 */
import { widthOf } from "../decode.js";
import type { Opened } from "../opened.js";
import type { Tensor } from "../tensor.js";
import { ZipWriter } from "../zip/writer.js";
import { converted, type Kept } from "./edit.js";
import { isNumpyType, npyHeader } from "./npy.js";
import { appendHeader, type HeaderEntry } from "./safetensors.js";
import { copyRange, type Target } from "./sink.js";

/** The formats that others can be written as. */
export type ConvertedFormat = "safetensors" | "npz";

/** A tensor that is in the result. */
interface Converted extends HeaderEntry {
  readonly kept: Kept;
}

/** Which of the tensors a file of this format can have. */
export function convertible({ tensor }: Kept, format: ConvertedFormat): boolean {
  if (tensor.elements !== undefined) return true;
  return tensor.raw !== undefined && (format === "safetensors" || isNumpyType(tensor.dtype));
}

/** Writes those of the tensors that {@link convertible} says can be. */
export async function convert(
  opened: Opened,
  kept: readonly Kept[],
  format: ConvertedFormat,
  target: Target,
): Promise<void> {
  const entries = kept.filter((one) => convertible(one, format)).map((one) => entryOf(one, format));
  const { metadata } = opened.contents;
  const sink = await target.create(undefined);
  if (format === "npz") {
    const writer = new ZipWriter(sink);
    for (const entry of entries) {
      await writer.add({ name: `${entry.name}.npy`, isDeflated: false }, async (append) => {
        await append(npyHeader(entry.dtype, entry.shape));
        await appendBytes(opened.name, entry, append);
      });
    }
    await writer.finish();
    return;
  }
  // Wide elements first, so that all are aligned.
  const width = ({ byteLength, shape }: Converted) => byteLength / shape.reduce((product, size) => product * size, 1);
  const ordered = [...entries].sort((a, b) => (width(b) || 0) - (width(a) || 0));
  await appendHeader(sink, Object.keys(metadata).length > 0 ? metadata : undefined, entries, ordered);
  for (const entry of ordered) await appendBytes(opened.name, entry, (bytes) => sink.append(bytes));
}

function entryOf(kept: Kept, format: ConvertedFormat): Converted {
  const { tensor, name } = kept;
  const { shape, raw, elements: where } = tensor;
  const dtype = resultType(tensor, format);
  const byteLength =
    where === undefined ? (raw?.size ?? 0) : (where.bytes.size / where.codec.width) * widthOf[dtype as "F32"];
  return { name, dtype, shape, byteLength, kept };
}

/** The type that a tensor has in the result: NumPy has none of 16 bits but F16, and none of 8, all of which float32 holds. */
export function resultType({ dtype, elements: where }: Tensor, format: ConvertedFormat): string {
  // TensorFlow.js's integers mean numbers of float32.
  if (where !== undefined && where.codec.plain === undefined) return "F32";
  return format === "npz" && !isNumpyType(dtype) ? "F32" : dtype;
}

async function appendBytes(
  name: string,
  { kept, dtype }: Converted,
  append: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const { tensor, values } = kept;
  const { elements: where, raw } = tensor;
  const isAsItIs = where !== undefined && values === undefined && dtype === tensor.dtype && isPlain(tensor);
  const bytes = (isAsItIs ? where.bytes : raw) ?? (await converted(name, kept, dtype as "F32"));
  await copyRange(bytes, 0, bytes.size, append);
  await bytes.close?.();
}

/** Whether bytes are those of safetensors. */
function isPlain({ elements: where }: Tensor): boolean {
  return where?.codec.plain?.isBigEndian === false && !where.isColumnMajor;
}
