import fc from "fast-check";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type AuditOptions, openAudit } from "../../ts/checkpoint/audit.js";
import { type Part, partSum, type Question } from "../../ts/checkpoint/streamed/question.js";
import { SHARE_BLOCKS } from "../../ts/checkpoint/streamed/share.js";
import { operators } from "./operators.js";
import { float32, float64, RecordingSource, safetensors, type Written } from "./writer.js";

const engine = await load();

const numbers = (count: number) => Array.from({ length: count }, (_, at) => Math.fround(Math.sin(at * at) + 0.5));
const kinds: Readonly<Record<string, { tensor: Written; axis?: 0 | 1 | "last" }>> = {
  tall: { tensor: float32([90, 20], numbers(1800)) },
  wide: { tensor: float32([20, 90], numbers(1800)) },
  double: { tensor: float64([60, 30], numbers(1800)) },
  "kernel of Keras": { tensor: float32([3, 5, 6, 20], numbers(1800)), axis: "last" },
  "kernel of a transposed convolution": { tensor: float32([30, 4, 3, 5], numbers(1800)), axis: 1 },
};
const opened = (tensors: Readonly<Record<string, Written>>, options: AuditOptions) =>
  openAudit(engine, safetensors(tensors), { operators, memory: 0, ...options });

describe.each(Object.entries(kinds))("the shares of a weight that stays in its file: %s", (_, { tensor, axis = 0 }) => {
  test.each([8, 90, 360])(
    "answered by others, in any order, give the row of one process to the bit, by blocks of %i bytes",
    async (sliceBytes) => {
      const options: AuditOptions = { axis, sliceBytes, detail: {} };
      const [one, ...others] = await Promise.all([1, 2, 3].map(() => opened({ w: tensor }, options)));
      const [job] = one?.jobs ?? [];
      if (one === undefined || job === undefined) throw new Error("there is a job");
      const count = await one.shares(job);
      expect(count).toBeGreaterThan(1);
      let turn = 0;
      const ask = async (question: Question) => {
        const parts: Part[] = [];
        // The last share first, each by another.
        for (let share = count - 1; share >= 0; share -= 1) {
          turn += 1;
          parts[share] = (await others[turn % others.length]?.part(job, share, question)) as Part;
        }
        const sum = partSum(question);
        for (const part of parts) sum.add(part);
        return sum.part();
      };
      expect(await one.measure(job, ask)).toEqual(await one.measure(job));
      expect(turn).toBeGreaterThan(count);
    },
  );
});

test("a share is some of the blocks, and these alone are read", async () => {
  const source = new RecordingSource(safetensors({ w: kinds["tall"]?.tensor as Written }));
  const audit = await openAudit(engine, source, { operators, memory: 0, sliceBytes: 80 });
  const [job] = audit.jobs;
  if (job === undefined) throw new Error("there is a job");
  // Rows of 80 bytes, a block each.
  expect(await audit.shares(job)).toBe(Math.ceil(90 / SHARE_BLOCKS));
  const x = Float64Array.from({ length: 20 }, () => 1);
  const question: Question = {
    kind: "product",
    adjoint: false,
    factor: 1,
    vectors: [x],
    facts: "norms",
    sides: [90, 20],
  };
  const before = source.reads.length;
  const last = await audit.part(job, 11, question);
  expect(source.reads.slice(before)).toEqual([
    { offset: source.size - 160, length: 80 },
    { offset: source.size - 80, length: 80 },
  ]);
  await audit.part(job, 0, question);
  expect(source.reads.slice(before + 2)).toHaveLength(SHARE_BLOCKS);
  expect(last.image?.at).toBe(88);
  expect(last.image?.values).toHaveLength(2);
  expect(last.norms).toHaveLength(2);
  for (const share of [-1, 12, 0.5, Number.NaN]) {
    await expect(audit.part(job, share, question)).rejects.toMatchObject({
      code: "OPTION",
      message: `"share" expected an integer below 12, got ${share}`,
    });
  }
  const { vectors, sides, ...rest } = question;
  for (const wrong of [
    undefined,
    {},
    rest,
    { ...question, vectors: [] },
    { ...question, vectors: [x, x] },
    { ...question, adjoint: true },
    { ...question, sides: [20, 90] },
    { ...question, kind: "other" },
    { ...question, kind: "facts" },
    { ...question, kind: "form" },
  ]) {
    await expect(audit.part(job, 0, wrong as Question)).rejects.toMatchObject({
      code: "OPTION",
      message: '"question" expected one about 90 rows and 20 columns, with vectors as long',
    });
  }
  expect(await audit.part(job, 11, question)).toEqual(last);
  await audit.close();
});

