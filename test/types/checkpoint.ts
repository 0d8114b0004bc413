/** What the declarations of the reader of checkpoints promise, as a consumer would use them. It is compiled, never run. */
import type { SpectralNormError } from "spectral-norm";
import { type Block, type ByteSource, type Checkpoint, openCheckpoint } from "spectral-norm/checkpoint";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

export async function total(source: ByteSource | Uint8Array | string): Promise<number> {
  const checkpoint: Checkpoint = await openCheckpoint(source, { companion: (path) => path, maxWhole: 0 });
  const [tensor] = checkpoint.tensors;
  if (tensor === undefined) return 0;
  holds<Same<typeof tensor.dtype, "F8_E4M3" | "F8_E5M2" | "F16" | "BF16" | "F32" | "F64">>();
  const { data, shape } = await checkpoint.read(tensor.name, { into: () => new Float32Array(4), bytes: 8 });
  let sum = data.length + shape.length;
  for await (const block of checkpoint.blocks(tensor.name)) sum += sizeOf(block);
  checkpoint.blocks(tensor.name, { into: (size) => new Float32Array(size.length), skip: 1 });
  // @ts-expect-error an array for each block is asked for, not given
  checkpoint.blocks(tensor.name, { into: new Float32Array(4) });
  // @ts-expect-error numbers are no checkpoint
  await openCheckpoint(1);
  await checkpoint.close();
  return sum;
}

const sizeOf = ({ start, shape, data }: Block): number => start.length + shape.length + data.length;

export const codeOf = (error: SpectralNormError): string => error.code;
