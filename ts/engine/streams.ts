/**
 * The code of a WebAssembly module, taken apart into what is alike: all opcodes, all indices of locals, all offsets, and
 * so on. Gzip sees what repeats within 32 kB, and repeats far more when an opcode stands beside opcodes. What follows
 * from the rest, the sizes of functions, is left out, and the commonest pairs of opcodes are written as one. Our module
 * becomes a sixth smaller. It is put together again when it is loaded.
 *
 * One walk over the instructions serves both ways: it moves every byte between the module and the stream of its kind.
 *
 * @module
 */
import {
  alignment,
  alignments,
  beforeCall,
  behindI32,
  call,
  float,
  frame,
  i32,
  kinds,
  lane,
  local,
  nesting,
  none,
  offset,
  opcode,
  operand,
  other,
  table,
  vector,
} from "./kinds.js";
import { expand, shorten } from "./pairs.js";

/** More than any engine takes in a function. */
const mostLocals = 50_000;

/** Moves every byte of the module to or from the stream of its kind, which begins at its place among the parts. */
function move(module: Uint8Array, parts: Uint8Array, places: Uint32Array, joining: boolean): void {
  let position = 0;
  let previous = 0;
  let recent: number[] = [];
  const place = (kind: number): number => {
    const here = places[kind] as number;
    places[kind] = here + 1;
    return here;
  };
  const next = (): number => {
    position += 1;
    return position - 1;
  };
  const read = joining
    ? (kind: number): number => parts[place(kind)] as number
    : (_: number): number => module[next()] as number;
  const write = joining
    ? (_: number, byte: number): void => {
        module[next()] = byte;
      }
    : (kind: number, byte: number): void => {
        parts[place(kind)] = byte;
      };
  // Not by the two above: all of the module passes through here before the engine has warmed up.
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
    for (let left = count; left > 0 && position < module.length; left -= 1) {
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
  /** Among the parts, the index of a local is its place among those used last in the function. */
  const index = (kind: number): void => {
    let given = 0;
    let byte = 128;
    for (let factor = 1; byte > 127; factor *= 128) {
      byte = read(kind);
      given += (byte & 127) * factor;
    }
    if (given > mostLocals) {
      throw new RangeError("the streams are damaged");
    }
    while (recent.length <= given) {
      recent.push(recent.length);
    }
    const age = joining ? given : recent.indexOf(given);
    const found = recent[age] as number;
    for (let younger = age; younger > 0; younger -= 1) {
      recent[younger] = recent[younger - 1] as number;
    }
    recent[0] = found;
    let left = joining ? found : age;
    for (; left > 127; left >>= 7) {
      write(kind, (left & 127) | 128);
    }
    write(kind, left);
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
      takeAll(4 * (code - 0x42), float);
    } else if (code === 0xfc) {
      bulk();
    } else if (code === 0xfd) {
      simd();
    }
  };
  const ofConstant = (): number => {
    const after = joining ? parts[places[opcode] as number] : module[behindNumber(module, position)];
    return i32 + 1 + behindI32.indexOf(after as number);
  };
  const instruction = (): number => {
    const code = take(opcode);
    const kind = operand[code] as number;
    if (kind >= local) {
      if (kind === none) {
        special(code);
      } else {
        index(kind);
      }
    } else if (kind === i32) {
      leb(ofConstant());
    } else if (kind === call) {
      leb(call + 1 + beforeCall.indexOf(previous));
    } else {
      leb(kind);
      if (kind >= alignments + 0x28 && kind < alignment) {
        leb(offset);
      }
    }
    return code;
  };
  const groupsOfLocals = (): void => {
    for (let left = leb(frame); left > 0 && position < module.length; left -= 1) {
      leb(frame);
      take(frame);
    }
  };
  const instructions = (): void => {
    previous = 0;
    recent = [];
    for (let depth = 1; depth > 0 && position < module.length; ) {
      previous = instruction();
      depth += nesting(previous);
    }
  };
  /** The size of a function stands before it and follows from it, so no stream holds it. */
  const body = (): void => {
    const start = position;
    if (!joining) {
      position = behindNumber(module, start);
    }
    groupsOfLocals();
    instructions();
    if (joining) {
      position = insertSize(module, start, position);
    }
  };
  takeAll(8, frame);
  while (position < module.length) {
    const section = take(frame);
    const size = leb(frame);
    if (section === 10) {
      for (let functions = leb(frame); functions > 0 && position < module.length; functions -= 1) {
        body();
      }
    } else {
      takeAll(size, frame);
    }
  }
}

/** The place behind a number in LEB128. */
function behindNumber(module: Uint8Array, start: number): number {
  let position = start;
  while ((module[position] as number) > 127) {
    position += 1;
  }
  return position + 1;
}

/** Makes room before what lies from `start` to `end` for its size in LEB128, and returns the new end. */
function insertSize(module: Uint8Array, start: number, end: number): number {
  const size = end - start;
  const count = Math.ceil((32 - Math.clz32(size | 1)) / 7);
  module.copyWithin(start + count, start, end);
  for (let index = 0; index < count; index += 1) {
    module[start + index] = ((size >> (7 * index)) & 127) | (index < count - 1 ? 128 : 0);
  }
  return end + count;
}

const header = 4 * (kinds + 1);
/** Pairs of opcodes that are written as one: as many as make our module smallest. */
const pairs = 12;

/** The module in streams, its length and theirs before them; used when the package is built. */
export function split(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const lengths = new Uint32Array(kinds);
  move(module, new Uint8Array(module.length), lengths, false);
  const parts = new Uint8Array(header + module.length);
  new Uint32Array(parts.buffer, 0, kinds + 1).set([module.length, ...lengths]);
  const places = starts(lengths);
  const opcodes = places[opcode] as number;
  move(module, parts, places, false);
  const end = places[opcode] as number;
  const short = shorten(parts.subarray(opcodes, end), pairs);
  return Uint8Array.from([...parts.subarray(0, opcodes), ...short, ...parts.subarray(end, places[kinds - 1])]);
}

/** The module that {@link split} took apart. */
export function join(parts: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [length = 0, ...lengths] = new Uint32Array(parts.slice(0, header).buffer);
  const module = new Uint8Array(length);
  const places = starts(lengths);
  const [opcodes = 0, behind = 0] = places.subarray(opcode);
  const whole = new Uint8Array((places[kinds - 1] as number) + (lengths[kinds - 1] as number));
  const end = parts.length - (whole.length - behind);
  whole.set(parts.subarray(0, opcodes));
  expand(parts.subarray(opcodes, end), whole, opcodes);
  whole.set(parts.subarray(end), behind);
  move(module, whole, places, true);
  return module;
}

/** Where each stream begins. */
function starts(lengths: Iterable<number>): Uint32Array {
  let behind = header;
  return Uint32Array.from(lengths, (length) => {
    behind += length;
    return behind - length;
  });
}
