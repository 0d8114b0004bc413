/**
 * Reads the regions of a tensor one after the other, the next ones while one is worked on.
 *
 * @module
 */
import { type Region, regions } from "./regions.js";
import { reusing } from "./sources/room.js";
import type { Elements } from "./tensor.js";

/** A region with its bytes. */
export interface Raw {
  readonly region: Region;
  /** What the region holds, until the next one is asked for. */
  readonly raw: Uint8Array;
}

/** What to read, and how. */
export interface ReadPlan {
  /** The bytes of a region at most, unless one element has more. */
  readonly most: number;
  /** How many regions to pass over. */
  readonly skip: number;
  /** How many to read behind those, at most. */
  readonly count: number;
  /** How many are being read while one is worked on. */
  readonly ahead: number;
}

/** The bytes of regions, one after the other. */
export async function* readAhead(
  { bytes, codec, isColumnMajor }: Elements,
  shape: readonly number[],
  { most, skip, count, ahead }: ReadPlan,
): AsyncGenerator<Raw> {
  const pieces = regions(shape, isColumnMajor, Math.max(1, Math.floor(most / codec.width)));
  for (let passed = 0; passed < skip; passed++) pieces.next();
  const source = reusing(bytes, ahead + 1);
  const underWay: { readonly region: Region; readonly reading: Promise<Uint8Array> }[] = [];
  let left = count;
  const begin = () => {
    if (left === 0) return;
    left -= 1;
    const { done, value } = pieces.next();
    if (done) return;
    const reading = source.read(value.offset * codec.width, value.count * codec.width);
    // Whether or not anybody comes to wait for it, a read that failed counts as handled.
    reading.catch(() => undefined);
    underWay.push({ region: value, reading });
  };
  try {
    for (let begun = 0; begun < ahead; begun++) begin();
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
      const raw = await next.reading;
      begin();
      yield { region: next.region, raw };
    }
  } finally {
    // Who stops early may close the file, which must not happen beneath a read; nor must its memory be another's.
    for (const { reading } of underWay) await reading.catch(() => undefined);
    source.end();
  }
}
