/**
 * Files with something wrong, the same at every run.
 */

/** Mulberry32: the same mutations everywhere. */
export function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

// What headers lie about: nothing, all ones, signs, and numbers that are larger than any file.
const PATTERNS = [
  [0],
  [0xff],
  [0x7f],
  [0x80],
  [0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];

/** A file with something wrong, or, for all that can be seen, right: flipped bits, lying numbers, cut, grown, shuffled. */
export function mutated(bytes: Uint8Array<ArrayBuffer>, below: (below: number) => number): Uint8Array {
  const copy = bytes.slice();
  const kind = below(10);
  if (kind === 0) return copy.subarray(0, below(copy.length));
  if (kind === 1) return new Uint8Array([...copy, ...Array(1 + below(20)).fill(below(256))]);
  if (kind === 2) copy.copyWithin(below(copy.length), below(copy.length), below(copy.length));
  // Headers are where lies matter, and stand at the beginning or at the end.
  const place = () => {
    const near = below(Math.min(400, copy.length));
    return [below(copy.length), near, copy.length - 1 - near][below(3)] as number;
  };
  for (let count = 1 + below(4); count > 0; count--) {
    const from = place();
    if (kind < 6) copy[from] = (copy[from] as number) ^ (1 << below(8));
    else copy.set((PATTERNS[below(PATTERNS.length)] ?? []).slice(0, copy.length - from), from);
  }
  return copy;
}
