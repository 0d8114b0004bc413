/**
 * What is to become of the tensors of a checkpoint, and the checks of it that all formats share.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import type { FloatArray } from "../../types.js";
import { type FloatDtype, widthOf } from "../decode.js";
import { at } from "../formats/format.js";
import type { Opened } from "../opened.js";
import type { ByteSource } from "../sources/source.js";
import type { Elements, Tensor } from "../tensor.js";
import { encode } from "./encode.js";
import { arrayNumbers, fileNumbers, inFileOrder, inRows, type Numbers } from "./numbers.js";
import { copyRange } from "./sink.js";

/** A tensor that is in the result under another name, or with other numbers, or both. */
export interface Change {
  /** What it is called in the result. */
  readonly name: string;
  /**
   * Makes its numbers, an array of them in row-major order or pieces; asked once, when they are about to be written. Undefined:
   * they stay.
   */
  readonly values?: (() => Promise<FloatArray | Numbers>) | undefined;
}

/** By their names: what becomes of tensors, null for those that are left out. All others stay as they are. */
export type Edit = ReadonlyMap<string, Change | null>;

/** A tensor of the result. */
export interface Kept extends Change {
  readonly tensor: Tensor;
}

/**
 * The tensors of the result in the order of the file.
 *
 * @throws {OptionError} When two of them had one name.
 */
export function keptOf({ name, contents }: Opened, edit: Edit): readonly Kept[] {
  const kept = contents.tensors.flatMap((tensor) => {
    const change = edit.get(tensor.name);
    return change === null ? [] : [{ ...(change ?? { name: tensor.name }), tensor }];
  });
  const origins = new Map<string, string>();
  for (const { name: result, tensor } of kept) {
    const other = origins.get(result);
    if (other !== undefined) {
      const both = `${JSON.stringify(other)} and ${JSON.stringify(tensor.name)}`;
      throw new OptionError(`${name}: expected one tensor to be called ${JSON.stringify(result)}, got ${both}`);
    }
    origins.set(result, tensor.name);
  }
  return kept;
}

/** Whether tensors go, or change their names. */
export function movesNames(edit: Edit): boolean {
  return [...edit].some(([name, change]) => change === null || change.name !== name);
}

/** Bytes that are made as they are read, from beginning to end, and closed at the end. */
export type Encoded = Required<Pick<ByteSource, "size" | "read" | "close">> & Pick<ByteSource, "name">;

/** The new numbers of a tensor as its file has them. */
export async function encoded(file: string, { tensor, values }: Kept): Promise<Encoded> {
  const { name, shape, elements: where } = tensor;
  const plain = where?.codec.plain;
  if (where === undefined || plain === undefined || values === undefined) {
    const what = "a tensor of plain floats, as those quantized to integers are not";
    throw new OptionError(`${at(file, name)} expected ${what}; write to a name that ends in .safetensors instead`);
  }
  const made = await numbersFrom(values);
  const ordered = inFileOrder(made, where, shape);
  return encodedAs(plain.dtype, ordered, made, where, at(file, name), plain.isBigEndian);
}

/** Appends the new numbers of a tensor as its file has them. */
export async function appendEncoded(
  file: string,
  kept: Kept,
  append: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const bytes = await encoded(file, kept);
  await copyRange(bytes, 0, bytes.size, append);
  await bytes.close();
}

/** The numbers of a tensor in row-major order as another type, as they are or as they are to be. */
export async function converted(file: string, { tensor, values }: Kept, dtype: FloatDtype): Promise<Encoded> {
  const { name, elements: where, shape } = tensor as Tensor & { readonly elements: Elements };
  const made = values === undefined ? fileNumbers(where, () => undefined) : await numbersFrom(values);
  return encodedAs(dtype, inRows(made, where, shape), made, where, at(file, name), false);
}

async function numbersFrom(values: NonNullable<Change["values"]>): Promise<Numbers> {
  const made = await values();
  return "piece" in made ? made : arrayNumbers(made);
}

function encodedAs(
  dtype: FloatDtype,
  numbers: Numbers,
  made: Numbers,
  { bytes, codec }: Elements,
  name: string,
  isBigEndian: boolean,
): Encoded {
  const width = widthOf[dtype];
  return {
    name,
    size: (bytes.size / codec.width) * width,
    async read(offset, length, room) {
      // Files may be cut within a number.
      const first = Math.floor(offset / width);
      const count = Math.ceil((offset + length) / width) - first;
      const piece = await numbers.piece(first, count);
      const all = encode(dtype, piece, name, isBigEndian, first, room?.take(count * width));
      return all.subarray(offset - first * width, offset - first * width + length);
    },
    async close() {
      made.free();
    },
  };
}