describe("a weight of 2^22 numbers or more, of which nothing is asked but its norms", () => {
  const big = (shape: readonly number[]) => {
    const [rows = 1, columns = 1] = [shape[0], shape.slice(1).reduce((product, side) => product * side, 1)];
    const entries = new Float32Array(rows * columns);
    for (let at = 0; at < entries.length; at++)
      entries[at] = Math.sin(at * 1.7) * Math.cos((at % columns) * 0.3) + ((at * 7919) % 997) / 997;
    return { dtype: "F32", shape, bytes: new Uint8Array(entries.buffer) } as unknown as Written;
  };

  test.each([[[2048, 2048]], [[65, 65_536]], [[64_528, 65]], [[512, 512, 4, 4]]])(
    "%j is measured by shares, which tell the same as the whole",
    async (shape) => {
      const [shared, whole] = [
        await openAudit(engine, safetensors({ w: big(shape) }), { operators }),
        await openAudit(engine, safetensors({ w: big(shape) }), {}),
      ];
      const [job] = shared.jobs;
      if (job === undefined) throw new Error("there is a job");
      const count = await shared.shares(job);
      expect(count).toBeGreaterThan(1);
      expect(await whole.shares(job)).toBe(0);
      const [row, expected] = [await shared.measure(job), await whole.measure(job)];
      expect(row).toMatchObject({ converged: true, note: null, error: null });
      expect(Math.abs((row.spectralNorm as number) / (expected.spectralNorm as number) - 1)).toBeLessThan(1e-6);
      expect(Math.abs((row.frobeniusNorm as number) / (expected.frobeniusNorm as number) - 1)).toBeLessThan(1e-12);
      expect(row.iterations).toBeLessThanOrEqual((expected.iterations as number) + 1);
      // However they are held, and with or without memory for them.
      for (const [hands, portion] of [
        [1, 0],
        [2, 0.5],
        [count, 0.1],
      ] as const) {
        const start = (hand: number) => Math.floor((hand * count) / hands);
        const held = await Promise.all(
          Array.from({ length: hands }, (_, hand) =>
            shared.hold(job, { first: start(hand), count: start(hand + 1) - start(hand) }, portion),
          ),
        );
        const ask = async (question: Question) => {
          const sum = partSum(question);
          for (const one of held) for (const part of await one.ask(question)) sum.add(part);
          return sum.part();
        };
        expect(await shared.measure(job, ask)).toEqual(row);
        for (const one of held) one.free();
      }
    },
  );

  test("is measured as a whole where more is asked, or float32 is not enough", async () => {
    const w = big([2048, 2048]);
    for (const options of [{ detail: {} }, { tolerance: 1e-7 }]) {
      const audit = await opened({ w }, { memory: 2 ** 30, ...options });
      expect(await audit.shares(audit.jobs[0] as never)).toBe(0);
    }
  });

  test("shares that there are not cannot be held", async () => {
    const audit = await opened({ w: big([2048, 2048]) }, { memory: 2 ** 30 });
    const [job] = audit.jobs;
    if (job === undefined) throw new Error("there is a job");
    const count = await audit.shares(job);
    for (const shares of [
      { first: 0, count: 0 },
      { first: 0, count: count + 1 },
      { first: count, count: 1 },
      { first: -1, count: 1 },
      { first: 0.5, count: 1 },
    ]) {
      await expect(audit.hold(job, shares)).rejects.toMatchObject({ code: "OPTION" });
    }
  });
});

test("what is measured as a whole has no shares", async () => {
  const audit = await opened({ w: kinds["tall"]?.tensor as Written }, { memory: 1e6 });
  const [job] = audit.jobs;
  if (job === undefined) throw new Error("there is a job");
  expect(await audit.shares(job)).toBe(0);
  const question: Question = { kind: "facts", adjoint: false, factor: 1, vectors: [], facts: "norms", sides: [90, 20] };
  await expect(audit.part(job, 0, question)).rejects.toMatchObject({ code: "OPTION" });
  await expect(audit.shares({ ...job, name: "other" })).rejects.toMatchObject({ code: "OPTION" });
});

test("a sum is that of its parts, wherever they lie", () => {
  const stretch = fc.record({ at: fc.nat(5), values: fc.float64Array({ maxLength: 5, noNaN: true }) });
  const part = fc.record({
    image: fc.option(stretch, { nil: undefined }),
    back: fc.option(stretch, { nil: undefined }),
  });
  const lists = { terms: [], norms: [], uppers: [], lowers: [] };
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const sum = partSum({ kind: "square", adjoint: true, factor: 1, vectors: [], facts: "none", sides: [12, 10] });
      for (const one of parts) sum.add({ ...one, ...lists });
      const { image, back } = sum.part();
      for (const [found, name, length] of [
        [image, "image", 10],
        [back, "back", 12],
      ] as const) {
        const expected = Array.from({ length }, (_, index) =>
          parts.reduce((total, { [name]: one }) => total + (one?.values[index - one.at] ?? 0), 0),
        );
        expect(Array.from(found?.values ?? [])).toEqual(expected);
      }
    }),
  );
});
