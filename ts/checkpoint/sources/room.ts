/**
 * Memory that pieces of a file are read into again and again. New memory for each piece is garbage when the piece has been decoded,
 * and a runtime collects garbage outside of its heap when there are tens of megabytes of it: half of what an isolate of
 * Cloudflare may have.
 *
 * @module
 */
import { type ByteSource, derived, extentsOf, type Room } from "./source.js";

/** Rooms that nobody uses, for the next who reads, unless they are collected before. */
const spare: WeakRef<ReusedRoom>[] = [];
/** Who reads has two to four. */
const MOST_SPARE = 8;

class ReusedRoom implements Room {
  #buffer = new ArrayBuffer(0);

  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#buffer.byteLength < length) this.#buffer = new ArrayBuffer(length);
    return new Uint8Array(this.#buffer, 0, length);
  }

  moved(buffer: ArrayBuffer): void {
    this.#buffer = buffer;
  }
}

function rent(): ReusedRoom {
  for (let last = spare.pop(); last !== undefined; last = spare.pop()) {
    const room = last.deref();
    if (room !== undefined) return room;
  }
  return new ReusedRoom();
}

/** A source whose bytes are there until as many further reads have begun as it has rooms. */
export interface ReusingSource extends ByteSource {
  /** Gives the memory back, with which all bytes that were read are gone. */
  end(): void;
}

/** The same bytes in so many rooms by turns: one piece is worked on while the next ones are being read. */
export function reusing(source: ByteSource, count: number): ReusingSource {
  const { name, size } = source;
  const rooms = Array.from({ length: count }, rent);
  let turn = 0;
  const reused: ReusingSource = {
    name,
    size,
    read: (offset, length) => source.read(offset, length, rooms[turn++ % count]),
    end() {
      for (const room of rooms) if (spare.length < MOST_SPARE) spare.push(new WeakRef(room));
    },
  };
  derived(reused, (offset, length) => extentsOf(source, offset, length));
  return reused;
}
