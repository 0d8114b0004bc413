/**
 * Files in memory: a Blob each, which browsers keep on disk when it is large, or nothing at all, for a rehearsal.
 *
 * @module
 */
import type { Sink, Target, WrittenFile } from "./sink.js";

interface Piece {
  readonly blob: Blob;
  readonly size: number;
}

/** Files as Blobs. */
export function blobTarget(name: string): Target {
  const sinks = new Map<string, BlobSink>();
  return {
    async create(path = name) {
      const sink = new BlobSink();
      sinks.set(path, sink);
      return sink;
    },
    async finish() {
      return [...sinks].map(([path, sink]): WrittenFile => ({ path, size: sink.size, blob: sink.blob() }));
    },
    async discard() {
      sinks.clear();
    },
  };
}

class BlobSink implements Sink {
  size = 0;
  #pieces: Piece[] = [];

  async append(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(pieceOf(bytes));
    this.size += bytes.length;
  }

  async patch(at: number, bytes: Uint8Array): Promise<void> {
    const whole = this.blob();
    const end = at + bytes.length;
    const around = [whole.slice(0, at), pieceOf(bytes).blob, whole.slice(end)];
    this.#pieces = around.map((blob) => ({ blob, size: blob.size }));
  }

  blob(): Blob {
    return new Blob(this.#pieces.map(({ blob }) => blob));
  }
}

function pieceOf(bytes: Uint8Array): Piece {
  // Copied by the constructor, so that memory which is used again stays out of it.
  return { blob: new Blob([bytes as Uint8Array<ArrayBuffer>]), size: bytes.length };
}

/** Files that are not written: of a rehearsal, which finds everything that could go wrong before. */
export function noTarget(): Target {
  return {
    async create() {
      const sink = {
        size: 0,
        async append(bytes: Uint8Array) {
          sink.size += bytes.length;
        },
        async patch() {},
      };
      return sink;
    },
    finish: async () => [],
    discard: async () => {},
  };
}
