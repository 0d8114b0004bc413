import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { patched, refusal } from "./lies.js";

describe(".npy", () => {
  const npy = (header: string, data = 8) =>
    new Uint8Array([
      ...Buffer.from("\x93NUMPY\x01\x00", "latin1"),
      header.length,
      0,
      ...Buffer.from(header),
      ...new Uint8Array(data),
    ]);
  const fields = "'descr': '<f4', 'fortran_order': False, 'shape': (2,)";

  test("is right but for one thing", async () => {
    await expect(openCheckpoint(npy(`{${fields}}`))).resolves.toMatchObject({
      tensors: [{ name: "array", shape: [2] }],
    });
    await expect(openCheckpoint(npy(`{"shape":(2L,),"descr":"<f4","fortran_order":True,} `))).resolves.toBeDefined();
  });

  test.each([
    ["no dictionary", "[1]", /expected a header { 'descr', 'fortran_order', 'shape' }, got "\[1\]"$/],
    ["code", "{'descr': __import__('os')}", /expected a header/],
    ["a key twice", `{${fields}, 'shape': (2,)}`, /expected a header/],
    ["a key too few", "{'descr': '<f4', 'shape': (2,)}", /expected a header/],
    ["a key too many", `{${fields}, 'x': (2,)}`, /expected a header/],
    ["no type", "{'descr': 3, 'fortran_order': False, 'shape': (2,)}", /"descr" expected a type such as '<f4'/],
    ["an unknown type", "{'descr': '<q4', 'fortran_order': False, 'shape': (2,)}", /"descr" expected a type/],
    [
      "no order",
      "{'descr': '<f4', 'fortran_order': 'C', 'shape': (2,)}",
      /"fortran_order" expected True or False, got "C"/,
    ],
    ["no tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", /"shape" expected an array of non-negative/],
    ["a negative size", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", /"shape" expected an array/],
    [
      "a huge size",
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${2 ** 40}, ${2 ** 40})}`,
      /fewer than 2\^53 bits/,
    ],
    [
      "many dimensions",
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${"1,".repeat(65)})}`,
      /at most 64 dimensions/,
    ],
    [
      "more than there is",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
      /expected 12 bytes of data for "<f4" of shape \[3\], got 8$/,
    ],
    ["less", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", /expected 4 bytes of data .* got 8$/],
  ])("has %s", async (_, header, message) => {
    expect(await refusal(npy(header))).toMatch(message);
  });

  test("has a version or a length that cannot be", async () => {
    expect(await refusal(patched(npy(`{${fields}}`), 6, [4]))).toMatch(/expected version 1, 2 or 3 at byte 6, got 4$/);
    expect(await refusal(patched(npy(`{${fields}}`), 8, [255, 255]))).toMatch(/got one of 65535$/);
  });
});
