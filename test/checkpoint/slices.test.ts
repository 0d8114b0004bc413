import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { audit } from "../../ts/checkpoint/audit.js";
import { bits16, file, float32, float64, RecordingSource, safetensors } from "./writer.js";

const engine = await load();

const values = Array.from({ length: 7 * 11 }, (_, i) => Math.fround(Math.sin(i)));
const halves = Array.from({ length: 7 * 11 }, (_, i) => 0x3000 + 37 * i);
const tensors = {
  bias: float32([5], [1, 2, 3, 4, 5]),
  half: bits16("F16", [7, 11], halves),
  brain: bits16("BF16", [7, 11], halves),
  single: float32([7, 11], values),
  double: float64([7, 11], values),
  "s.parametrizations.weight.0._u": float32([7], [1, 0, 0, 0, 0, 0, 0]),
  "s.parametrizations.weight.0._v": float64([11], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  "s.parametrizations.weight.original": float32([7, 11], values),
};
const isRead = (name: string) => name !== "bias";

describe.each([0, 1, 2, 3, 5])("with the data %i bytes off", (shift) => {
  const plain = safetensors(tensors);
  const headerBytes = Number(new DataView(plain.buffer).getBigUint64(0, true));
  const bytes = safetensors(tensors, shift);
  const dataStart = 8 + headerBytes + shift;

  test.each([8, 10, 13, 64, 1000, 2 ** 22])("slices of %i bytes", async (sliceBytes) => {
    const source = new RecordingSource(bytes);
    const result = await audit(engine, source, { sliceBytes });
    const [look, prefix, header, ...rest] = source.reads;
    expect(look).toEqual({ offset: 0, length: 16 });
    expect(prefix).toEqual({ offset: 0, length: 8 });
    expect(header).toEqual({ offset: 8, length: dataStart - 8 });
    expect(Math.max(...rest.map(({ length }) => length))).toBeLessThanOrEqual(sliceBytes);
    expect(merged(rest)).toEqual(merged(rangesOf(dataStart)));
    expect(rest.reduce((sum, { length }) => sum + length, 0)).toBe(
      merged(rest).reduce((sum, { length }) => sum + length, 0),
    );
    // The numbers do not depend on where a slice ends.
    const whole = await audit(engine, new File([plain], source.name));
    expect(result).toEqual(whole);
  });
});

interface Range {
  readonly offset: number;
  readonly length: number;
}

function rangesOf(dataStart: number): Range[] {
  let offset = dataStart;
  return Object.entries(tensors).flatMap(([name, { bytes }]) => {
    const range = { offset, length: bytes.length };
    offset += bytes.length;
    return isRead(name) ? [range] : [];
  });
}

/** Ranges in order, those that touch or overlap as one. */
function merged(ranges: readonly Range[]): Range[] {
  const result: { offset: number; length: number }[] = [];
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    if (last !== undefined && offset <= last.offset + last.length) {
      last.length = Math.max(last.length, offset + length - last.offset);
    } else {
      result.push({ offset, length });
    }
  }
  return result;
}

test("a terabyte that is not audited is not read", async () => {
  const terabyte = 2 ** 40;
  const weight = float32([1, 2], [3, 4]);
  const header = JSON.stringify({
    w: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
    table: { dtype: "I8", shape: [terabyte], data_offsets: [8, 8 + terabyte] },
  });
  const start = file(header, weight.bytes);
  const source = new RecordingSource(start, start.length + terabyte);
  expect((await audit(engine, source)).tensors).toMatchObject([{ frobeniusNorm: 5 }]);
  // And the first sixteen bytes once more, to see what format it is.
  expect(source.reads.reduce((sum, { length }) => sum + length, 0)).toBe(16 + start.length);
});

test("by default at most 4 MiB at a time, in whole rows", async () => {
  const shape = [1024, 2049];
  const bytes = safetensors({ w: { dtype: "BF16", shape, bytes: new Uint8Array(2 * 1024 * 2049) } });
  const source = new RecordingSource(bytes);
  await audit(engine, source);
  expect(source.reads.slice(3).map((read) => read.length)).toEqual([1023 * 2 * 2049, 2 * 2049]);
});

test("memory that grows between two slices does no harm", async () => {
  const other: { free(): void }[] = [];
  const source = new RecordingSource(safetensors({ w: float32([2, 4], [3, 0, 0, 0, 0, 0, 0, 4]) }));
  const growing = {
    name: source.name,
    size: source.size,
    read(offset: number, length: number) {
      other.push(engine.matrix([1024, 1024 * other.length + 1]));
      return source.read(offset, length);
    },
  };
  const { tensors: rows } = await audit(engine, growing, { sliceBytes: 8 });
  for (const handle of other) handle.free();
  expect(rows).toMatchObject([{ frobeniusNorm: 5 }]);
  expect(rows[0]?.spectralNorm).toBeCloseTo(4, 6);
});

test("a source that fails gives the memory back", async () => {
  const source = new RecordingSource(safetensors({ w: float32([1024, 1024], Array(2 ** 20).fill(1)) }));
  let reads = 0;
  const failing = {
    name: source.name,
    size: source.size,
    read: (offset: number, length: number) =>
      ++reads % 4 === 0 ? Promise.reject(new Error("the cable")) : source.read(offset, length),
  };
  // 4 MiB each time: 2,000 times would not fit if they stayed.
  for (let i = 0; i < 2000; i++) {
    await expect(audit(engine, failing, { sliceBytes: 8 })).rejects.toThrow("the cable");
  }
  expect(engine.spectralNorm([[3, 4]])).toBeCloseTo(5, 6);
});
