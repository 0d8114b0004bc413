/**
 * The bytes of a tensor, piece by piece: while one is worked on, the next is being read.
 *
 * @module
 */
import { type Region, regions } from "./regions.js";
import type { Rooms } from "./rooms.js";
import type { Lend } from "./sources/source.js";
import type { Elements } from "./tensor.js";

/** A piece of a tensor as it is in the file. */
export interface Raw {
  readonly region: Region;
  /** Its bytes, until the next piece is asked for. */
  readonly raw: Uint8Array;
}

/** In which pieces to read. */
export interface ReadPlan {
  /** The most bytes of a piece, unless one element has more. */
  readonly most: number;
  /** How many pieces to pass over. */
  readonly skip: number;
  readonly rooms: Rooms;
}

/** The bytes of regions, one after the other. */
export async function* readAhead(
  { bytes, codec, isColumnMajor }: Elements,
  shape: readonly number[],
  { most, skip, rooms }: ReadPlan,
): AsyncGenerator<Raw> {
  const pieces = regions(shape, isColumnMajor, Math.max(1, Math.floor(most / codec.width)));
  for (let passed = 0; passed < skip; passed++) pieces.next();
  const read = ({ done, value }: IteratorResult<Region>) => {
    if (done) return undefined;
    const lent: Uint8Array[] = [];
    const lend: Lend = (length) => {
      const room = rooms.take(length);
      lent.push(room);
      return room.subarray(0, length);
    };
    const reading = bytes.read(value.offset * codec.width, value.count * codec.width, lend);
    // Whether or not anybody comes to wait for it, a read that failed counts as handled.
    reading.catch(() => undefined);
    return { region: value, lent, reading };
  };
  let next = read(pieces.next());
  try {
    while (next !== undefined) {
      const { region, lent, reading } = next;
      const raw = await reading;
      next = read(pieces.next());
      yield { region, raw };
      for (const room of lent) rooms.give(room);
    }
  } finally {
    // Who stops early may close the file, which must not happen beneath a read.
    await next?.reading.catch(() => undefined);
  }
}
