import * as tf from "@tensorflow/tfjs";
import { load } from "spectral-norm";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../ts/checkpoint.js";
import { normalizeCheckpoint, type Repair, stripCheckpoint } from "../../ts/repair.js";
import { contentOf, filesOf } from "./support.js";

const engine = await load();

const specs = [
  { name: "sn/kernel", dtype: "float32", shape: [3, 2] },
  { name: "count", dtype: "int32", shape: [2] },
  { name: "sn/vector_u", dtype: "float32", shape: [1, 2] },
  { name: "labels", dtype: "string", shape: [1] },
  { name: "half", dtype: "float32", shape: [2, 2], quantization: { dtype: "float16" } },
  { name: "bytes", dtype: "float32", shape: [2, 2], quantization: { dtype: "uint8", scale: 0.5, min: -1 } },
] as const;
const data = Uint8Array.from([
  ...new Uint8Array(Float32Array.of(3, 0, 0, 4, 1, 1).buffer),
  ...new Uint8Array(Int32Array.of(7, -7).buffer),
  ...new Uint8Array(Float32Array.of(1, 0).buffer),
  ...[2, 0, 0, 0, 104, 105],
  ...new Uint8Array(Uint16Array.of(0x4000, 0, 0, 0x3c00).buffer),
  ...[0, 2, 4, 6],
]);

/** A model whose weights are in files of so many bytes. */
function model(cut: number) {
  const paths = Array.from({ length: Math.ceil(data.length / cut) }, (_, i) => `group/${i}.bin`);
  const json = { format: "layers-model", modelTopology: { any: [1] }, weightsManifest: [{ paths, weights: specs }] };
  return {
    json,
    source: Buffer.from(JSON.stringify(json)),
    companion: (path: string) => data.subarray(paths.indexOf(path) * cut, (paths.indexOf(path) + 1) * cut),
  };
}

async function decodedBy(repaired: Repair) {
  const files = await filesOf(repaired);
  const json = JSON.parse(Buffer.from(files.get("the bytes") as Uint8Array).toString());
  const [{ paths, weights }] = json.weightsManifest;
  const joined = Buffer.concat(paths.map((path: string) => files.get(path) as Uint8Array));
  const bytes = joined.buffer.slice(joined.byteOffset, joined.byteOffset + joined.length) as ArrayBuffer;
  return { json, decoded: tf.io.decodeWeights(bytes, weights), files };
}

test.each([1000, 26, 7, 1])("stripped, in files of %i bytes, TensorFlow.js reads what is left", async (cut) => {
  const { json: original, source, companion } = model(cut);
  const { json, decoded } = await decodedBy(await stripCheckpoint(source, { companion }));
  expect(json).toEqual({
    ...original,
    weightsManifest: [{ ...original.weightsManifest[0], weights: specs.filter(({ name }) => name !== "sn/vector_u") }],
  });
  const before = tf.io.decodeWeights(data.buffer, specs as unknown as tf.io.WeightsManifestEntry[]);
  expect(Object.keys(decoded)).toEqual(Object.keys(before).filter((name) => name !== "sn/vector_u"));
  for (const [name, tensor] of Object.entries(decoded)) {
    expect(await tensor.data(), name).toEqual(await (before[name] as tf.Tensor).data());
  }
});

test.each([1000, 26, 7, 1])("normalized, in files of %i bytes, only the weights differ", async (cut) => {
  const { source, companion } = model(cut);
  const repaired = await normalizeCheckpoint(engine, source, {
    companion,
    axis: "last",
    only: ({ name }) => name !== "bytes",
  });
  const { decoded, files } = await decodedBy(repaired);
  expect(Buffer.compare(files.get("the bytes") as Uint8Array, source)).toBe(0);
  expect(repaired.tensors.map(({ name }) => name)).toEqual(["sn/kernel", "half"]);
  const kernel = (await decoded["sn/kernel"]?.data()) as Float32Array;
  expect(engine.spectralNorm({ data: kernel.slice(), shape: [3, 2] })).toBeCloseTo(1, 6);
  expect([...((await decoded["half"]?.data()) ?? [])]).toEqual([1, 0, 0, 0.5]);
  expect([...((await decoded["count"]?.data()) ?? [])]).toEqual([7, -7]);
});

test("what is quantized to integers can be another file, not changed in its own", async () => {
  const { source, companion } = model(1000);
  const only = ({ name }: { readonly name: string }) => name === "bytes";
  await expect(normalizeCheckpoint(engine, source, { companion, only })).rejects.toMatchObject({
    code: "OPTION",
    message: expect.stringMatching(/tensor "bytes" expected a tensor of plain floats, .*\.safetensors instead$/),
  });
  const repaired = await normalizeCheckpoint(engine, source, { companion, only, format: "safetensors" });
  expect(repaired.omitted).toEqual([{ name: "labels", dtype: "string", shape: [1], reason: "unsupported" }]);
  const checkpoint = await openCheckpoint(await contentOf(repaired));
  expect(checkpoint.names).toEqual(specs.map(({ name }) => name).filter((name) => name !== "labels"));
  const { data: bytes } = await checkpoint.read("bytes");
  expect(engine.spectralNorm({ data: bytes, shape: [2, 2] })).toBeCloseTo(1, 6);
});
