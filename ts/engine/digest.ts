/**
 * A digest of the module, by which a file is known to be that of this very version.
 *
 * @module
 */

/**
 * FNV-1a over 32-bit words, and the length. Against mix-ups, not against malice: whoever can write files can write
 * ours. It runs once, before anything is optimized, where a word of a typed array takes half as long as one of a `DataView`.
 */
export function digestOf(bytes: Uint8Array): string {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Uint32Array(buffer, byteOffset, length >> 2);
  const count = words.length;
  let hash = 0x811c9dc5;
  for (let at = 0; at < count; at++) hash = Math.imul(hash ^ (words[at] as number), 0x01000193);
  for (let at = 4 * count; at < length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return `${length}-${hash >>> 0}`;
}
