/**
 * A digest of the module, by which a file is known to be that of this very version.
 *
 * @module
 */

/** FNV-1a over 32-bit words, and the length. Against mix-ups, not against malice: whoever can write files can write ours. */
export function digestOf(bytes: Uint8Array): string {
  const words = bytes.length >> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let hash = 0x811c9dc5;
  for (let at = 0; at < words; at++) hash = Math.imul(hash ^ view.getUint32(4 * at, true), 0x01000193);
  for (let at = 4 * words; at < bytes.length; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  return `${bytes.length}-${hash >>> 0}`;
}
