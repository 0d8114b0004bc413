import { PbfWriter } from "pbf";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { refusal } from "./lies.js";

describe("ONNX", () => {
  type Write = (tensor: PbfWriter) => void;
  /** A model of one tensor; pbf, which reads the package's models, writes these. */
  function model(write: Write, before = 8): Uint8Array {
    const pbf = new PbfWriter();
    pbf.writeVarintField(1, before);
    pbf.writeMessage(
      7,
      (_: undefined, graph: PbfWriter) => graph.writeMessage(5, (__: undefined, t: PbfWriter) => write(t), undefined),
      undefined,
    );
    return pbf.finish();
  }
  const head = (tensor: PbfWriter, dims: number[], type = 1, name = "w") => {
    tensor.writePackedVarint(1, dims);
    tensor.writeVarintField(2, type);
    tensor.writeStringField(8, name);
  };
  const raw = (size: number) => (tensor: PbfWriter) => tensor.writeBytesField(9, new Uint8Array(size));
  const external = (entries: Readonly<Record<string, string>>) => (tensor: PbfWriter) => {
    head(tensor, [2]);
    for (const [key, value] of Object.entries(entries)) {
      tensor.writeMessage(
        13,
        (_: undefined, entry: PbfWriter) => {
          entry.writeStringField(1, key);
          entry.writeStringField(2, value);
        },
        undefined,
      );
    }
    tensor.writeVarintField(14, 1);
  };

  test("is right but for one thing", async () => {
    const right = model((tensor) => {
      head(tensor, [2]);
      raw(8)(tensor);
    });
    await expect(openCheckpoint(right)).resolves.toMatchObject({
      format: "onnx",
      tensors: [{ name: "w", shape: [2] }],
    });
    const elsewhere = model(external({ location: "w.bin", offset: "4", length: "8" }));
    await expect(openCheckpoint(elsewhere, { companion: () => new Uint8Array(12) })).resolves.toMatchObject({
      names: ["w"],
    });
  });

  test.each<[string, Write, RegExp]>([
    ["no name", (tensor) => raw(8)(tensor), /expected a name of the tensor at byte \d+$/],
    ["an unknown type", (tensor) => head(tensor, [2], 99), /tensor "w": "data_type" expected 1 to 26, got 99/],
    [
      "a negative size",
      (tensor) => head(tensor, [-2]),
      /"shape" expected an array of non-negative integers, got \[-2\]/,
    ],
    ["a huge size", (tensor) => head(tensor, [2 ** 40, 2 ** 40]), /fewer than 2\^53 bits/],
    ["no data", (tensor) => head(tensor, [2]), /expected 8 bytes in the list of its numbers for its shape, got 0/],
    [
      "too little data",
      (tensor) => [head(tensor, [2]), raw(7)(tensor)],
      /expected 8 bytes in raw_data for its shape, got 7/,
    ],
    [
      "its data twice",
      (tensor) => [head(tensor, [2]), raw(8)(tensor), raw(8)(tensor)],
      /expected field 9 of a tensor once/,
    ],
    [
      "data in two places",
      (tensor) => [head(tensor, [2]), raw(8)(tensor), tensor.writePackedFloat(4, [1, 2])],
      /in one place/,
    ],
    [
      "data of another type",
      (tensor) => [head(tensor, [2], 11), tensor.writePackedFloat(4, [1, 2])],
      /numbers of F64 in field 10, got field 4/,
    ],
    [
      "too few halves",
      (tensor) => [head(tensor, [2], 10), tensor.writePackedVarint(5, [1])],
      /expected 2 integers in int32_data, got 1/,
    ],
    [
      "halves of 17 bits",
      (tensor) => [head(tensor, [1], 10), tensor.writePackedVarint(5, [65536])],
      /expected integers below 65536, got 65536/,
    ],
    [
      "a part of a tensor",
      (tensor) => [head(tensor, [2]), tensor.writeBytesField(3, new Uint8Array(2))],
      /expected a whole tensor, got a segment/,
    ],
    ["a way out", external({ location: "../w.bin" }), /"location" expected a relative path .* got "\.\.\/w\.bin"/],
    ["an absolute path", external({ location: "/etc/passwd" }), /"location" expected a relative path/],
    ["no path", external({ offset: "0" }), /"location" expected a relative path .* got undefined/],
    [
      "a length that lies",
      external({ location: "w.bin", length: "9" }),
      /"length" expected 8 bytes for its shape, got 9/,
    ],
    [
      "an offset beyond the end",
      external({ location: "w.bin", offset: "8" }),
      /"offset" expected bytes 8 to 16 within .*, got a file of 12/,
    ],
    [
      "an offset that is none",
      external({ location: "w.bin", offset: "-4" }),
      /"offset" expected a non-negative integer, got "-4"/,
    ],
    [
      "an offset of 2^64",
      external({ location: "w.bin", offset: `${2n ** 64n}` }),
      /"offset" expected a non-negative integer/,
    ],
  ])("with %s", async (_, write, message) => {
    expect(
      await refusal(
        model((tensor) => void write(tensor)),
        () => new Uint8Array(12),
      ),
    ).toMatch(message);
  });

  test("without a graph, with two, or with fields that reach beyond", async () => {
    expect(await refusal(new Uint8Array([8, 8, 16 + 2, 1, 65]))).toMatch(
      /expected a model of ONNX with a graph in field 7, got none/,
    );
    expect(await refusal(new Uint8Array([8, 8, 58, 0, 58, 0]))).toMatch(/expected one graph, got another at 6/);
    expect(await refusal(new Uint8Array([8, 8, 58, 100]))).toMatch(
      /expected field 7 at byte 2 to end within its message/,
    );
    expect(await refusal(new Uint8Array([8, 8, 59]))).toMatch(
      /expected a field of protobuf at byte 2, got wire type 3/,
    );
    expect(await refusal(new Uint8Array([8, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]))).toMatch(
      /expected an integer of protobuf below 2\^53 at byte 2/,
    );
  });
});
