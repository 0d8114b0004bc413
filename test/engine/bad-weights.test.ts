import { type Case, detached, expectEachRefused, norm, small } from "./refusals.js";

const symbolic = { toString: () => "no" };
const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

const kinds: readonly Case[] = [
  [
    "nothing",
    norm(undefined),
    "TYPE",
    '"w" expected { data, shape, axis }, a number[][] or a WasmMatrix, got undefined',
  ],
  ["null", norm(null), "TYPE", "got null"],
  ["a number", norm(3), "TYPE", "got 3"],
  ["a symbol", norm(Symbol("w")), "TYPE", "got Symbol(w)"],
  ["a bigint", norm(3n), "TYPE", "got 3n"],
  [
    "a bare typed array",
    norm(new Float32Array(4)),
    "TYPE",
    "got Float32Array(4). Pass { data: w, shape: [rows, columns] }",
  ],
  ["an empty object", norm({}), "TYPE", '"w.data" expected a Float32Array or Float64Array, got undefined'],
  [
    "an object with a cycle",
    norm(cyclic),
    "OPTION",
    '"w" has the unknown key "self"; the known ones are "data", "shape", "axis"',
  ],
  [
    "a misspelt key",
    norm({ ...small, axes: 0 }),
    "OPTION",
    '"w" has the unknown key "axes"; the known ones are "data", "shape", "axis". Did you mean "axis"?',
  ],
  [
    "an array as data",
    norm({ ...small, data: [1, 2, 3, 4] }),
    "TYPE",
    '"w.data" expected a Float32Array or Float64Array, got [1, 2, 3, 4]. Convert it',
  ],
  ["integers as data", norm({ ...small, data: new Int32Array(4) }), "TYPE", "got Int32Array(4). Convert it"],
  ["a buffer as data", norm({ ...small, data: new ArrayBuffer(16) }), "TYPE", "got an object of class ArrayBuffer"],
  ["a circular array as data", norm({ ...small, data: [cyclic] }), "TYPE", "got [{ self }]"],
  [
    "detached data",
    () => norm({ ...small, data: detached() })(),
    "TYPE",
    '"w.data" expected a Float32Array, got one whose buffer was detached',
  ],
];

const shapes: readonly Case[] = [
  [
    "too few elements",
    norm({ data: new Float32Array(11), shape: [3, 4] }),
    "SHAPE",
    '"w.data" expected length 3 × 4 = 12, got 11',
  ],
  [
    "too many elements",
    norm({ data: new Float32Array(13), shape: [3, 4] }),
    "SHAPE",
    '"w.data" expected length 3 × 4 = 12, got 13',
  ],
  [
    "no shape",
    norm({ data: small.data }),
    "TYPE",
    '"w.shape" expected an array of at least 2 positive integers, got undefined',
  ],
  ["a typed array as shape", norm({ ...small, shape: Int32Array.of(2, 2) }), "TYPE", "got Int32Array(2)"],
  ["no dimension", norm({ ...small, shape: [] }), "SHAPE", '"w.shape" expected at least 2 positive integers, got []'],
  ["one dimension", norm({ ...small, shape: [4] }), "SHAPE", "got [4]. For a vector of n entries pass shape [1, n]"],
  [
    "dimension 0",
    norm({ data: new Float32Array(0), shape: [0, 4] }),
    "SHAPE",
    '"w.shape" expected at least 2 positive integers, got [0, 4]',
  ],
  [
    "a negative dimension",
    norm({ ...small, shape: [3, -1] }),
    "SHAPE",
    '"w.shape" expected at least 2 positive integers, got [3, -1]',
  ],
  ["a fractional dimension", norm({ ...small, shape: [1.5, 2] }), "SHAPE", "got [1.5, 2]"],
  ["NaN as dimension", norm({ ...small, shape: [Number.NaN, 2] }), "SHAPE", "got [NaN, 2]"],
  ["infinity as dimension", norm({ ...small, shape: [Infinity, 2] }), "SHAPE", "got [Infinity, 2]"],
  ["a string as dimension", norm({ ...small, shape: ["2", 2] }), "SHAPE", 'got ["2", 2]'],
  ["a bigint as dimension", norm({ ...small, shape: [2n, 2] }), "SHAPE", "got [2n, 2]"],
  ["a symbol as dimension", norm({ ...small, shape: [Symbol("d"), 2] }), "SHAPE", "got [Symbol(d), 2]"],
  ["a hole as dimension", norm({ ...small, shape: new Array(2) }), "SHAPE", "got [undefined, undefined]"],
  [
    "dimensions beyond 4 GiB",
    norm({ ...small, shape: [2 ** 16, 2 ** 16] }),
    "SHAPE",
    "at most 1073741824 elements of float32, 4 GiB, got 65536 × 65536",
  ],
  [
    "dimensions beyond the integers",
    norm({ ...small, shape: [2 ** 40, 2 ** 40] }),
    "SHAPE",
    "at most 1073741824 elements",
  ],
  [
    "dimensions beyond the numbers",
    norm({ ...small, shape: new Array(40).fill(2 ** 40) }),
    "SHAPE",
    "at most 1073741824 elements",
  ],
];

