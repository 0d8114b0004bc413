/**
 * The heads of attention: how large the scores qᵀk/√d can be, σ(W_q·W_kᵀ)/√d for each head, which no single weight tells.
 *
 * @module
 */
import { describe } from "../engine/describe.js";
import { FormatError } from "../engine/errors.js";
import { checkFiniteArray } from "../engine/validate.js";
import { widthOf } from "./decode.js";
import { isRead, type ListedTensor } from "./listed.js";
import type { Factor } from "./low-rank.js";
import { type AdapterOptions, measureProduct, transposed } from "./products.js";
import { type AuditedTensor, nothing, rowError } from "./row.js";
import type { Block } from "./tensor.js";
import type { Checkpoint, CheckpointTensor } from "./types.js";
import type { WeightContext } from "./weight.js";

/** A head of attention: its part of the weights of queries and of keys. */
export interface AttentionHead {
  readonly query: string;
  /** The same as the query where one weight holds both. */
  readonly key: string;
  /** Among those of the layer. */
  readonly head: number;
  /** Among those of keys, fewer where several heads share one. */
  readonly keyHead: number;
  /** d, by whose root scores are divided. */
  readonly size: number;
}

/** Where a head is. */
export interface FoundHead extends AttentionHead {
  readonly layer: string;
  readonly tensors: readonly [query: CheckpointTensor, key: CheckpointTensor];
  /** Of the axis that is cut: the first rows, or columns where {@link FoundHead.isTurned}, of query and key. */
  readonly starts: readonly [query: number, key: number];
  /** Whether inputs are rows, as in GPT-2. */
  readonly isTurned: boolean;
}

// Llama and most after it, and OPT; BERT, ViT; DistilBERT; diffusers; Llama as published; T5.
const pairs: readonly (readonly [query: RegExp, key: string])[] = [
  [/^(.*?)([._/]?)q_proj\.weight$/s, "$1$2k_proj.weight"],
  [/^(.*?)([._/]?)query\.weight$/s, "$1$2key.weight"],
  [/^(.*?)([._/]?)q_lin\.weight$/s, "$1$2k_lin.weight"],
  [/^(.*?)([._/]?)to_q\.weight$/s, "$1$2to_k.weight"],
  [/^(.*?)([._/]?)wq\.weight$/s, "$1$2wk.weight"],
  [/^(.*?)([._/]?)\bq\.weight$/s, "$1$2k.weight"],
];
// torch.nn.MultiheadAttention; timm; GPT-2, with inputs as rows, and those that are trained in its manner, without.
const joint = /^(.*?)[._/]?(?:in_proj_weight|qkv\.weight|c_attn\.weight)$/s;

/**
 * How many heads of queries a model has, by its config.json: under the names of Llama and BERT, of GPT-2, of T5, or of those
 * with several parts, in the part about text.
 *
 * @throws {FormatError} When the file does not say it.
 */
export function parseHeads(name: string, text: string): number {
  const config = parseObject(name, text);
  const inner = config["text_config"];
  const places = [config, ...(typeof inner === "object" && inner !== null ? [inner as Record<string, unknown>] : [])];
  const keys = ["num_attention_heads", "n_head", "n_heads", "num_heads"];
  const found = places.flatMap((place) => keys.map((key) => place[key])).find((value) => value !== undefined);
  if (Number.isSafeInteger(found) && (found as number) >= 1) return found as number;
  throw new FormatError(`${name}: "num_attention_heads" expected a positive integer, got ${describe(found)}`);
}

