/**
 * Arrays as NumPy writes them.
 *
 * @module
 */

/** NumPy's names of the types that it has. */
const descriptions: Readonly<Record<string, string>> = {
  ...{ F16: "<f2", F32: "<f4", F64: "<f8", C64: "<c8", BOOL: "|b1" },
  ...{ I8: "|i1", I16: "<i2", I32: "<i4", I64: "<i8", U8: "|u1", U16: "<u2", U32: "<u4", U64: "<u8" },
};

/** Whether NumPy has such a type. */
export function isNumpyType(dtype: string): boolean {
  return Object.hasOwn(descriptions, dtype);
}

const ALIGNMENT = 64;

/** What stands before the elements, in row-major order. */
export function npyHeader(dtype: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descriptions[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = ALIGNMENT * Math.ceil((10 + text.length + 1) / ALIGNMENT);
  const header = `\x93NUMPY\x01\x00${String.fromCharCode((length - 10) & 0xff, (length - 10) >> 8)}${text.padEnd(length - 11)}\n`;
  return Uint8Array.from(header, (character) => character.charCodeAt(0));
}
