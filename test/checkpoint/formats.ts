/**
 * Writes the same tensors in every format for which that takes a few lines. HDF5 is written by its own library, in
 * test/fixtures/models.py.
 */
import { zipSync } from "fflate";
import { PbfWriter } from "pbf";
import type { CheckpointOptions, CheckpointSource } from "../../ts/checkpoint.js";
import { safetensors, type Written } from "./writer.js";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Written>>;

/** A file, and what opens it. */
export interface Opening {
  readonly source: CheckpointSource;
  readonly options?: CheckpointOptions;
}

/** A format and the types that it has. */
export interface Writer {
  readonly dtypes: readonly string[];
  readonly write: (tensors: Tensors) => Opening;
}

const numpyTypes: Readonly<Record<string, string>> = { F64: "<f8", F32: "<f4", F16: "<f2" };
const onnxTypes: Readonly<Record<string, number>> = { F64: 11, F32: 1, F16: 10, BF16: 16, F8_E4M3: 17, F8_E5M2: 19 };
const all = Object.keys(onnxTypes);

/** An array as NumPy saves it. */
export function npy({ dtype, shape, bytes }: Written): Uint8Array {
  const sides = shape.map((side) => `${side},`).join("");
  const header = `{'descr': '${numpyTypes[dtype]}', 'fortran_order': False, 'shape': (${sides}), }`;
  const padded = `${header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11)}\n`;
  const start = Uint8Array.of(0x93, ...Buffer.from("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8);
  return new Uint8Array(Buffer.concat([start, Buffer.from(padded), bytes]));
}

function onnx(tensors: Tensors): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, 10);
  pbf.writeMessage(
    7,
    (_, graph) => {
      for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
        graph.writeMessage(
          5,
          (_unused, tensor) => {
            tensor.writePackedVarint(1, [...shape]);
            tensor.writeVarintField(2, onnxTypes[dtype] ?? 0);
            tensor.writeStringField(8, name);
            tensor.writeBytesField(9, bytes);
          },
          undefined,
        );
      }
    },
    undefined,
  );
  return pbf.finish();
}

function tfjs(tensors: Tensors): Opening {
  const weights = Object.entries(tensors).map(([name, { dtype, shape }]) => ({
    ...{ name, shape, dtype: "float32" },
    ...(dtype === "F16" ? { quantization: { dtype: "float16" } } : {}),
  }));
  const json = Buffer.from(JSON.stringify([{ paths: ["weights.bin"], weights }]));
  const data = Buffer.concat(Object.values(tensors).map(({ bytes }) => bytes));
  return { source: new Uint8Array(json), options: { companion: () => new Uint8Array(data) } };
}

function sharded(tensors: Tensors): Opening {
  const names = Object.keys(tensors);
  const weightMap = Object.fromEntries(names.map((name, index) => [name, `${index % 3}.safetensors`]));
  const companion = (file: string) =>
    safetensors(Object.fromEntries(Object.entries(tensors).filter(([name]) => weightMap[name] === file)));
  return { source: new Uint8Array(Buffer.from(JSON.stringify({ weight_map: weightMap }))), options: { companion } };
}

const zipped = (tensors: Tensors, level: 0 | 6) =>
  zipSync(Object.fromEntries(Object.entries(tensors).map(([name, one]) => [`${name}.npy`, npy(one)])), { level });

/** The formats. */
export const writers: Readonly<Record<string, Writer>> = {
  safetensors: { dtypes: all, write: (tensors) => ({ source: safetensors(tensors) }) },
  "safetensors in shards": { dtypes: all, write: sharded },
  "npz, stored": { dtypes: Object.keys(numpyTypes), write: (tensors) => ({ source: zipped(tensors, 0) }) },
  "npz, deflated": { dtypes: Object.keys(numpyTypes), write: (tensors) => ({ source: zipped(tensors, 6) }) },
  onnx: { dtypes: all, write: (tensors) => ({ source: onnx(tensors) }) },
  "TensorFlow.js": { dtypes: ["F32", "F16"], write: tfjs },
};
