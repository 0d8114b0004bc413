/**
 * Takes out of a module what its panics would say. A panic is a fault of ours, and ends in a trap whether or not a message
 * is made first, which nobody in WebAssembly ever gets to read. The traps stay.
 */
import { rewrite } from "./rewrite.mjs";

/** Where panics lead, in the names that Rust gives its functions; none but panics format. The v0 names keep their words as they are. */
const PANICS =
  /fmt(?:::|\d)|panic_fmt|panicking|rust_begin_unwind|rust_panic|panic_bounds|panic_already|panic_access_error|unwrap_failed|expect_failed|assert_failed|slice_index_fail|len_mismatch_fail|alloc_error|raw_vec(?:12|::)handle_error|capacity_overflow|rust_oom/;

/** The module with `unreachable` in the place of every function that panics. It must still have its names. */
export async function silencePanics(module) {
  const { bytes, outcome } = await rewrite(module, silenceAll);
  return { bytes, silenced: outcome };
}

function silenceAll(binaryen, module) {
  let silenced = 0;
  for (let index = 0; index < module.getNumFunctions(); index += 1) {
    const pointer = module.getFunctionByIndex(index);
    const { name, module: imported } = binaryen.getFunctionInfo(pointer);
    if (imported || !PANICS.test(name)) continue;
    binaryen.Function.setBody(pointer, module.unreachable());
    silenced += 1;
  }
  return silenced;
}

const PATH = /(?:\/rustc\/[0-9a-f]{40}|\/?cargo\/registry|crate\/src)\/[\w./-]*?\.rs/g;

/** What panics would have said, and the digits that they would have said it with. */
const SENTENCES =
  /slice index starts at | but ends at |index out of bounds: the len is | but the index is |range (?:start|end) index | out of range for slice of length |cannot access a Thread Local Storage value during or after destruction: |copy_from_slice: source slice length \(|\) does not match destination slice length \(|removal index \(is |\) should be < len \(is |chunk size must be non-zero|mid > len|attempt to [\w ]+(?:> usize::MAX)?|AccessError|capacity overflow|RefCell already (?:mutably )?borrowed|(?:\d\d){100}/g;

/** Where the initial contents of memory lie in the file: `[address, start, length]`, one of each segment. */
function* segments(bytes) {
  const read = (at, signed = false) => {
    let [value, shift, place] = [0, 0, at];
    for (;;) {
      const byte = bytes[place++];
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return [signed && byte & 0x40 && shift < 32 ? value | (-1 << shift) : value, place];
    }
  };
  for (let place = 8; place < bytes.length; ) {
    const kind = bytes[place];
    const [size, start] = read(place + 1);
    place = start + size;
    if (kind !== 11) continue;
    let [count, at] = read(start);
    for (; count > 0; count -= 1) {
      if (bytes[at] !== 0 || bytes[at + 1] !== 0x41)
        throw new Error("a data segment is not of the kind that Rust makes");
      const [address, behind] = read(at + 2, true);
      const [length, first] = read(behind + 1);
      yield [address, first, length];
      at = first + length;
    }
  }
}

/** Zeroes the paths of source files, the places in them that panics name, and their sentences; nothing else refers to them. */
export function forgetPlaces(bytes) {
  const known = new Map();
  const all = [...segments(bytes)];
  for (const [address, first, length] of all) {
    for (const match of bytes
      .subarray(first, first + length)
      .toString("latin1")
      .matchAll(PATH)) {
      known.set(address + match.index, match[0].length);
      bytes.fill(0, first + match.index, first + match.index + match[0].length);
    }
  }
  for (const [, first, length] of all) {
    const text = bytes.toString("latin1", first, first + length);
    for (const { index, 0: sentence } of text.matchAll(SENTENCES))
      bytes.fill(0, first + index, first + index + sentence.length);
  }
  // A place is the path's address and length, line and column, in words of 32 bits.
  let places = 0;
  for (const [, first, length] of all) {
    for (let at = first; at + 16 <= first + length; at += 1) {
      if (known.get(bytes.readUInt32LE(at)) === bytes.readUInt32LE(at + 4) && bytes.readUInt32LE(at + 8) < 1 << 16) {
        bytes.fill(0, at, at + 16);
        places += 1;
      }
    }
  }
  return { paths: known.size, places };
}
