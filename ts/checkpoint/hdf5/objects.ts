/**
 * Objects of HDF5, which are groups and datasets: their headers, which are lists of messages, and what groups hold.
 *
 * @module
 */
import type { Piece, Structures } from "./structure.js";

/** The kinds of messages that are read. */
export const messages = {
  dataspace: 0x01,
  datatype: 0x03,
  externalFiles: 0x07,
  layout: 0x08,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

const SHARED = 0x02;
const HEADER_BYTES = 16;
const MESSAGE_BYTES = 8;

/** An object, by the messages of its header. */
export interface HdfObject {
  readonly address: number;
  /** The messages of a kind. */
  all(kind: number): readonly Piece[];
  /** The only message of a kind, if there is one. */
  one(kind: number): Piece | undefined;
}

/** Reads a header of version 1, which is what libraries write unless asked for the newest. */
export async function readObject(file: Structures, address: number): Promise<HdfObject> {
  const header = await file.piece("an object's header", address, HEADER_BYTES);
  if (header.u8(0) !== 1) {
    const remedy = header.latin1(0, 4) === "OHDR" ? ': version 2, as h5py writes with libver="latest"' : "";
    throw header.trouble("version 1", 0, `${header.u8(0)}${remedy}`);
  }
  const count = header.u16(2);
  const found: [kind: number, data: Piece][] = [];
  const blocks = [{ start: address + HEADER_BYTES, length: header.u32(8) }];
  // Every block but the first takes a message of one before it, so that there is an end.
  for (const { start, length } of blocks) {
    const block = await file.piece("the messages of an object's header", start, length);
    for (let at = 0; at + MESSAGE_BYTES <= block.length && found.length < count; ) {
      const [kind, size, flags] = [block.u16(at), block.u16(at + 2), block.u8(at + 4)];
      const data = block.from(at + MESSAGE_BYTES, size);
      // What is shared says elsewhere what it is; a kind that nobody asks for stands for it.
      found.push([flags & SHARED ? -1 : kind, data]);
      if (kind === messages.continuation) blocks.push({ start: data.u64(0), length: data.u64(8) });
      at += MESSAGE_BYTES + size;
    }
  }
  const all = (kind: number) => found.filter(([other]) => other === kind).map(([, data]) => data);
  const one = (kind: number) => {
    const [first, second] = all(kind);
    if (second !== undefined) throw second.trouble(`one message of kind ${kind}`, 0, "another");
    return first;
  };
  return { address, all, one };
}

const TREE_BYTES = 24;
const GROUP_TREE = 0;
const LEAF_BYTES = 8;
const ENTRY_BYTES = 40;
const SOFT_LINK = 2;

/** A name in a group, and the address of the header of what it names. */
export interface Link {
  readonly name: string;
  readonly address: number;
}

/** What a group holds; soft links, which are other names of what is there anyway, are left out. */
export async function linksOf(file: Structures, symbolTable: Piece): Promise<Link[]> {
  const heapHeader = await file.signed("a local heap", "HEAP", symbolTable.u64(8), 32);
  const heap = await file.piece("the names of a group", heapHeader.u64(24), heapHeader.u64(8));
  const links: Link[] = [];
  for await (const address of leavesOf(file, symbolTable.u64(0), undefined, new Set())) {
    const leaf = await file.signed("a leaf of a group", "SNOD", address, LEAF_BYTES);
    const count = leaf.u16(6);
    const entries = await file.piece("the entries of a group", address + LEAF_BYTES, count * ENTRY_BYTES);
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      if (entries.u32(at + 16) === SOFT_LINK) continue;
      const name = heap.string(entries.u64(at));
      if (name === "" || name.includes("/")) throw entries.trouble("a name", at, JSON.stringify(name));
      links.push({ name, address: entries.u64(at + 8) });
    }
  }
  return links;
}

/** The leaves below a node of a B-tree; levels count down, and no node is there twice, so that there is an end. */
async function* leavesOf(
  file: Structures,
  address: number,
  level: number | undefined,
  seen: Set<number>,
): AsyncGenerator<number> {
  if (seen.has(address)) throw file.trouble("a tree of a group", `the node at byte ${address} twice`);
  seen.add(address);
  const node = await file.signed("a tree of a group", "TREE", address, TREE_BYTES);
  const [kind, actual, count] = [node.u8(4), node.u8(5), node.u16(6)];
  if (kind !== GROUP_TREE) throw node.trouble(`the kind ${GROUP_TREE}`, 4, `${kind}`);
  if (level !== undefined && actual !== level) throw node.trouble(`level ${level}`, 5, `${actual}`);
  const children = await file.piece("the children of a node", address + TREE_BYTES, 16 * count);
  for (let at = 8; at < children.length; at += 16) {
    const child = children.u64(at);
    if (actual > 0) yield* leavesOf(file, child, actual - 1, seen);
    else if (seen.has(child)) throw children.trouble("every leaf once", at, `the one at byte ${child} twice`);
    else {
      seen.add(child);
      yield child;
    }
  }
}
