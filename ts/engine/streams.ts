/**
 * The code of a WebAssembly module, taken apart into what is alike: all opcodes, then all indices of locals, all offsets,
 * and so on. Gzip sees what repeats within 32 kB, and repeats far more when an opcode stands beside opcodes: our module
 * becomes an eighth smaller. It is put together again when it is loaded, in a millisecond or two.
 *
 * One walk over the instructions serves both ways: it moves every byte between the module and the stream of its kind.
 *
 * @module
 */

/** Kinds of bytes; `frame` is all that is not code, and the sizes and locals of functions. */
const frame = 0;
const opcode = 1;
const local = 2;
const alignment = 3;
const offset = 4;
const i32 = 5;
const i64 = 6;
const float = 7;
const branch = 8;
const table = 9;
const call = 10;
const block = 11;
const vector = 12;
const lane = 13;
const other = 14;
const kinds = 15;

const none = kinds;

/** The kind of the operand in LEB128, by opcode; that of an access to memory is followed by its offset. */
const operand: Uint8Array = new Uint8Array(256).fill(none).fill(alignment, 0x28, 0x3f);
for (const [kind = 0, ...codes] of [
  [block, 0x02, 0x03, 0x04],
  [branch, 0x0c, 0x0d],
  [call, 0x10],
  [local, 0x20, 0x21, 0x22],
  [other, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2],
  [i32, 0x41],
  [i64, 0x42],
]) {
  for (const code of codes) {
    operand[code] = kind;
  }
}

/** Moves every byte of the module to or from the stream of its kind, which begins at its place among the parts. */
function move(module: Uint8Array, parts: Uint8Array, places: Uint32Array, joining: boolean): void {
  let position = 0;
  const place = (kind: number): number => {
    const here = places[kind] as number;
    places[kind] = here + 1;
    return here;
  };
  const take = joining
    ? (kind: number): number => {
        const byte = parts[place(kind)] as number;
        module[position] = byte;
        position += 1;
        return byte;
      }
    : (kind: number): number => {
        const byte = module[position] as number;
        parts[place(kind)] = byte;
        position += 1;
        return byte;
      };
  const takeAll = (count: number, kind: number): void => {
    for (let left = count; left > 0; left -= 1) {
      take(kind);
    }
  };
  /** A number in LEB128. */
  const leb = (kind: number): number => {
    let byte = take(kind);
    let value = byte & 127;
    for (let factor = 128; byte > 127; factor *= 128) {
      byte = take(kind);
      value += (byte & 127) * factor;
    }
    return value;
  };
  const lebs = (count: number, kind: number): void => {
    for (let left = count; left > 0; left -= 1) {
      leb(kind);
    }
  };
  const simd = (): void => {
    const code = leb(vector);
    const ofLane = code >= 84 && code <= 91;
    if (code <= 11 || ofLane || code === 92 || code === 93) {
      leb(alignment);
      leb(offset);
    }
    takeAll(code === 12 || code === 13 ? 16 : ofLane || (code >= 21 && code <= 34) ? 1 : 0, lane);
  };
  const bulk = (): void => {
    const code = leb(other);
    lebs(code <= 7 ? 0 : [8, 10, 12, 14].includes(code) ? 2 : 1, other);
  };
  const special = (code: number): void => {
    if (code === 0x0e) {
      lebs(leb(table) + 1, table);
    } else if (code === 0x11) {
      lebs(2, call);
    } else if (code === 0x1c) {
      takeAll(leb(other), other);
    } else if (code === 0x43 || code === 0x44) {
      takeAll(code === 0x43 ? 4 : 8, float);
    } else if (code === 0xfc) {
      bulk();
    } else if (code === 0xfd) {
      simd();
    }
  };
  const instruction = (): void => {
    const code = take(opcode);
    const kind = operand[code] as number;
    if (kind === none) {
      special(code);
      return;
    }
    leb(kind);
    if (kind === alignment) {
      leb(offset);
    }
  };
  const body = (): void => {
    const size = leb(frame);
    const end = position + size;
    for (let groups = leb(frame); groups > 0; groups -= 1) {
      leb(frame);
      take(frame);
    }
    while (position < end) {
      instruction();
    }
  };
  takeAll(8, frame);
  while (position < module.length) {
    const section = take(frame);
    const size = leb(frame);
    if (section === 10) {
      for (let functions = leb(frame); functions > 0; functions -= 1) {
        body();
      }
    } else {
      takeAll(size, frame);
    }
  }
}

/** The module in streams, its length and theirs before them; used when the package is built. */
export function split(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const lengths = new Uint32Array(kinds);
  move(module, new Uint8Array(module.length), lengths, false);
  const parts = new Uint8Array(header + module.length);
  new Uint32Array(parts.buffer, 0, kinds + 1).set([module.length, ...lengths]);
  move(module, parts, starts(lengths), false);
  return parts;
}

/** The module that {@link split} took apart. */
export function join(parts: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [length = 0, ...lengths] = new Uint32Array(parts.slice(0, header).buffer);
  const module = new Uint8Array(length);
  move(module, parts, starts(lengths), true);
  return module;
}

const header = 4 * (kinds + 1);

/** Where each stream begins. */
function starts(lengths: Iterable<number>): Uint32Array {
  let behind = header;
  return Uint32Array.from(lengths, (length) => {
    behind += length;
    return behind - length;
  });
}
