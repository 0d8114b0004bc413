import { describe, expect, test } from "vitest";
import { refusal } from "./lies.js";
import { float32, safetensors } from "./writer.js";

describe("an index of shards", () => {
  const shard = safetensors({ w: float32([1, 2], [3, 4]), b: float32([1], [5]) });
  const index = (json: object) => Buffer.from(JSON.stringify(json));
  const both = { w: "1.safetensors", b: "1.safetensors" };

  test.each<[string, object, RegExp]>([
    ["no object", { weight_map: [] }, /"weight_map" expected an object, got \[\]/],
    ["no file", { weight_map: { w: 1 } }, /"weight_map": "w" expected a relative path of plain names.*got 1/],
    ["no files", { weight_map: { w: [] } }, /"weight_map": "w" expected a file, got none/],
    ["a way out", { weight_map: { w: "../1.safetensors" } }, /expected a relative path .* got "\.\.\/1\.safetensors"/],
    ["an absolute path", { weight_map: { w: "/etc/passwd" } }, /expected a relative path/],
    [
      "a tensor that is nowhere",
      { weight_map: { ...both, v: "1.safetensors" } },
      /expected "v" in "1.safetensors", got no such name/,
    ],
    [
      "a tensor too few",
      { weight_map: { w: "1.safetensors" } },
      /"weight_map" expected "b" of "1.safetensors", got no/,
    ],
    [
      "a tensor twice",
      { weight_map: { w: "1.safetensors", b: "2.safetensors" } },
      /expected every tensor once, got "w" twice/,
    ],
    ["a shard that is none", { weight_map: { w: "1.h5" } }, /expected HDF5, which begins with/],
  ])("with %s", async (_, json, message) => {
    expect(await refusal(index(json), () => shard)).toMatch(message);
  });

  test("in JSON that is cut, not UTF-8, repeats a name, or is a thousand times nested", async () => {
    expect(await refusal(Buffer.from('{"weight_map": {'))).toMatch(/expected JSON, got a syntax error/);
    expect(await refusal(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toMatch(/expected JSON in UTF-8/);
    expect(await refusal(Buffer.from('{"weight_map": {"w": "a", "w": "b"}}'))).toMatch(/got "w" twice/);
    const deep = `{"weight_map": ${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
    expect(await refusal(Buffer.from(deep))).toMatch(/"weight_map" expected an object, got \[/);
  });
});
