/**
 * Makes safetensors files, right and wrong ones, and reads them from memory.
 */
import type { ByteSource } from "../../ts/checkpoint/sources/source.js";

/** A tensor to write. */
export interface Written {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Little-endian bytes of float32 elements. */
export function float32(shape: readonly number[], values: readonly number[]): Written {
  return { dtype: "F32", shape, bytes: littleEndian(4, values, (view, at, value) => view.setFloat32(at, value, true)) };
}

/** Little-endian bytes of float64 elements. */
export function float64(shape: readonly number[], values: readonly number[]): Written {
  return { dtype: "F64", shape, bytes: littleEndian(8, values, (view, at, value) => view.setFloat64(at, value, true)) };
}

/** Elements of 16 bits each, given as bits. */
export function bits16(dtype: "F16" | "BF16", shape: readonly number[], bits: readonly number[]): Written {
  return { dtype, shape, bytes: littleEndian(2, bits, (view, at, value) => view.setUint16(at, value, true)) };
}

/** Bytes of zeros of any type. */
export function zeros(dtype: string, shape: readonly number[], byteLength: number): Written {
  return { dtype, shape, bytes: new Uint8Array(byteLength) };
}

type Put = (view: DataView, at: number, value: number) => void;

function littleEndian(width: number, values: readonly number[], put: Put): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(width * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) put(view, width * i, value);
  return bytes;
}

/**
 * A valid file, the data in the order of the entries.
 *
 * @param padding Blanks after the header, to move the data off its alignment.
 */
export function safetensors(tensors: Readonly<Record<string, Written>>, padding = 0): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const begin = end;
    end += bytes.length;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
  });
  const data = Object.values(tensors).map(({ bytes }) => bytes);
  return file(`{${entries.join(",")}}${" ".repeat(padding)}`, Buffer.concat(data));
}

/** A file of any header and any data, whether they agree or not. */
export function file(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(0),
  length?: bigint,
): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.length));
  return new Uint8Array(Buffer.concat([prefix, text, data]));
}

/** A file in memory that remembers what was read of it. */
export class RecordingSource implements ByteSource {
  readonly name = "model.safetensors";
  readonly size: number;
  readonly reads: { readonly offset: number; readonly length: number }[] = [];
  readonly #bytes: Uint8Array;

  /** @param size To claim another size than that of `bytes`. */
  constructor(bytes: Uint8Array, size: number = bytes.length) {
    this.#bytes = bytes;
    this.size = size;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.size)
      throw new Error(`read beyond the end: ${offset}, ${length}`);
    this.reads.push({ offset, length });
    return Promise.resolve(this.#bytes.slice(offset, offset + length));
  }
}
