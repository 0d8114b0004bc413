/**
 * Bytes that often follow one another, written as one: a byte that does not occur stands for a pair, whose halves may
 * stand for pairs themselves (P. Gage, "A New Algorithm for Data Compression", 1994). Few such pairs help gzip, whose
 * code knows nothing of the byte before; many hide from it what repeats.
 *
 * The pairs stand before the bytes: how many, then for each the byte and its two halves.
 *
 * @module
 */

/** The bytes with at most `most` pairs; used when the package is built. */
export function shorten(bytes: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const used = new Set(bytes);
  const free = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !used.has(byte));
  const pairs: number[] = [];
  let rest = Array.from(bytes);
  for (const byte of free.slice(0, most)) {
    const pair = mostFrequent(rest);
    if (pair === undefined) {
      break;
    }
    rest = replaced(rest, pair, byte);
    pairs.push(byte, pair >> 8, pair & 255);
  }
  return Uint8Array.from([pairs.length / 3, ...pairs, ...rest]);
}

/** The pair that occurs most often, and four times at least. */
function mostFrequent(bytes: readonly number[]): number | undefined {
  const counts = new Uint32Array(65536);
  for (const [place, byte] of bytes.slice(1).entries()) {
    const pair = ((bytes[place] as number) << 8) | byte;
    counts[pair] = (counts[pair] as number) + 1;
  }
  const most = counts.reduce((one, other) => Math.max(one, other));
  return most < 4 ? undefined : counts.indexOf(most);
}

function replaced(bytes: readonly number[], pair: number, by: number): number[] {
  const found: number[] = [];
  for (let place = 0; place < bytes.length; place += 1) {
    const here = ((bytes[place] as number) << 8) | (bytes[place + 1] ?? -1);
    found.push(here === pair ? by : (bytes[place] as number));
    place += here === pair ? 1 : 0;
  }
  return found;
}

/** Writes the bytes that {@link shorten} made fewer to `out`, from `place` on, and returns the place behind them. */
export function expand(bytes: Uint8Array, out: Uint8Array, place: number): number {
  const begin = 1 + 3 * (bytes[0] as number);
  const pairs = new Int32Array(256).fill(-1);
  for (let rule = 1; rule < begin; rule += 3) {
    pairs[bytes[rule] as number] = ((bytes[rule + 1] as number) << 8) | (bytes[rule + 2] as number);
  }
  let end = place;
  const put = (byte: number): void => {
    const pair = pairs[byte] as number;
    if (pair < 0) {
      out[end] = byte;
      end += 1;
    } else {
      put(pair >> 8);
      put(pair & 255);
    }
  };
  for (let index = begin; index < bytes.length; index += 1) {
    put(bytes[index] as number);
  }
  return end;
}
