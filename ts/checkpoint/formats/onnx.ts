/**
 * ONNX: a protobuf message whose graph has tensors, called initializers.
 *
 * @module
 */
import { FormatError } from "../../engine/errors.js";
import { readTensorProto } from "../onnx/tensor-proto.js";
import { type Field, fieldsOf, type Message, stringOf } from "../onnx/wire.js";
import { paged } from "../sources/pages.js";
import type { ByteSource } from "../sources/source.js";
import type { Tensor } from "../tensor.js";
import { type Contents, checkNames, type Surroundings, unread } from "./format.js";

// ModelProto
const IR_VERSION = 1;
const PRODUCER_NAME = 2;
const PRODUCER_VERSION = 3;
const GRAPH = 7;
const METADATA = 14;
// GraphProto
const INITIALIZER = 5;
const SPARSE_INITIALIZER = 15;
// SparseTensorProto
const VALUES = 1;

/**
 * Whether a file begins as models do, with their version; the format has no signature.
 *
 * @param bytes The first 8.
 */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  // A safetensors header of so few bytes as to begin alike goes on with zeros, which is no field.
  return bytes.length >= 3 && bytes[0] === 8 * IR_VERSION && (bytes[1] as number) < 0x80 && bytes[2] !== 0;
}

/** The initializers of the graph: not those of graphs within it, nor constants among its nodes. */
export async function readOnnx(source: ByteSource, surroundings: Surroundings): Promise<Contents> {
  const pages = paged(source);
  const metadata: Record<string, string> = {};
  let graph: Field | undefined;
  for await (const field of fieldsOf({ source: pages, start: 0, end: source.size })) {
    if (field.number === GRAPH) {
      if (graph !== undefined)
        throw new FormatError(`${source.name}: expected one graph, got another at ${field.start}`);
      graph = field;
    } else if (field.number === PRODUCER_NAME) metadata["producer_name"] = await stringOf(pages, field);
    else if (field.number === PRODUCER_VERSION) metadata["producer_version"] = await stringOf(pages, field);
    else if (field.number === METADATA) Object.assign(metadata, await pairOf(pages, field));
  }
  if (graph === undefined || !graph.hasLength) {
    throw new FormatError(`${source.name}: expected a model of ONNX with a graph in field ${GRAPH}, got none`);
  }
  const tensors = await initializersOf({ source: pages, start: graph.start, end: graph.end }, surroundings);
  return { format: "onnx", metadata, tensors };
}

async function pairOf(source: ByteSource, { start, end }: Field): Promise<Record<string, string>> {
  const parts: Record<number, string> = {};
  for await (const field of fieldsOf({ source, start, end })) parts[field.number] = await stringOf(source, field);
  return Object.fromEntries([[parts[1] ?? "", parts[2] ?? ""]]);
}

async function initializersOf(graph: Message, surroundings: Surroundings): Promise<Tensor[]> {
  const { source } = graph;
  const tensors: Tensor[] = [];
  for await (const { number, hasLength, start, end } of fieldsOf(graph)) {
    if (number !== INITIALIZER && number !== SPARSE_INITIALIZER) continue;
    if (!hasLength) throw new FormatError(`${source.name}: expected a tensor at byte ${start}, got a number`);
    const message = { source, start, end };
    if (number === INITIALIZER) tensors.push(await readTensorProto(message, surroundings));
    else tensors.push(...(await sparse(message, surroundings)));
  }
  checkNames(source.name, tensors);
  return tensors;
}

/** Known by the tensor of its values, whose name is its own. */
async function sparse(message: Message, surroundings: Surroundings): Promise<Tensor[]> {
  const tensors: Tensor[] = [];
  for await (const { number, start, end } of fieldsOf(message)) {
    if (number !== VALUES) continue;
    const { name, dtype, shape } = await readTensorProto({ source: message.source, start, end }, surroundings);
    tensors.push(unread(name, `sparse ${dtype}`, shape));
  }
  return tensors;
}
