import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { fixture, patched, refusal } from "./lies.js";

describe("zip archives", () => {
  const entry = fixture("f4.npy");
  const stored = zipSync({ "w.npy": [entry, { level: 0 }] });
  const deflated = zipSync({ "w.npy": [new Uint8Array([...fixture("f8.npy")]), { level: 9 }] });
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const central = (bytes: Uint8Array) => view(bytes).getUint32(bytes.length - 6, true);

  test("are right but for one thing", async () => {
    for (const archive of [stored, deflated]) {
      await expect(openCheckpoint(archive)).resolves.toMatchObject({ format: "npz", names: ["w"] });
    }
  });

  test.each([
    [
      "an encrypted entry",
      patched(stored, central(stored) + 8, [1]),
      /entry at byte \d+: expected "w.npy" not to be encrypted/,
    ],
    [
      "another method",
      patched(stored, central(stored) + 10, [9]),
      /expected method 0 \(stored\) or 8 \(deflated\), got 9/,
    ],
    ["two sizes", patched(stored, central(stored) + 20, [1]), /expected 176 bytes stored as they are, got 1$/],
    [
      "a bomb's size",
      patched(deflated, central(deflated) + 24, [0, 0, 0, 0x40]),
      /expected a size of at most 1032 times its/,
    ],
    [
      "a checksum that is wrong",
      patched(deflated, central(deflated) + 16, [1, 2, 3, 4]),
      /expected the checksum 04030201, got/,
    ],
    [
      "a size that is too small",
      patched(deflated, central(deflated) + 24, [200, 0]),
      /expected .* bytes|unpacked, got more/,
    ],
    [
      "a size that is too large",
      patched(deflated, central(deflated) + 24, [1, 1]),
      /unpacked, got 256$|of data .* got 129/,
    ],
    [
      "data that is not deflated",
      patched(deflated, 40, [255, 255, 255]),
      /expected deflated data, got|when unpacked|checksum|begins with/,
    ],
    ["more entries than said", patched(stored, -12, [2]), /expected 2 entries in the archive's directory, got 1$/],
    ["a directory elsewhere", patched(stored, -6, [1]), /expected the archive's directory .* to end at byte/],
    [
      "an entry beyond the directory",
      patched(stored, central(stored) + 42, [255, 0]),
      /expected entry "w.npy" .* to end before/,
    ],
    [
      "no entry where it says",
      patched(stored, 0, [0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255]),
      /expected entry "w.npy" at byte 0, within \d+ bytes, got none/,
    ],
    [
      "no end",
      stored.subarray(0, -1),
      /expected the directory of a zip archive at the end, got none: it is truncated$/,
    ],
  ])("with %s", async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  test("whose entries overlap, by which bombs are made", async () => {
    const two = zipSync({ "a.npy": [entry, { level: 0 }], "b.npy": [entry, { level: 0 }] });
    const second = central(two) + 46 + 5;
    expect(await refusal(patched(two, second + 42, [0]))).toMatch(
      /expected entry "\w.npy" at byte 0 to end before byte 0/,
    );
    expect(await refusal(patched(two, second + 46, [0x61]))).toMatch(/expected every entry once, got "a.npy" twice/);
  });

  test("of something else", async () => {
    const torch = zipSync({ "archive/data.pkl": [new Uint8Array(3), { level: 0 }] });
    expect(await refusal(torch)).toMatch(/got one of torch.save: save the weights as safetensors instead$/);
    expect(await refusal(zipSync({ "a.txt": new Uint8Array(3) }))).toMatch(
      /expected a zip archive of NumPy .* got neither$/,
    );
  });

  test("of Keras, compressed, are read within a limit", async () => {
    const weights = fixture("kinds.weights.h5");
    const keras = zipSync({ "model.weights.h5": [weights, { level: 9 }] });
    await expect(openCheckpoint(keras)).resolves.toMatchObject({ format: "keras" });
    const limited = openCheckpoint(keras, { maxWhole: 1000 });
    await expect(limited).rejects.toThrow(/expected at most 1000 bytes \(maxWhole\), or stored without compression/);
  });
});
