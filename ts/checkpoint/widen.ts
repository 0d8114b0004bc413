/**
 * Small floats to float32 by WebAssembly: several times as fast as JavaScript, whose typed arrays are slower still once the memory of
 * some module has grown, as an engine's does.
 *
 * @module
 */

import module from "./widen.wat?assembled";

interface Widener {
  readonly memory: WebAssembly.Memory;
  readonly F16: (bytes: number) => void;
  readonly BF16: (bytes: number) => void;
  readonly F8: (bytes: number) => void;
}

/** Where the module has its input and its output, and how much it takes at once. */
const [INPUT, OUTPUT, MOST_BYTES, MOST_NUMBERS] = [2 ** 16, 2 ** 17, 2 ** 16, 2 ** 15];
/** Of fewer numbers a call costs more than it saves. */
const LEAST_NUMBERS = 64;

let widener: Widener | null | undefined;

/** Null where nothing may be compiled: in workers of Cloudflare, and under a Content Security Policy that forbids it. */
function start(): Widener | null {
  try {
    const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Widener;
  } catch {
    return null;
  }
}

/**
 * Widens all of `bytes`.
 *
 * @param type A type of 16 bits, or what each pattern of one of 8 bits means.
 * @returns False if nothing was done, because there are few numbers, or no WebAssembly.
 */
export function widen(type: "F16" | "BF16" | Uint32Array, bytes: Uint8Array, bits: Uint32Array): boolean {
  if (bits.length < LEAST_NUMBERS) return false;
  widener ??= start();
  if (widener === null) return false;
  const { buffer } = widener.memory;
  if (typeof type !== "string") new Uint32Array(buffer, 0, type.length).set(type);
  const [run, width] = typeof type === "string" ? [widener[type], 2] : [widener.F8, 1];
  const step = Math.min(MOST_BYTES, MOST_NUMBERS * width);
  const input = new Uint8Array(buffer, INPUT, MOST_BYTES);
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    input.set(part);
    run(part.length);
    bits.set(new Uint32Array(buffer, OUTPUT, part.length / width), at / width);
  }
  return true;
}
