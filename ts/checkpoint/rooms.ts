/**
 * Memory that is read into again and again.
 *
 * @module
 */

/** As many as one reader fills at once: the piece that is worked on, and the next. */
const MOST_ROOMS = 2;

/**
 * Arrays that are read into again and again. New ones for each piece wait for a collector that has no reason to hurry: on
 * some engines they came to ten times what was in use.
 */
export class Rooms {
  #free: Uint8Array[] = [];

  /** An array of at least `length` bytes, which nobody else has. */
  take(length: number): Uint8Array {
    const at = this.#free.findIndex((room) => room.length >= length);
    return at < 0 ? new Uint8Array(length) : (this.#free.splice(at, 1)[0] as Uint8Array);
  }

  /** Takes back an array that nobody looks at any more; the largest are kept. */
  give(room: Uint8Array): void {
    this.#free = [...this.#free, room].sort((a, b) => b.length - a.length).slice(0, MOST_ROOMS);
  }
}
