/**
 * Open checkpoints: the format is found, all that headers say is checked, and numbers are lent.
 *
 * @module
 */
import { describe, typedArrayKind } from "../engine/describe.js";
import { OptionError, OutOfMemoryError, ShapeError, TypeMismatchError } from "../engine/errors.js";
import type { FloatArray } from "../types.js";
import { type FloatDtype, isFloatDtype, storedDtypes, type Target } from "./decode.js";
import { readContents } from "./formats/detect.js";
import type { Contents } from "./formats/format.js";
import { companions } from "./sources/companions.js";
import { openSource } from "./sources/open.js";
import { type ByteSource, type CheckpointSource, checked } from "./sources/source.js";
import {
  allocate,
  blocksOf,
  type Codec,
  type Elements,
  elements,
  readInto,
  SLICE_BYTES,
  type Tensor,
} from "./tensor.js";
import type { BlockOptions, Checkpoint, CheckpointOptions, ReadOptions, UnreadTensor } from "./types.js";

const MAX_WHOLE = 64 * 2 ** 20;

/** An open checkpoint with all that is known of its files, for those who write. */
export interface Opened {
  readonly name: string;
  readonly contents: Contents;
  /** The files in the order in which they were opened, the first being the one that was given. */
  readonly files: readonly OpenedFile[];
  close(): Promise<void>;
}

/** A file of a checkpoint. */
export interface OpenedFile {
  /** Relative to the first file; undefined for that itself. */
  readonly path: string | undefined;
  readonly source: ByteSource;
}

