/**
 * Which bytes of WebAssembly code are alike: the kinds of operands by opcode, and the order of their streams.
 *
 * @module
 */

/**
 * Kinds of bytes, in the order of their streams, which is the one of many tried that gzip likes best: its window holds
 * what is alike, and its blocks have a code each. `frame` is all that is not code, and the locals of functions.
 */
export const vector = 0;
export const float = 1;
export const other = 2;
export const frame = 3;
export const i64 = 4;
/** Constants have much to do with the opcode behind them, so each of the commonest of those has a stream from here on. */
export const i32 = 5;
export const behindI32: readonly number[] = [
  0x74, 0x76, 0x46, 0x47, 0x21, 0x36, 0x28, 0x20, 0x41, 0x71, 0x10, 0x6a, 0x6b,
];
export const offset = 19;
/** And which function is called with the opcode before. */
export const call = 20;
export const beforeCall: readonly number[] = [0x6a, 0x20, 0x41];
export const block = 24;
export const opcode = 25;
/** The alignments of each opcode are nearly all the same, so each has a stream, at its opcode from here. */
export const alignments: number = 26 - 0x28;
export const alignment = 49;
export const lane = 50;
export const branch = 51;
export const table = 52;
/** Locals that are read, and behind them those that are written. */
export const local = 53;
export const kinds = 55;

/** Of opcodes without such an operand; above all kinds. */
export const none = 255;

/** The kind of the operand in LEB128, by opcode; that of an access to memory is followed by its offset. */
export const operand: Uint8Array = new Uint8Array(256).fill(none);
for (let code = 0x28; code < 0x3f; code += 1) {
  operand[code] = alignments + code;
}
for (const [kind = 0, ...codes] of [
  [block, 0x02, 0x03, 0x04],
  [branch, 0x0c, 0x0d],
  [call, 0x10],
  [local, 0x20],
  [local + 1, 0x21, 0x22],
  [other, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2],
  [i32, 0x41],
  [i64, 0x42],
]) {
  for (const code of codes) {
    operand[code] = kind;
  }
}

/** How much deeper in blocks an opcode leads. */
export function nesting(code: number): number {
  return code === 0x0b ? -1 : operand[code] === block ? 1 : 0;
}
