/**
 * A cache of pages, for readers that follow pointers: they ask for a few bytes at a time, and often again.
 *
 * @module
 */
import { type ByteSource, derived, extentsOf } from "./source.js";

const PAGE_BYTES = 65_536;
const PAGES = 32;

/** `source` with its last pages kept, 2 MiB at most. */
export function paged(source: ByteSource): ByteSource {
  const { name, size, ahead } = source;
  const pages = new Map<number, Uint8Array>();
  const pageAt = async (index: number) => {
    const start = index * PAGE_BYTES;
    const page = pages.get(index) ?? (await source.read(start, Math.min(PAGE_BYTES, size - start)));
    // The order of a Map is that of insertion: the first is the one that was not asked for the longest.
    pages.delete(index);
    pages.set(index, page);
    if (pages.size > PAGES) pages.delete(pages.keys().next().value as number);
    return page;
  };
  const cached: ByteSource = {
    name,
    size,
    ahead,
    async read(offset, length, room) {
      const index = Math.floor(offset / PAGE_BYTES);
      // What is large, or beyond the end, is the source's own affair.
      if (length > PAGE_BYTES || offset < 0 || offset + length > size) return await source.read(offset, length, room);
      const start = offset - index * PAGE_BYTES;
      const head = (await pageAt(index)).subarray(start, start + length);
      if (head.length === length) return head;
      const bytes = new Uint8Array(length);
      bytes.set(head);
      bytes.set((await pageAt(index + 1)).subarray(0, length - head.length), head.length);
      return bytes;
    },
  };
  return derived(cached, (offset, length) => extentsOf(source, offset, length));
}
