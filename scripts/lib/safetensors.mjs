import { readFileSync } from "node:fs";
import { at } from "./paths.mjs";

/** The float32 tensors of a checkpoint of examples/data by name, in float64. */
export function readTensors(file) {
  const bytes = readFileSync(at("examples/data", file));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start));
  return (name) => {
    const { shape, data_offsets } = header[name];
    const [from, to] = data_offsets.map((offset) => offset + start);
    const data = Float64Array.from({ length: (to - from) / 4 }, (_, index) => bytes.readFloatLE(from + 4 * index));
    return { data, shape };
  };
}
