import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, audit } from "../../ts/checkpoint/audit.js";
import { contributionOf } from "../../ts/checkpoint/streamed/product.js";
import { operators } from "./operators.js";
import { bits16, float32, float64, RecordingSource, safetensors, type Written } from "./writer.js";

const engine = await load();

/** Seeded numbers between −1 and 1 whose first singular value stands out. */
function numbers(rows: number, columns: number, seed = 1): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return Math.fround(Math.sin((at + seed) * (at + 3)) / 2 + Math.cos(row) * Math.cos(2 * column));
  });
}

const auditOf = (tensors: Readonly<Record<string, Written>>, options: AuditOptions = {}) =>
  audit(engine, safetensors(tensors), { operators, ...options });
const close = (value: number | null | undefined, expected: number | null | undefined, tolerance: number) =>
  expect(Math.abs((value ?? Number.NaN) / (expected ?? Number.NaN) - 1)).toBeLessThan(tolerance);

const kinds: Readonly<Record<string, { tensor: Written; axis?: 0 | 1 | "last" }>> = {
  tall: { tensor: float32([90, 20], numbers(90, 20)) },
  wide: { tensor: float32([20, 90], numbers(20, 90)) },
  double: { tensor: float64([40, 30], numbers(40, 30)) },
  brain: {
    tensor: bits16(
      "BF16",
      [33, 21],
      Array.from({ length: 693 }, (_, i) => 0x3f00 + ((i * 7919) % 251)),
    ),
  },
  kernel: { tensor: float32([8, 6, 3, 5], numbers(8, 90)) },
  "kernel of Keras": { tensor: float32([3, 5, 6, 8], numbers(90, 8)), axis: "last" },
  "kernel of a transposed convolution": { tensor: float32([6, 8, 3, 5], numbers(90, 8)), axis: 1 },
};

describe.each(Object.entries(kinds))("a weight that stays in its file: %s", (_, { tensor, axis = 0 }) => {
  // One entry more than a row, some rows, several at once, and everything at once.
  test.each([8, 100, 1000, 2 ** 22])("equals the one in memory, by blocks of %i bytes", async (sliceBytes) => {
    const options: AuditOptions = { axis, sliceBytes, detail: {} };
    const [[resident], [streamed]] = [
      (await auditOf({ w: tensor }, options)).tensors,
      (await auditOf({ w: tensor }, { ...options, memory: 0 })).tensors,
    ];
    expect(streamed).toMatchObject({ axis: resident?.axis, converged: true, error: null, certainty: "cheap" });
    close(streamed?.spectralNorm, resident?.spectralNorm, 1e-12);
    close(streamed?.frobeniusNorm, resident?.frobeniusNorm, 1e-12);
    close(streamed?.stableRank, resident?.stableRank, 1e-12);
    // The interval holds what is known to be true: the one with proof, which is far narrower.
    expect(streamed?.lower).toBeLessThanOrEqual(resident?.upper as number);
    expect(streamed?.upper).toBeGreaterThanOrEqual(resident?.lower as number);
    close(streamed?.lower, resident?.lower, 1e-6);
    expect(resident?.note).toBeNull();
    expect(streamed?.note).toMatch(
      /^it takes 1 MiB and more in memory, so that it stayed in its file, of which what does not fit was read \d+/,
    );
  });
});

describe("passes over the file", () => {
  const w = float32([64, 48], numbers(64, 48));

  test("are one for each pass of the search and one for its start, whatever the size of blocks", async () => {
    const looks = await Promise.all(
      [48 * 4 * 5, 48 * 4 * 64].map(async (sliceBytes) => {
        const source = new RecordingSource(safetensors({ w }));
        const { tensors } = await audit(engine, source, { operators, memory: 0, sliceBytes });
        const body = source.reads.filter(({ offset }) => offset >= source.size - w.bytes.length);
        const bytes = body.reduce((sum, { length }) => sum + length, 0);
        const [row] = tensors;
        expect(row?.note).toContain(`read ${(row?.iterations ?? 0) + 1} times over`);
        // Of the first block, which tells how the file is cut, and what was read ahead of it.
        expect(bytes / w.bytes.length - (row?.iterations ?? 0) - 1).toBeLessThan(1.01);
        return row?.iterations;
      }),
    );
    expect(looks[0]).toBe(looks[1]);
    expect(looks[0]).toBeLessThan(40);
  });

  test("where a row is longer than a block they are two", async () => {
    const { tensors } = await auditOf({ w }, { memory: 0, sliceBytes: 64 });
    const [row] = tensors;
    const looks = Number(/read (\d+) times/.exec(row?.note ?? "")?.[1]);
    expect(looks).toBe(2 * (row?.iterations ?? 0) + 1);
  });
});

test("the same bits come out again, and of blocks that were multiplied elsewhere", async () => {
  const w = float32([50, 30], numbers(50, 30));
  const options: AuditOptions = { memory: 0, sliceBytes: 30 * 4 * 7, detail: {} };
  const first = await auditOf({ w }, options);
  expect(await auditOf({ w }, options)).toEqual(first);
  const x = Float64Array.from({ length: 30 }, (_, i) => Math.cos(i));
  const data = Float32Array.from(numbers(50, 30));
  const here = contributionOf(engine, { data, shape: [50, 30] }, x, false, 1);
  const matrix = engine.matrix([50, 30]);
  matrix.set(data);
  expect(contributionOf(engine, matrix, x, false, 1)).toEqual(here);
  matrix.free();
  expect(here.image).toEqual(engine.multiply({ data, shape: [50, 30] }, x));
  const flipped = contributionOf(engine, { data, shape: [50, 30] }, here.image, true, 1);
  expect(flipped.image).toEqual(here.back);
});