/** Opens a checkpoint: see `openCheckpoint`, which shows of it what users see. */
export async function openContents(source: CheckpointSource, options: CheckpointOptions): Promise<Opened> {
  const { companion, headers = {}, maxWhole, blocking = false, ...given } = checkOptions(options);
  // The public types do without the web's, which not every library of TypeScript has.
  const get = (given.fetch ?? fetch) as typeof fetch;
  const access = { fetch: get, headers, signal: given.signal as AbortSignal | undefined, maxWhole, blocking };
  const opened: ByteSource[] = [];
  const open = async (given: CheckpointSource) => {
    const one = await openSource(given, access);
    opened.push(one);
    return one;
  };
  const close = async () => {
    for (const one of opened.splice(0)) await one.close?.();
  };
  try {
    const main = await open(source);
    const first = checked(main);
    const files: OpenedFile[] = [{ path: undefined, source: first }];
    const keep = (one: ByteSource) => opened.push(one);
    const others = companions(main, companion, open, keep, (path, one) => files.push({ path, source: one }));
    const contents = await readContents(first, { companion: others, maxWhole });
    return { name: main.name, contents, files, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

const OPTIONS = ["companion", "headers", "fetch", "signal", "maxWhole", "blocking"];

function checkOptions(options: CheckpointOptions): CheckpointOptions & { readonly maxWhole: number } {
  checkKeys(options, OPTIONS);
  const { companion, headers, fetch: get, maxWhole = MAX_WHOLE, blocking } = options;
  for (const [name, value] of Object.entries({ companion, fetch: get })) {
    if (value !== undefined && typeof value !== "function") {
      throw new OptionError(`"${name}" expected a function, got ${describe(value)}`);
    }
  }
  const texts = headers === undefined || (typeof headers === "object" && headers !== null);
  if (!(texts && Object.values(headers ?? {}).every((value) => typeof value === "string"))) {
    throw new OptionError(`"headers" expected an object of strings, got ${describe(headers)}`);
  }
  if (!(Number.isSafeInteger(maxWhole) && maxWhole >= 0)) {
    throw new OptionError(`"maxWhole" expected a non-negative integer of bytes, got ${describe(maxWhole)}`);
  }
  if (blocking !== undefined && typeof blocking !== "boolean") {
    throw new OptionError(`"blocking" expected a boolean, got ${describe(blocking)}`);
  }
  return { ...options, maxWhole };
}

function checkKeys(options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new OptionError(`"options" expected an object, got ${describe(options)}`);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new OptionError(`"options" expected the keys ${known.join(", ")}, got ${JSON.stringify(unknown)}`);
  }
}

interface Readable extends Tensor {
  readonly dtype: FloatDtype;
  readonly elements: Elements;
}

function isReadable(tensor: Tensor): tensor is Readable {
  return tensor.elements !== undefined && isFloatDtype(tensor.dtype);
}

/** What users see of it. */
export function checkpointOf({ name, contents, close }: Opened): Checkpoint {
  const { format, metadata, tensors } = contents;
  const readable = new Map(tensors.filter(isReadable).map((tensor) => [tensor.name, tensor]));
  const find = (wanted: string): Readable => {
    const tensor = readable.get(wanted);
    if (tensor !== undefined) return tensor;
    const skipped = tensors.find((other) => other.name === wanted);
    const got = skipped === undefined ? "" : `, whose ${skipped.dtype} is not read`;
    throw new OptionError(`"name" expected that of a tensor of floats in ${name}, got ${describe(wanted)}${got}`);
  };
  return {
    name,
    format,
    metadata,
    tensors: [...readable.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    skipped: tensors.filter((tensor) => !isReadable(tensor)).map(unreadTensor),
    names: tensors.map((tensor) => tensor.name),
    async read(wanted, options = {}) {
      const bytes = checkReading(options, ["into", "bytes"]);
      const { elements: where, shape } = find(wanted);
      const data = await readAll(where, shape, options.into, bytes);
      return { data, shape };
    },
    async *blocks(wanted, options = {}) {
      const most = checkReading(options, ["bytes", "into", "skip", "count"]);
      const { elements: where, shape } = find(wanted);
      yield* blocksOf(where, shape, {
        most,
        skip: readCount("skip", options.skip, 0),
        count: readCount("count", options.count, Number.POSITIVE_INFINITY),
        into: blockTarget(where.codec, options.into),
      });
    },
    close,
  };
}

function unreadTensor({ name, dtype, shape }: Tensor): UnreadTensor {
  const reason = /^(?:[IU]\d+|BOOL)$/.test(dtype) ? "integer" : "unsupported";
  return { name, dtype, shape, reason };
}

function checkReading(options: ReadOptions | BlockOptions, known: readonly string[]): number {
  checkKeys(options, known);
  const { into, bytes = SLICE_BYTES } = options as ReadOptions;
  if (into !== undefined && typeof into !== "function") {
    throw new OptionError(`"into" expected a function that gives an array, got ${describe(into)}`);
  }
  if (!(Number.isSafeInteger(bytes) && bytes >= 8)) {
    throw new OptionError(`"bytes" expected an integer of at least 8, got ${describe(bytes)}`);
  }
  return bytes;
}

async function readAll(
  where: Elements,
  shape: readonly number[],
  into: ReadOptions["into"],
  bytes: number,
): Promise<FloatArray> {
  const count = elements(shape);
  let last: Target | undefined;
  const fresh = into === undefined ? newArray(where.codec, count) : undefined;
  const target = () => {
    last = fresh ?? checkTarget(into?.(), where.codec, count);
    return last;
  };
  await readInto(where, shape, target, bytes);
  // Bits go to those alone who gave an array for them, and look for them there.
  return (last ?? target()) as FloatArray;
}

function newArray(codec: Codec, count: number): FloatArray {
  try {
    return allocate(codec, count);
  } catch (cause) {
    throw new OutOfMemoryError(`expected memory for ${count} ${codec.target} numbers; read them by blocks`, { cause });
  }
}

function blockTarget(codec: Codec, into: BlockOptions["into"]): (shape: readonly number[]) => Target {
  if (into === undefined) return (shape) => newArray(codec, elements(shape));
  return (shape) => checkTarget(into(shape), codec, elements(shape));
}

function readCount(name: string, count: unknown, usual: number): number {
  if (count === undefined) return usual;
  if (Number.isSafeInteger(count) && (count as number) >= 0) return count as number;
  throw new OptionError(`"${name}" expected a non-negative integer of blocks, got ${describe(count)}`);
}

function checkTarget(target: unknown, codec: Codec, count: number): Target {
  const kind = codec.target === "float64" ? "Float64Array" : "Float32Array";
  const given = typedArrayKind(target);
  if (given !== kind && !(codec.plain && storedDtypes[codec.plain.dtype] && given === "Uint16Array")) {
    throw new TypeMismatchError(`"into" expected to give a ${kind}, got ${describe(target)}`);
  }
  const array = target as Target;
  if (array.length === count) return array;
  throw new ShapeError(`"into" expected to give an array of length ${count}, got ${array.length}`);
}
