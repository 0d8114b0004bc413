// @ts-check
/**
 * What V8 writes with --perf-prof: the code of every function that it has compiled, in the format of Linux's perf.
 *
 * @module
 */

/** A function as it was compiled. @typedef {{ name: string, code: Uint8Array }} Compiled */

const MAGIC = 0x4a695444;
const LOAD = 0;
/** What comes before the name in a record of code that was loaded. */
const BEFORE_NAME = 56;

/** The functions of a dump, in the order of their compilation. @param {Uint8Array} bytes @returns {Compiled[]} */
export function readJitdump(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("this is no jitdump of a machine with the least byte first");
  const found = [];
  let at = view.getUint32(8, true);
  while (at + 16 <= bytes.length) {
    const length = view.getUint32(at + 4, true);
    if (length === 0 || at + length > bytes.length) break;
    if (view.getUint32(at, true) === LOAD) {
      const size = Number(view.getBigUint64(at + 40, true));
      const start = at + BEFORE_NAME;
      const end = bytes.indexOf(0, start);
      found.push({
        name: new TextDecoder().decode(bytes.subarray(start, end)),
        code: bytes.subarray(end + 1, end + 1 + size),
      });
    }
    at += length;
  }
  return found;
}