const cube = { data: new Float32Array(24), shape: [2, 3, 2, 2] };
const axes: readonly Case[] = [
  [
    "no axis in four dimensions",
    norm(cube),
    "SHAPE",
    '"w.axis" expected the output axis of a shape of 4 dimensions, got undefined. Pass 0 for PyTorch',
  ],
  ["… names the other choice", norm(cube), "SHAPE", "or 3, the last, for Keras and TensorFlow (2 outputs)"],
  [
    "an axis too large",
    norm({ ...cube, axis: 4 }),
    "SHAPE",
    '"w.axis" expected an integer from 0 to 3, or -1 for the last axis, got 4',
  ],
  ["an axis too small", norm({ ...cube, axis: -2 }), "SHAPE", "got -2"],
  ["a fractional axis", norm({ ...cube, axis: 0.5 }), "SHAPE", "got 0.5"],
  ["an axis in words", norm({ ...cube, axis: "0" }), "TYPE", '"w.axis" expected an integer, got "0"'],
  ["an axis that is null", norm({ ...cube, axis: null }), "TYPE", "got null"],
  ["an axis out of range in two dimensions", norm({ ...small, axis: 2 }), "SHAPE", "got 2"],
];

const nested: readonly Case[] = [
  ["no rows", norm([]), "SHAPE", '"w" expected at least one row, got []'],
  ["no columns", norm([[], []]), "SHAPE", '"w" expected at least one column, got rows of length 0'],
  [
    "ragged rows",
    norm([[1, 2], [3]]),
    "SHAPE",
    '"w" expected rows of length 2, as the first one, got length 1 in row 1',
  ],
  ["a vector", norm([1, 2, 3]), "TYPE", '"w[0]" expected an array of numbers, got 1. Pass a vector as [[…]]'],
  ["a hole", norm(new Array(2)), "TYPE", '"w[0]" expected an array of numbers, got undefined'],
  [
    "a string as entry",
    norm([
      [1, 2],
      [3, "4"],
    ]),
    "TYPE",
    '"w[1][1]" expected a number, got "4"',
  ],
  ["a symbol as entry", norm([[Symbol("x")]]), "TYPE", "got Symbol(x)"],
  ["a bigint as entry", norm([[1n]]), "TYPE", "got 1n"],
  ["an object as entry", norm([[symbolic]]), "TYPE", "got { toString }"],
];

const finite: readonly Case[] = [
  [
    "NaN in an array",
    norm({ data: Float32Array.of(1, 2, 3, Number.NaN), shape: [2, 2] }),
    "NON_FINITE",
    '"w" expected finite entries, got NaN in row 1, column 1',
  ],
  [
    "infinity in an array",
    norm({ data: Float64Array.of(1, 2, Infinity, 4), shape: [2, 2] }),
    "NON_FINITE",
    "got Infinity in row 1, column 0",
  ],
  ["−infinity in number[][]", norm([[1, -Infinity]]), "NON_FINITE", "got -Infinity in row 0, column 1"],
  [
    "NaN along a last axis",
    norm({ data: new Float32Array(24).fill(Number.NaN, 7, 8), shape: [2, 3, 4], axis: -1 }),
    "NON_FINITE",
    "NaN in row 1, column 3",
  ],
  [
    "NaN along a middle axis",
    norm({ data: new Float32Array(24).fill(Number.NaN, 7, 8), shape: [2, 3, 4], axis: 1 }),
    "NON_FINITE",
    "NaN in row 1, column 3",
  ],
];

expectEachRefused({ kinds, shapes, axes, nested, finite });
