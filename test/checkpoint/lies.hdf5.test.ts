import { describe, expect, test } from "vitest";
import { fixture, patched, refusal } from "./lies.js";

describe("HDF5", () => {
  const right = fixture("kinds.weights.h5");
  const text = Buffer.from(right).toString("latin1");
  const tree = text.indexOf("TREE");
  const leaf = text.indexOf("SNOD");
  const root = new DataView(right.buffer, right.byteOffset).getUint32(64, true);
  const eight = (value: number) => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];

  test.each<[string, Uint8Array, RegExp]>([
    [
      "another version",
      patched(right, 8, [2]),
      /expected version 0, as h5py writes without libver="latest", in HDF5, at byte 8, got 2/,
    ],
    [
      "addresses of 4 bytes",
      patched(right, 13, [4]),
      /expected addresses of 8 bytes in the superblock, at byte 13, got 4 and 8/,
    ],
    [
      "a longer file",
      patched(right, 40, eight(1e9)),
      /expected a file of 1000000000 bytes, as byte 40 says, got \d+: it is truncated/,
    ],
    [
      "a root beyond the end",
      patched(right, 64, eight(1e12)),
      /expected an object's header of 16 bytes at byte 1000000000000, got a file of/,
    ],
    [
      "an address of 2^60",
      patched(right, 64, eight(2 ** 60)),
      /expected a number below 2\^53 in the superblock, at byte 64, got 1152921504606846976/,
    ],
    [
      "a header of another version",
      patched(right, root, [7]),
      /expected version 1 in an object's header, at byte \d+, got 7/,
    ],
    ["no tree", patched(right, tree, [0]), /expected a tree of a group, which begins with "TREE", at byte \d+, got/],
    ["a tree of chunks", patched(right, tree + 4, [1]), /expected the kind 0 in a tree of a group, at byte \d+, got 1/],
    [
      "a tree that is its own child",
      patched(patched(right, tree + 5, [1]), tree + 32, eight(tree)),
      /a tree of a group, got the node at byte \d+ twice/,
    ],
    ["no leaf", patched(right, leaf, [0]), /expected a leaf of a group, which begins with "SNOD"/],
    [
      "a group that holds itself",
      patched(right, leaf + 8 + 8, eight(root)),
      /groups at most 100 deep, and each of them once, got "\w+" at byte/,
    ],
    [
      "a name beyond the names",
      patched(right, leaf + 8, eight(1e6)),
      /expected text that ends in the names of a group, at byte/,
    ],
  ])("with %s", async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  test("with data beyond the end, or shared by two", async () => {
    // Where the messages are that say that data lies in one piece, and where.
    const message = Buffer.from([8, 0, 24, 0]).toString("latin1");
    const layouts = text
      .split(message)
      .slice(0, -1)
      .map((_, index, before) => before.slice(0, index + 1).join(message).length + 8)
      .filter((at) => right[at] === 3 && right[at + 1] === 1)
      .map((at) => at + 2);
    expect(layouts.length).toBeGreaterThan(5);
    const [first = 0, second = 0] = layouts;
    expect(await refusal(patched(right, first, eight(1e6)))).toMatch(
      /expected bytes 1000000 to \d+ within the file, got a size/,
    );
    expect(await refusal(patched(right, first + 8, eight(1)))).toMatch(
      /expected \d+ bytes of data for its shape, got 1/,
    );
    const other = new DataView(right.buffer, right.byteOffset).getUint32(second, true);
    expect(await refusal(patched(right, first, eight(other + 8)))).toMatch(/an overlap at byte \d+/);
  });
});
