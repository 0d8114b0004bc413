import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bench = (name: string) => import(fileURLToPath(new URL(`../../bench/${name}`, import.meta.url)));
const { readJitdump } = await bench("generated/jitdump.mjs");
const { countsOf, innermostLoops, passLoops } = await bench("generated/loops.mjs");
const { counted } = await bench("report-instructions.mjs");

interface Step {
  readonly at: number;
  readonly kind: string;
  readonly target?: number;
}

/** Steps at 0, 1, 2 and so on. */
function steps(...kinds: readonly (string | readonly [string, number])[]): readonly Step[] {
  return kinds.map((one, at) => (typeof one === "string" ? { at, kind: one } : { at, kind: one[0], target: one[1] }));
}
const times = (count: number, kind: string) => Array.from({ length: count }, () => kind);

/** A record of a jitdump; of code that was loaded when it has a name. */
function record(name: string | undefined, code: readonly number[]): Buffer {
  if (name === undefined) return Buffer.from([2, 0, 0, 0, 20, 0, 0, 0, ...times(12, "").map(() => 7)]);
  const text = Buffer.from(`${name}\0`);
  const head = Buffer.alloc(56);
  head.writeUInt32LE(0, 0);
  head.writeUInt32LE(head.length + text.length + code.length, 4);
  head.writeBigUInt64LE(BigInt(code.length), 40);
  return Buffer.concat([head, text, Buffer.from(code)]);
}

function dump(...records: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(40);
  head.writeUInt32LE(0x4a695444, 0);
  head.writeUInt32LE(head.length, 8);
  return Buffer.concat([head, ...records]);
}

test("a dump's functions are read in their order, also from one that breaks off", () => {
  const whole = dump(record("one", [1, 2]), record(undefined, []), record("other", [0, 0, 3]));
  const found = readJitdump(whole).map(({ name, code }: { name: string; code: Uint8Array }) => [name, [...code]]);
  expect(found).toEqual([
    ["one", [1, 2]],
    ["other", [0, 0, 3]],
  ]);
  expect(readJitdump(whole.subarray(0, whole.length - 1))).toHaveLength(1);
  expect(() => readJitdump(Buffer.alloc(64))).toThrow("no jitdump");
});

test("of nested loops the inner ones count, each from where it is jumped back to", () => {
  const all = steps("place", "load", "addition", ["control", 1], "store", ["control", 0], "load", ["control", 6]);
  const loops = innermostLoops(all).map(countsOf);
  expect(loops).toMatchObject([
    { load: 1, addition: 1, control: 1, store: 0, place: 0 },
    { load: 1, addition: 0, control: 1, store: 0, place: 0 },
  ]);
});

test("a jump ahead makes no loop", () => {
  expect(innermostLoops(steps("place", ["control", 3], "load", "store"))).toEqual([]);
});

test("the loops of a pass are told by what they store, and unrolled ones count as one turn", () => {
  const products = [...times(16, "multiplication"), ...times(20, "load"), ["control", 0] as const];
  const sums = [...times(8, "multiplication"), "store", "store", ["control", products.length] as const];
  expect(passLoops(steps(...products, ...sums))).toMatchObject({
    products: { multiplication: 8, load: 10, control: 0.5, store: 0 },
    sums: { multiplication: 8, store: 2, control: 1 },
  });
  expect(passLoops(steps(...products))).toBeUndefined();
});

test("the table adds up what it shows", () => {
  const loop = { load: 10, multiplication: 8, addition: 8, store: 0, place: 6.6667, control: 3, spilled: 0, other: 0 };
  const loops = { products: loop, sums: { ...loop, store: 2 } };
  const rows = counted({}, { cases: [{ name: "Node 1", loops, nanoseconds: 5, most: 8, results: [] }] }).split("\n");
  expect(rows[2]).toBe("| Node 1 | four rows times v | 10 | 8 | 8 | 0 | 6.7 | 3 | 0 | 0 | 35.7 |  |  |");
  expect(rows[3]).toBe("|  | their sum into z | 10 | 8 | 8 | 2 | 6.7 | 3 | 0 | 0 | 37.7 | 14.7 | 6.4 (80% of 8.0) |");
});
