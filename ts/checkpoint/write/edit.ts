/**
 * What is to become of the tensors of a checkpoint, and the checks of it that all formats share.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import type { FloatArray } from "../../types.js";
import { at } from "../formats/format.js";
import type { Opened } from "../opened.js";
import { elements, readInto, SLICE_BYTES, type Tensor } from "../tensor.js";
import { encode } from "./encode.js";
import { toFileOrder } from "./order.js";

/** A tensor that is in the result under another name, or with other numbers, or both. */
export interface Change {
  /** What it is called in the result. */
  readonly name: string;
  /** Makes its numbers, in row-major order; asked once, when they are about to be written. Undefined: they stay. */
  readonly values?: (() => Promise<FloatArray>) | undefined;
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

/** The new numbers of a tensor as its file has them. */
export async function encoded(file: string, { tensor, values }: Kept): Promise<Uint8Array> {
  const { name, shape, elements: where } = tensor;
  const plain = where?.codec.plain;
  if (where === undefined || plain === undefined || values === undefined) {
    const what = "a tensor of plain floats, as those quantized to integers are not";
    throw new OptionError(`${at(file, name)} expected ${what}; write to a name that ends in .safetensors instead`);
  }
  const data = await values();
  const ordered = where.isColumnMajor ? toFileOrder(data, shape) : data;
  return encode(plain.dtype, ordered, at(file, name), plain.isBigEndian);
}

/** The numbers of a tensor in row-major order, as they are or as they are to be. */
export async function numbersOf({ tensor, values }: Kept): Promise<FloatArray> {
  if (values !== undefined) return await values();
  const { elements: where, shape } = tensor as Tensor & { readonly elements: NonNullable<Tensor["elements"]> };
  const count = elements(shape);
  const data = where.codec.target === "float64" ? new Float64Array(count) : new Float32Array(count);
  await readInto(where, shape, () => data, SLICE_BYTES);
  return data;
}
