/**
 * Reads the elements of a tensor straight to where they are wanted, from a source that gives its bytes at once.
 *
 * @module
 */
import { isAsStored, type Target } from "./decode.js";
import type { ReadPlan } from "./read-ahead.js";
import { type Region, regions } from "./regions.js";
import { reusing } from "./sources/room.js";
import type { Room } from "./sources/source.js";
import type { Elements } from "./tensor.js";

/**
 * Region after region of what lies in row-major order; each is there when it comes.
 *
 * @param targetOf Gives the array for a region. It is filled before anything else can run, so that it may be a view of memory that moves.
 */
export async function* readInPlace(
  { bytes, codec }: Elements,
  shape: readonly number[],
  { most, skip, count }: Omit<ReadPlan, "ahead">,
  targetOf: (region: Region) => Target,
): AsyncGenerator<{ readonly region: Region; readonly target: Target }> {
  const { plain, width } = codec;
  const pieces = regions(shape, false, Math.max(1, Math.floor(most / width)));
  for (let passed = 0; passed < skip; passed++) pieces.next();
  const other = reusing(bytes, 1);
  try {
    let left = count;
    for (let next = pieces.next(); left > 0 && !next.done; next = pieces.next(), left -= 1) {
      const region = next.value;
      const [offset, length] = [region.offset * width, region.count * width];
      const target = targetOf(region);
      if (plain && isAsStored(plain.dtype, plain.isBigEndian, target)) await bytes.read(offset, length, lent(target));
      else codec.decode(await other.read(offset, length), target);
      yield { region, target };
    }
  } finally {
    other.end();
  }
}

/** The bytes of an array, for a source that puts them there. */
function lent({ buffer, byteOffset }: Target): Room {
  return { take: (length) => new Uint8Array(buffer as ArrayBuffer, byteOffset, length), moved: () => {} };
}
