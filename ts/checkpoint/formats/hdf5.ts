/**
 * HDF5 as Keras writes it through h5py: groups of datasets whose numbers lie in one piece. Chunks, links to other files and
 * the newest structures are not read.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { type HdfObject, linksOf, messages, readObject } from "../hdf5/objects.js";
import { type Piece, Structures, UNDEFINED_ADDRESS } from "../hdf5/structure.js";
import { elementType } from "../hdf5/types.js";
import { type ByteSource, part } from "../sources/source.js";
import { codecOf, type Tensor } from "../tensor.js";
import { at, byteLength, type Contents, checkShape, unread } from "./format.js";

/** The first bytes of every file, as Latin-1. */
export const HDF5_MAGIC = "\x89HDF\r\n\x1a\n";

const MAX_DEPTH = 100;

/** The datasets of a file in the order of its groups' trees, called by their paths. */
export async function readHdf5(source: ByteSource): Promise<Contents> {
  const file = new Structures(source);
  const tensors: Tensor[] = [];
  const ranges: Range[] = [];
  const seen = new Set<number>();
  const visit = async (path: string, address: number, depth: number): Promise<void> => {
    const object = await readObject(file, address);
    const table = object.one(messages.symbolTable);
    if (table === undefined) {
      const { tensor, range } = await readDataset(file, path, object);
      tensors.push(tensor);
      if (range !== undefined) ranges.push(range);
      return;
    }
    if (seen.has(address) || depth > MAX_DEPTH) {
      const what = `groups at most ${MAX_DEPTH} deep, and each of them once`;
      throw file.trouble(what, `${JSON.stringify(path)} at byte ${address}`);
    }
    seen.add(address);
    const links = await linksOf(file, table);
    const names = new Set(links.map(({ name }) => name));
    if (names.size !== links.length) throw file.trouble("every name once", `two alike in ${JSON.stringify(path)}`);
    for (const link of links) {
      await visit(path === "" ? link.name : `${path}/${link.name}`, link.address, depth + 1);
    }
  };
  await visit("", await rootOf(file), 0);
  checkDisjoint(source.name, ranges);
  return { format: "hdf5", metadata: {}, tensors };
}

const SUPERBLOCK_BYTES = 96;

/** The address of the root group's header. */
async function rootOf(file: Structures): Promise<number> {
  const start = await file.signed("HDF5", HDF5_MAGIC, 0, 16);
  if (start.u8(8) !== 0) {
    throw start.trouble('version 0, as h5py writes without libver="latest",', 8, `${start.u8(8)}`);
  }
  const block = await file.piece("the superblock", 0, SUPERBLOCK_BYTES);
  if (block.u8(13) !== 8 || block.u8(14) !== 8) {
    throw block.trouble("addresses of 8 bytes", 13, `${block.u8(13)} and ${block.u8(14)}`);
  }
  if (block.u64(24) !== 0) throw block.trouble("the base address 0", 24, `${block.u64(24)}`);
  const end = block.u64(40);
  if (end > file.source.size) {
    throw file.trouble(`a file of ${end} bytes, as byte 40 says`, `${file.source.size}: it is truncated`);
  }
  return block.u64(64);
}

interface Range {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

interface Dataset {
  readonly tensor: Tensor;
  readonly range?: Range;
}

const CONTIGUOUS = 1;
const COMPACT = 0;

async function readDataset(file: Structures, path: string, object: HdfObject): Promise<Dataset> {
  const where = at(file.source.name, path);
  const [space, type, layout] = [messages.dataspace, messages.datatype, messages.layout].map(object.one);
  if (space === undefined || type === undefined || layout === undefined) {
    throw new FormatError(`${where}: expected shape, type and layout in its header at byte ${object.address}`);
  }
  const shape = checkShape(where, shapeOf(space));
  const { dtype, float, width, isBigEndian } = await elementType(file, object, type);
  if (float === undefined) return { tensor: unread(path, dtype, shape) };
  const size = byteLength(where, shape, 8 * width);
  if (layout.u8(0) !== 3) throw layout.trouble("version 3", 0, `${layout.u8(0)}`);
  const kind = layout.u8(1);
  const isElsewhere = object.one(messages.externalFiles) !== undefined;
  if (isElsewhere || (kind !== CONTIGUOUS && kind !== COMPACT)) {
    return { tensor: unread(path, `${dtype} ${isElsewhere ? "in another file" : "in chunks"}`, shape) };
  }
  const tensor = (bytes: ByteSource): Tensor => {
    return { name: path, dtype, shape, elements: { bytes, codec: codecOf(float, isBigEndian), isColumnMajor: false } };
  };
  if (kind === COMPACT) {
    const { address } = layout.from(4, sized(where, layout.u16(2), size));
    return { tensor: tensor(part(file.source, address, size)) };
  }
  const offset = layout.u64(2);
  if (offset === UNDEFINED_ADDRESS) return { tensor: unread(path, `${dtype}, never written`, shape) };
  sized(where, layout.u64(10), size);
  if (offset + size > file.source.size) {
    const range = `bytes ${offset} to ${offset + size}`;
    throw new FormatError(`${where}: expected ${range} within the file, got a size of ${file.source.size}`);
  }
  return { tensor: tensor(part(file.source, offset, size)), range: { path, offset, size } };
}

function sized(where: string, stored: number, expected: number): number {
  if (stored === expected) return stored;
  throw new FormatError(`${where}: expected ${expected} bytes of data for its shape, got ${stored}`);
}

const NULL_SPACE = 2;

function shapeOf(space: Piece): number[] {
  const [version, rank] = [space.u8(0), space.u8(1)];
  if (version !== 1 && version !== 2) throw space.trouble("version 1 or 2", 0, `${version}`);
  // A space without any element is not that of a scalar.
  if (version === 2 && space.u8(3) === NULL_SPACE) return [0];
  return Array.from({ length: rank }, (_, axis) => space.u64((version === 1 ? 8 : 4) + 8 * axis));
}

/** That no byte is in two datasets, unless all are, for one may have two names. */
function checkDisjoint(name: string, ranges: readonly Range[]): void {
  const ordered = [...ranges].sort((a, b) => a.offset - b.offset || a.size - b.size);
  for (const [index, next] of ordered.entries()) {
    const range = ordered[index - 1];
    if (range === undefined || range.offset + range.size <= next.offset) continue;
    if (range.offset === next.offset && range.size === next.size) continue;
    const what = `the data of ${JSON.stringify(next.path)} to begin after that of ${JSON.stringify(range.path)}`;
    throw new FormatError(`${name}: expected ${what}, got an overlap at byte ${next.offset}`);
  }
}