function parseObject(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${name}: expected JSON, got text that is none`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(`${name}: expected an object, got ${describe(value)}`);
}

/** The heads among the tensors, where so many heads of queries fit: layer by layer in the order of the file. */
export function attentionHeads(tensors: ReadonlyMap<string, ListedTensor>, heads: number): readonly FoundHead[] {
  return [...tensors.values()].flatMap((query) => {
    if (!isMatrix(query)) return [];
    for (const [pattern, keyName] of pairs) {
      const layer = pattern.exec(query.name)?.[1];
      const key = layer === undefined ? undefined : tensors.get(query.name.replace(pattern, keyName));
      if (layer !== undefined && key !== undefined && isMatrix(key)) return apart(layer, query, key, heads);
    }
    const layer = joint.exec(query.name)?.[1];
    return layer === undefined ? [] : together(layer, query, heads);
  });
}

function isMatrix(tensor: ListedTensor): tensor is CheckpointTensor {
  return isRead(tensor) && tensor.shape.length === 2 && !tensor.shape.includes(0);
}

/** Several heads may share one of keys, which the sizes of the weights tell. */
function apart(layer: string, query: CheckpointTensor, key: CheckpointTensor, heads: number): readonly FoundHead[] {
  const [rows = 0, columns] = query.shape;
  const size = rows / heads;
  const keyHeads = (key.shape[0] as number) / size;
  const isFitting = Number.isInteger(size) && Number.isInteger(keyHeads) && Number.isInteger(heads / keyHeads);
  if (!isFitting || key.shape[1] !== columns) return [];
  return Array.from({ length: heads }, (_, head) => {
    const keyHead = Math.floor((head * keyHeads) / heads);
    const starts = [head * size, keyHead * size] as const;
    return {
      layer,
      query: query.name,
      key: key.name,
      head,
      keyHead,
      size,
      tensors: [query, key],
      starts,
      isTurned: false,
    };
  });
}

/** Queries, keys and values one after the other. */
function together(layer: string, tensor: CheckpointTensor, heads: number): readonly FoundHead[] {
  const [first = 0, second = 0] = tensor.shape;
  const isTurned = second === 3 * first;
  const inputs = isTurned ? first : second;
  const size = inputs / heads;
  if (!((isTurned || first === 3 * second) && Number.isInteger(size))) return [];
  return Array.from({ length: heads }, (_, head) => ({
    ...{ layer, query: tensor.name, key: tensor.name, head, keyHead: head, size, tensors: [tensor, tensor], isTurned },
    starts: [head * size, inputs + head * size],
  }));
}

/** The name of a head's row. */
export function headName({ layer, query, head }: FoundHead): string {
  return `${layer === "" ? query : layer} head ${head} (W_q·W_kᵀ/√d)`;
}

/** The sides of a head's product: inputs by inputs. */
export function headShape({ tensors: [query], isTurned }: FoundHead): readonly number[] {
  const inputs = query.shape[isTurned ? 0 : 1] as number;
  return [inputs, inputs];
}

/** The row of a head. */
export async function auditHead(
  context: WeightContext,
  found: FoundHead,
  options: AdapterOptions,
): Promise<AuditedTensor> {
  const { size, tensors, starts } = found;
  try {
    const parts = [await partOf(context.checkpoint, found, 0), await partOf(context.checkpoint, found, 1)] as const;
    for (const [index, part] of parts.entries()) {
      checkFiniteArray(`${tensors[index]?.name} from ${starts[index]} on`, part.data);
    }
    // As stored, W_q is d × inputs; what multiplies two inputs is W_qᵀ·W_k.
    const factors = [transposed(parts[0]), parts[1]] as const;
    const measured = measureProduct(context, options, factors, 1 / Math.sqrt(size));
    return { ...measured, adapter: null, ...describeHead(found), error: null };
  } catch (thrown) {
    return failedHead(found, rowError(thrown));
  }
}

/** The row of a head that was not measured. */
export function failedHead(found: FoundHead, error: NonNullable<AuditedTensor["error"]>): AuditedTensor {
  return { ...nothing, ...describeHead(found), error };
}

function describeHead(found: FoundHead) {
  const { query, key, head, keyHead, size, tensors } = found;
  const [first, second] = tensors;
  const dtype = first.dtype === second.dtype ? first.dtype : `${first.dtype}·${second.dtype}`;
  return { name: headName(found), shape: headShape(found), dtype, axis: 0, head: { query, key, head, keyHead, size } };
}

/** The head's part of a weight, d × inputs; read by itself where its rows lie together in the file. */
async function partOf(checkpoint: Checkpoint, found: FoundHead, which: 0 | 1): Promise<Factor> {
  const { size, isTurned } = found;
  const { name, shape, dtype } = found.tensors[which];
  const start = found.starts[which];
  const inputs = shape[isTurned ? 0 : 1] as number;
  const part: Factor = { data: new Float64Array(size * inputs), rows: size, columns: inputs };
  const bytes = Math.max(8, size * inputs * widthOf[dtype]);
  const skip = isTurned ? 0 : start / size;
  for await (const block of checkpoint.blocks(name, { bytes, skip })) {
    if (!isTurned && block.start[0] === start && block.shape[0] === size && block.shape[1] === inputs) {
      (part.data as Float64Array).set(block.data);
      return part;
    }
    break;
  }
  for await (const block of checkpoint.blocks(name)) copyPart(part, block, start, isTurned);
  return part;
}

/** Copies what of a block belongs to the rows, or columns, from `start` on. */
function copyPart({ data, rows, columns }: Factor, block: Block, start: number, isTurned: boolean): void {
  const [, width] = block.shape as [number, number];
  const [top, left] = block.start as [number, number];
  for (let at = 0; at < block.data.length; at++) {
    const place = [top + Math.floor(at / width), left + (at % width)] as const;
    const row = place[isTurned ? 1 : 0] - start;
    if (row >= 0 && row < rows) data[row * columns + place[isTurned ? 0 : 1]] = block.data[at] as number;
  }
}
