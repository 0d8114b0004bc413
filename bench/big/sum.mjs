/**
 * Reads every tensor of a safetensors file and sums its numbers, 4 MiB at a time, the next being read meanwhile: what reading a
 * model costs whoever looks at all of it once.
 */
import { open } from "node:fs/promises";

const SLICE = 4 * 2 ** 20;

const path = process.argv[2];
const file = await open(path, "r");
const prefix = Buffer.alloc(8);
await file.read(prefix, 0, 8, 0);
const length = Number(prefix.readBigUInt64LE());
const text = Buffer.alloc(length);
await file.read(text, 0, length, 8);
/** @type {Record<string, { dtype: string, data_offsets: [number, number] }>} */
const header = JSON.parse(text.toString());

const scratch = new Float32Array(SLICE / 2);
const scratchBits = new Uint32Array(scratch.buffer);

function sumSingles(/** @type {Float32Array} */ numbers) {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = numbers.length - (numbers.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += numbers[i];
    b += numbers[i + 1];
    c += numbers[i + 2];
    d += numbers[i + 3];
  }
  for (let i = whole; i < numbers.length; i++) a += numbers[i];
  return a + b + c + d;
}

function sumBrains(/** @type {Uint16Array} */ halves) {
  const pairs = new Uint32Array(halves.buffer, halves.byteOffset, halves.length >> 1);
  for (let i = 0; i < pairs.length; i++) {
    scratchBits[2 * i] = pairs[i] << 16;
    scratchBits[2 * i + 1] = pairs[i] & 0xffff0000;
  }
  return sumSingles(scratch.subarray(0, 2 * pairs.length));
}

const buffers = [Buffer.alloc(SLICE), Buffer.alloc(SLICE)];
let sum = 0;
let bytes = 0;
const start = performance.now();
for (const { dtype, data_offsets } of Object.values(header)) {
  const [from, to] = data_offsets;
  const read = (/** @type {number} */ at, /** @type {number} */ turn) =>
    file.read(buffers[turn % 2], 0, Math.min(SLICE, to - at), 8 + length + at);
  let next = read(from, 0);
  for (let at = from, turn = 0; at < to; at += SLICE, turn++) {
    const { buffer, bytesRead } = await next;
    if (at + SLICE < to) next = read(at + SLICE, turn + 1);
    const { byteOffset } = buffer;
    sum +=
      dtype === "BF16"
        ? sumBrains(new Uint16Array(buffer.buffer, byteOffset, bytesRead / 2))
        : sumSingles(new Float32Array(buffer.buffer, byteOffset, bytesRead / 4));
    bytes += bytesRead;
  }
}
const seconds = (performance.now() - start) / 1000;
await file.close();
process.stdout.write(`${JSON.stringify({ seconds, bytes, sum, peak: process.resourceUsage().maxRSS * 1024 })}\n`);
