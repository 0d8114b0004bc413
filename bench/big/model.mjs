/**
 * A model of gigabytes, written by streaming: the shapes of a language model, seeded numbers.
 */
import { closeSync, openSync, writeSync } from "node:fs";

/** @typedef {{ name: string, dtype: "BF16" | "F32", shape: number[] }} Tensor */
/** @typedef {"trained" | "noise"} Spectrum */

const HIDDEN = 3072;
const GATED = 8192;
const KEYS = 1024;
const WORDS = 32_000;

/** Layers of the shapes of a model of 3 billion parameters, the last tenth of them in float32, until the size is reached. */
export function tensorsFor(/** @type {number} */ bytes, shrink = 1) {
  const [hidden, gated, keys, words] = [HIDDEN, GATED, KEYS, WORDS].map((side) => Math.ceil(side / shrink));
  /** @type {Tensor[]} */
  const tensors = [{ name: "model.embed_tokens.weight", dtype: "F32", shape: [words, hidden] }];
  const head = /** @type {Tensor} */ ({ name: "lm_head.weight", dtype: "BF16", shape: [words, hidden] });
  let size = sizeOf(tensors[0]) + sizeOf(head);
  for (let layer = 0; size < bytes; layer++) {
    const dtype = layer % 10 === 9 ? "F32" : "BF16";
    const one = (/** @type {string} */ name, /** @type {number[]} */ shape) => {
      tensors.push({ name: `model.layers.${layer}.${name}.weight`, dtype, shape });
      size += sizeOf(tensors[tensors.length - 1]);
    };
    one("input_layernorm", [hidden]);
    one("self_attn.q_proj", [hidden, hidden]);
    one("self_attn.k_proj", [keys, hidden]);
    one("self_attn.v_proj", [keys, hidden]);
    one("self_attn.o_proj", [hidden, hidden]);
    one("post_attention_layernorm", [hidden]);
    one("mlp.gate_proj", [gated, hidden]);
    one("mlp.up_proj", [gated, hidden]);
    one("mlp.down_proj", [hidden, gated]);
  }
  return [...tensors, head];
}

/** @param {Tensor} tensor */
export function sizeOf({ dtype, shape }) {
  return shape.reduce((product, side) => product * side, 1) * (dtype === "F32" ? 4 : 2);
}

/**
 * Writes the file, a row at a time.
 *
 * @param {string} path
 * @param {readonly Tensor[]} tensors
 * @param {Spectrum} spectrum `"noise"`: as layers are initialized, where the largest singular values crowd together;
 *   `"trained"`: four directions that stand out of it, 8, 6, 5 and 4 times the norm of the noise.
 */
export function writeModel(path, tensors, spectrum) {
  const file = openSync(path, "w");
  try {
    let end = 0;
    const entries = tensors.map(({ name, dtype, shape }) => {
      const begin = end;
      end += sizeOf({ name, dtype, shape });
      return [name, { dtype, shape, data_offsets: [begin, end] }];
    });
    const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
    const header = Buffer.concat([Buffer.alloc(8), text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
    header.writeBigUInt64LE(BigInt(header.length - 8));
    writeSync(file, header);
    for (const [index, tensor] of tensors.entries()) writeTensor(file, tensor, index, spectrum);
  } finally {
    closeSync(file);
  }
}

/** Uniform numbers of deviation 1, from which every row takes its own stretch. */
const POOL = 2 ** 22;
/** @type {Float32Array | undefined} */
let pool;

function seededPool() {
  let state = 1;
  return Float32Array.from({ length: POOL + 2 ** 16 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * Math.sqrt(12);
  });
}

const OUTLIERS = [8, 6, 5, 4];

/** @typedef {{ strength: number, across: Float32Array, turn: number }} Direction */

/** @returns {Direction[]} What stands out of the noise: sines, orthogonal but for a little. */
function directionsOf(/** @type {number} */ rows, /** @type {number} */ columns, /** @type {number} */ seed) {
  const edge = Math.sqrt(rows) + Math.sqrt(columns);
  return OUTLIERS.map((size, k) => ({
    strength: (2 * size * edge) / Math.sqrt(rows * columns),
    across: Float32Array.from({ length: columns }, (_, j) => Math.sin((k + 1) * 0.7 * (j + seed))),
    turn: (k + 1) * 1.3,
  }));
}

/** Noise, and what stands out of it. */
function fillRow(
  /** @type {Float32Array} */ line,
  /** @type {number} */ row,
  /** @type {number} */ seed,
  /** @type {Direction[]} */ directions,
) {
  pool ??= seededPool();
  const start = ((Math.imul(row + 1, 2654435761) + Math.imul(seed, 40503)) >>> 0) % POOL;
  line.set(pool.subarray(start, start + line.length));
  for (const { strength, across, turn } of directions) {
    const factor = strength * Math.sin(turn * (row + 1));
    for (let j = 0; j < line.length; j++) line[j] += factor * across[j];
  }
}

/**
 * @param {number} file
 * @param {Tensor} tensor
 * @param {number} seed
 * @param {Spectrum} spectrum
 */
function writeTensor(file, { dtype, shape }, seed, spectrum) {
  const columns = shape[shape.length - 1];
  const rows = shape.length === 1 ? 1 : shape[0];
  const many = Math.max(1, Math.min(rows, Math.floor(2 ** 20 / columns)));
  const directions = spectrum === "trained" && shape.length > 1 ? directionsOf(rows, columns, seed) : [];
  const block = new Float32Array(many * columns);
  const bits = new Uint32Array(block.buffer);
  const halves = new Uint16Array(block.length);
  for (let row = 0; row < rows; row += many) {
    const length = Math.min(many, rows - row) * columns;
    for (let at = 0; at < length; at += columns) {
      fillRow(block.subarray(at, at + columns), row + at / columns, seed, directions);
    }
    if (dtype === "BF16") for (let i = 0; i < length; i++) halves[i] = bits[i] >>> 16;
    const source = dtype === "BF16" ? halves : block;
    writeSync(file, new Uint8Array(source.buffer, 0, length * source.BYTES_PER_ELEMENT));
  }
}
