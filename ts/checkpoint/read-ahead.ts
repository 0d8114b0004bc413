/**
 * Reads the regions of a tensor one after the other, the next ones while one is worked on.
 *
 * @module
 */
import { type Region, regions } from "./regions.js";
import type { ByteSource } from "./sources/source.js";
import type { BlockPlan, Elements } from "./tensor.js";

/** A region with its bytes. */
export interface Raw {
  readonly region: Region;
  /** What the region holds, until the next one is asked for. */
  readonly raw: Uint8Array;
}

/** How many pieces of a slice are being read while one is worked on, where that takes no new memory. */
export const AHEAD = 3;

/** The bytes of regions, one after the other; while one is worked on, the next ones are being read. */
export async function* readAhead(
  { bytes, codec, isColumnMajor }: Elements,
  shape: readonly number[],
  { most, skip, ahead }: Pick<BlockPlan, "most" | "skip"> & { readonly ahead: number },
): AsyncGenerator<Raw> {
  const pieces = regions(shape, isColumnMajor, Math.max(1, Math.floor(most / codec.width)));
  for (let passed = 0; passed < skip; passed++) pieces.next();
  const fetcher = fetcherOf(bytes, ahead + 1);
  const under: { readonly region: Region; readonly reading: Promise<Uint8Array> }[] = [];
  const begin = () => {
    const { done, value } = pieces.next();
    if (done) return;
    const reading = fetcher.read(value.offset * codec.width, value.count * codec.width);
    // Whether or not anybody comes to wait for it, a read that failed counts as handled.
    reading.catch(() => undefined);
    under.push({ region: value, reading });
  };
  try {
    for (let count = 0; count < ahead; count++) begin();
    for (let next = under.shift(); next !== undefined; next = under.shift()) {
      const raw = await next.reading;
      begin();
      yield { region: next.region, raw };
    }
  } finally {
    // Who stops early may close the file, which must not happen beneath a read.
    for (const { reading } of under) await reading.catch(() => undefined);
    fetcher.end();
  }
}

interface Fetcher {
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
  readonly end: () => void;
}

/** Arrays that were read into before, for whoever reads next, unless they were collected meanwhile. */
let spare: WeakRef<Uint8Array[]> | undefined;

/** Reads into so many arrays by turns, where the source can. `end` is to be called when none is in use any more. */
function fetcherOf(bytes: ByteSource, count: number): Fetcher {
  if (bytes.readInto === undefined) return { read: (offset, length) => bytes.read(offset, length), end: () => {} };
  const readPiece = bytes.readInto.bind(bytes);
  const arrays = spare?.deref() ?? [];
  spare = undefined;
  let turn = 0;
  return {
    async read(offset, length) {
      const place = turn++ % count;
      let array = arrays[place];
      if (array === undefined || array.length < length) {
        array = new Uint8Array(length);
        arrays[place] = array;
      }
      const target = array.subarray(0, length);
      await readPiece(target, offset);
      return target;
    },
    end() {
      spare = new WeakRef(arrays);
    },
  };
}
