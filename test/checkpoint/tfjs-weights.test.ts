import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";

/** A manifest of one group, its data cut into files of `cut` bytes. */
function model(weights: readonly object[], data: Uint8Array, cut: number) {
  const paths = Array.from({ length: Math.max(1, Math.ceil(data.length / cut)) }, (_, i) => `group/${i}.bin`);
  const companion = (path: string) => {
    const index = paths.indexOf(path);
    return data.subarray(index * cut, (index + 1) * cut);
  };
  const json = { format: "layers-model", generatedBy: "keras v2", weightsManifest: [{ paths, weights }] };
  return {
    json: Buffer.from(JSON.stringify(json)),
    bare: Buffer.from(JSON.stringify(json.weightsManifest)),
    companion,
  };
}

const quantization = {
  uint8: { dtype: "uint8", scale: 0.1, min: -3.7 },
  uint16: { dtype: "uint16", scale: 1e-4, min: 2 },
};
const specs = [
  { name: "plain", dtype: "float32", shape: [2, 3] },
  { name: "bytes", dtype: "float32", shape: [16, 16], quantization: quantization.uint8 },
  { name: "words", dtype: "float32", shape: [3], quantization: quantization.uint16 },
  { name: "half", dtype: "float32", shape: [2, 2], quantization: { dtype: "float16" } },
  { name: "count", dtype: "int32", shape: [2] },
  { name: "flags", dtype: "bool", shape: [3] },
  { name: "labels", dtype: "string", shape: [2] },
  { name: "scalar", dtype: "float32", shape: [] },
] as const;

const halves = Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff);
const label = (text: string) => [text.length, 0, 0, 0, ...Buffer.from(text)];
const data = Uint8Array.from([
  ...new Uint8Array(Float32Array.of(1, -2.5, 3e38, 2 ** -149, 0, -0).buffer),
  ...Array.from({ length: 256 }, (_, i) => i),
  ...new Uint8Array(Uint16Array.of(0, 12345, 65535).buffer),
  ...new Uint8Array(halves.buffer),
  ...new Uint8Array(Int32Array.of(7, -7).buffer),
  ...[1, 0, 1],
  ...[...label("one"), ...label("")],
  ...new Uint8Array(Float32Array.of(0.1).buffer),
]);

test.each([data.length, 1000, 100, 7, 1])(
  "weights in files of %i bytes are TensorFlow.js's own, bit by bit",
  async (cut) => {
    const { json, bare, companion } = model(specs, data, cut);
    const decoded = tf.io.decodeWeights(data.buffer, specs as unknown as tf.io.WeightsManifestEntry[]);
    for (const source of [json, bare]) {
      const checkpoint = await openCheckpoint(source, { companion });
      expect(checkpoint.format).toBe("tfjs");
      expect(checkpoint.metadata).toEqual(source === json ? { format: "layers-model", generatedBy: "keras v2" } : {});
      expect(checkpoint.names).toEqual(specs.map(({ name }) => name));
      expect(checkpoint.tensors.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
        "plain F32",
        "bytes F32",
        "words F32",
        "half F16",
        "scalar F32",
      ]);
      expect(checkpoint.skipped.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
        "count integer",
        "flags integer",
        "labels unsupported",
      ]);
      for (const { name, shape } of checkpoint.tensors) {
        const read = await checkpoint.read(name, { bytes: 8 });
        expect(read.shape).toEqual(shape);
        expect(read.data, name).toEqual(decoded[name]?.dataSync());
      }
    }
  },
);

test("a model that TensorFlow.js saves", async () => {
  const layers = [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.dense({ units: 1 })];
  const sequential = tf.sequential({ layers });
  let saved: tf.io.ModelArtifacts | undefined;
  await sequential.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  const weights = new Uint8Array(saved?.weightData as ArrayBuffer);
  const { json, companion } = model(saved?.weightSpecs ?? [], weights, weights.length);
  const checkpoint = await openCheckpoint(json, { companion });
  const expected = sequential.getWeights().map((tensor) => [...tensor.dataSync()]);
  const read = await Promise.all(checkpoint.tensors.map(async ({ name }) => [...(await checkpoint.read(name)).data]));
  expect(read).toEqual(expected);
});

const float = { name: "w", dtype: "float32", shape: [2] };

test.each<[string, unknown, number, RegExp]>([
  ["no array", { weightsManifest: {} }, 8, /"weightsManifest" expected an array, got {}/],
  ["no weights", [{ paths: ["a"] }], 8, /JSON, which was expected to be .*"weightsManifest"/],
  ["no paths", { weightsManifest: [{ weights: [float] }] }, 8, /"weightsManifest\[0\]" expected { paths, weights }/],
  ["no name", [{ paths: ["a"], weights: [{ dtype: "float32", shape: [2] }] }], 8, /"weights" expected a name, got/],
  [
    "a type",
    [{ paths: ["a"], weights: [{ ...float, dtype: "float8" }] }],
    8,
    /"dtype" expected one of float32, .*string, got/,
  ],
  ["a shape", [{ paths: ["a"], weights: [{ ...float, shape: [-2] }] }], 8, /"shape" expected an array of non-negative/],
  [
    "a huge shape",
    [{ paths: ["a"], weights: [{ ...float, shape: [2 ** 40] }] }],
    8,
    /expected bytes 0 to 4398046511104 within/,
  ],
  ["the same name", [{ paths: ["a"], weights: [float, float] }], 16, /expected every tensor once, got "w" twice/],
  ["too little data", [{ paths: ["a"], weights: [float] }], 7, /expected bytes 0 to 8 within its files, got 7 bytes/],
  ["too much data", [{ paths: ["a"], weights: [float] }], 9, /"paths" expected 8 bytes in all for the weights, got 9/],
  [
    "a scale",
    [{ paths: ["a"], weights: [{ ...float, quantization: { dtype: "uint8", scale: "1", min: 0 } }] }],
    2,
    /"quantization" expected float16, or/,
  ],
  [
    "long strings",
    [{ paths: ["a"], weights: [{ ...float, dtype: "string" }] }],
    8,
    /expected bytes|expected strings within 8/,
  ],
  [
    "many strings",
    [{ paths: ["a"], weights: [{ ...float, dtype: "string", shape: [2 ** 30] }] }],
    8,
    /at most 1000000 strings/,
  ],
  ...["../a", "/a", "a//b", "./a", "C:a", "a\\b", "a\u0000", "", "http://localhost/a"].map(
    (path) =>
      [
        `the path ${JSON.stringify(path)}`,
        [{ paths: [path], weights: [float] }],
        8,
        /"paths" expected a relative path/,
      ] as [string, unknown, number, RegExp],
  ),
])("a manifest that lies: %s", async (_, json, size, message) => {
  const opening = openCheckpoint(Buffer.from(JSON.stringify(json)), {
    companion: () => new Uint8Array(size).fill(255),
  });
  await expect(opening).rejects.toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
});