describe("numbers at the ends of their types", () => {
  test.each([1e150, 1e250, 1e300, 1e-150, 1e-250, 1e-290])("entries near %d", async (size) => {
    const scaled = float64(
      [40, 30],
      numbers(40, 30).map((entry) => entry * size),
    );
    const [[resident], [streamed]] = [
      (await auditOf({ w: scaled })).tensors,
      (await auditOf({ w: scaled }, { memory: 0, detail: {} })).tensors,
    ];
    close(streamed?.spectralNorm, resident?.spectralNorm, 1e-12);
    close(streamed?.frobeniusNorm, resident?.frobeniusNorm, 1e-12);
    expect(streamed?.lower).toBeLessThanOrEqual((resident?.spectralNorm as number) * (1 + 1e-12));
    expect(streamed?.upper).toBeGreaterThanOrEqual((resident?.spectralNorm as number) * (1 - 1e-12));
  });

  test("a weight of zeros", async () => {
    const { tensors } = await auditOf({ w: float32([5, 4], Array(20).fill(0)) }, { memory: 0, detail: {} });
    expect(tensors).toMatchObject([{ spectralNorm: 0, frobeniusNorm: 0, stableRank: 0, lower: 0, upper: 0 }]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "%d is named by its place in the whole, whatever the block",
    async (wrong) => {
      const entries = numbers(40, 30);
      entries[30 * 17 + 5] = wrong;
      for (const sliceBytes of [64, 30 * 4 * 4, 2 ** 22]) {
        const { tensors } = await auditOf({ w: float32([40, 30], entries) }, { memory: 0, sliceBytes });
        const message = `"w" expected finite entries, got ${wrong} in row 17, column 5`;
        expect(tensors).toMatchObject([{ spectralNorm: null, error: { code: "NON_FINITE", message } }]);
      }
    },
  );
});

describe("what is stored beside a weight that stays in its file", () => {
  const entries = numbers(4, 3);
  const unit = (length: number) =>
    float32(
      [length],
      Array.from({ length }, (_, i) => (i === 1 ? 1 : 0)),
    );

  test("PyTorch's σ is the same", async () => {
    const tensors = { "a.weight_orig": float32([4, 3], entries), "a.weight_u": unit(4), "a.weight_v": unit(3) };
    const { tensors: rows } = await auditOf(tensors, { memory: 0 });
    expect(rows[0]).toMatchObject({ storedSigma: entries[4], normalization: "torch-hook" });
  });

  test.each([
    ["Keras", "sn/kernel", "sn/vector_u"],
    ["Flax", "params/a/kernel", "batch_stats/a/kernel/u"],
  ])("the step from the vector of %s is the same", async (_, kernel, vector) => {
    const tensors = { [kernel]: float32([400, 300], numbers(400, 300)), [vector]: float32([1, 300], numbers(1, 300)) };
    const [inFile, inMemory] = await Promise.all([0, 1e9].map((memory) => auditOf(tensors, { memory })));
    close(inFile?.tensors[0]?.storedSigma, inMemory?.tensors[0]?.storedSigma, 1e-13);
    expect(inFile?.tensors[0]?.normalization).toBe(inMemory?.tensors[0]?.normalization);
  });

  test("a kernel of more dimensions is stepped along the last axis, or the row says that it is not", async () => {
    const tensors = {
      "sn/kernel": float32([3, 4, 5, 6], numbers(60, 6)),
      "sn/vector_u": float32([1, 6], numbers(1, 6)),
    };
    const [last, first] = await Promise.all(
      (["last", 0] as const).map((axis) => auditOf(tensors, { memory: 0, axis })),
    );
    // Wherever the axis of the audit is, one in memory is stepped along the last.
    const { tensors: usual } = await auditOf(tensors, { axis: 0 });
    close(last?.tensors[0]?.storedSigma, usual[0]?.storedSigma, 1e-13);
    const note = expect.stringContaining("along its last axis alone");
    expect(first?.tensors[0]).toMatchObject({ storedSigma: null, note });
  });
});

test.each([-1, 0.5, "much"])("memory of %j is an error", async (memory) => {
  const rejection = auditOf({ w: float32([1, 1], [1]) }, { memory: memory as number });
  await expect(rejection).rejects.toMatchObject({
    code: "OPTION",
    message: expect.stringMatching(/^"memory" expected/),
  });
});

test("what is kept in memory is read once, and the bits are those without", async () => {
  const w = float32([2048, 32], numbers(2048, 32));
  const sliceBytes = 32 * 4 * 64;
  const bytesRead = async (memory: number) => {
    const source = new RecordingSource(safetensors({ w }));
    const { tensors } = await audit(engine, source, { operators, memory, sliceBytes, detail: {} });
    const body = source.reads.filter(({ offset }) => offset >= source.size - w.bytes.length);
    return { row: tensors[0], bytes: body.reduce((sum, { length }) => sum + length, 0) };
  };
  const [none, some] = [await bytesRead(0), await bytesRead(290_000)];
  expect(some.row?.note).toContain("stayed in its file");
  expect(some.row).toEqual(none.row);
  const looks = Number(/read (\d+) times/.exec(none.row?.note ?? "")?.[1]);
  const kept = (none.bytes - some.bytes) / (sliceBytes * (looks - 1));
  expect(Number.isInteger(kept)).toBe(true);
  expect(kept).toBeGreaterThan(3);
  expect(kept).toBeLessThan(2048 / 64);
});
