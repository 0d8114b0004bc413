import { type Case, detached, expectEachRefused, norm, small } from "./refusals.js";
import { engine } from "./support.js";

const options: readonly Case[] = [
  ["options that are null", norm(small, null), "TYPE", '"options" expected an object, got null'],
  ["options that are a number", norm(small, 1e-6), "TYPE", '"options" expected an object, got 0.000001'],
  [
    "an unknown option",
    norm(small, { rank: 1 }),
    "OPTION",
    '"options" has the unknown key "rank"; the known ones are "method", "tolerance", "maxIterations", "start", "seed"',
  ],
  ["a misspelt option", norm(small, { tolerence: 1e-3 }), "OPTION", 'Did you mean "tolerance"?'],
  ["an option cut short", norm(small, { iterations: 3, max: 1 }), "OPTION", '"iterations"'],
  [
    "an unknown method",
    norm(small, { method: "svd" }),
    "OPTION",
    '"options.method" expected "auto" or "power" or "lanczos" or "exact", got "svd"',
  ],
  ["a method that is no word", norm(small, { method: 1 }), "TYPE", "got 1"],
  [
    "tolerance 0",
    norm(small, { tolerance: 0 }),
    "OPTION",
    '"options.tolerance" expected a number above 0 and below 1, got 0',
  ],
  ["tolerance NaN", norm(small, { tolerance: Number.NaN }), "OPTION", "got NaN"],
  ["tolerance 1", norm(small, { tolerance: 1 }), "OPTION", "got 1"],
  ["tolerance in words", norm(small, { tolerance: "1e-6" }), "TYPE", 'got "1e-6"'],
  [
    "0 iterations",
    norm(small, { maxIterations: 0 }),
    "OPTION",
    '"options.maxIterations" expected an integer from 1 to 4294967295, got 0',
  ],
  ["fractional iterations", norm(small, { maxIterations: 2.5 }), "OPTION", "got 2.5"],
  ["endless iterations", norm(small, { maxIterations: Infinity }), "OPTION", "got Infinity"],
  [
    "0 steps",
    () => engine.powerIteration(small, { iterations: 0 }),
    "OPTION",
    '"options.iterations" expected an integer from 1',
  ],
  [
    "an unknown form",
    () => engine.powerIteration(small, { form: "both" as never }),
    "OPTION",
    '"options.form" expected "alternating" or "gram"',
  ],
  [
    "a negative seed",
    norm(small, { seed: -1 }),
    "OPTION",
    '"options.seed" expected an integer from 0 to 9007199254740991, got -1',
  ],
  ["a fractional seed", norm(small, { seed: 0.5 }), "OPTION", "got 0.5"],
  ["a seed that is a bigint", norm(small, { seed: 1n }), "TYPE", "got 1n"],
];

const wide = { data: new Float32Array(6).fill(1), shape: [2, 3] };
const power =
  (start: unknown, form = "alternating") =>
  () =>
    engine.powerIteration(wide, { start: start as never, form: form as never });
const starts: readonly Case[] = [
  [
    "a misspelt start",
    norm(wide, { start: "one" }),
    "OPTION",
    '"options.start" expected "ones", "random", a Float32Array or a Float64Array, got "one"',
  ],
  ["a start that is a number", norm(wide, { start: 1 }), "TYPE", "got 1"],
  ["a start that is an array", norm(wide, { start: [1, 1, 1] }), "TYPE", "got [1, 1, 1]"],
  [
    "a start on the wrong side",
    norm(wide, { start: new Float32Array(2) }),
    "SHAPE",
    '"options.start" expected length 3, one entry for each of the columns of the 2 × 3 matrix, got 2',
  ],
  [
    "… of the alternating form",
    power(new Float64Array(3)),
    "SHAPE",
    "length 2, one entry for each of the rows of the 2 × 3 matrix, got 3",
  ],
  ["… of the Gram form", power(new Float64Array(2), "gram"), "SHAPE", "length 3, one entry for each of the columns"],
  [
    "a zero start",
    norm(wide, { start: new Float64Array(3) }),
    "OPTION",
    '"options.start" expected a vector that is not zero',
  ],
  [
    "a start with NaN",
    norm(wide, { start: Float64Array.of(1, Number.NaN, 0) }),
    "NON_FINITE",
    '"options.start" expected finite numbers, got NaN at index 1',
  ],
];

const vectors = [new Float64Array(2), new Float64Array(3)] as const;
const parameters: readonly Case[] = [
  [
    "u too long",
    () => engine.bilinearForm(wide, vectors[1], vectors[1]),
    "SHAPE",
    '"u" expected length 2, one entry for each of the rows of the 2 × 3 matrix, got 3',
  ],
  ["v too short", () => engine.bilinearForm(wide, vectors[0], vectors[0]), "SHAPE", '"v" expected length 3'],
  [
    "v missing",
    () => engine.bilinearForm(wide, vectors[0], undefined as never),
    "TYPE",
    '"v" expected a Float32Array or Float64Array, got undefined',
  ],
  [
    "infinity in u",
    () => engine.bilinearForm(wide, Float64Array.of(0, Infinity), vectors[1]),
    "NON_FINITE",
    '"u" expected finite numbers, got Infinity at index 1',
  ],
  [
    "x too short",
    () => engine.multiply(wide, vectors[0]),
    "SHAPE",
    '"x" expected length 3, one entry for each of the columns',
  ],
  [
    "x as long as there are columns, for the adjoint",
    () => engine.multiply(wide, vectors[1], { adjoint: true }),
    "SHAPE",
    '"x" expected length 2, one entry for each of the rows of the 2 × 3 matrix, got 3',
  ],
  [
    "adjoint that is a word",
    () => engine.multiply(wide, vectors[1], { adjoint: "yes" as never }),
    "TYPE",
    '"options.adjoint" expected true or false, got "yes"',
  ],
  [
    "gap that is a number",
    () => engine.dominantTriplet(wide, { gap: 0 as never }),
    "TYPE",
    '"options.gap" expected true or false, got 0',
  ],
  [
    "c missing",
    () => engine.clipWeights(wide, undefined as never),
    "TYPE",
    '"c" expected a finite number above 0, got undefined',
  ],
  ["c = 0", () => engine.clipWeights(wide, 0), "OPTION", '"c" expected a finite number above 0, got 0'],
  ["c negative", () => engine.clipFrobenius(wide, -1), "OPTION", "got -1"],
  ["c infinite", () => engine.clipFrobenius(wide, Infinity), "OPTION", "got Infinity"],
  ["c NaN", () => engine.clipFrobenius(wide, Number.NaN), "OPTION", "got NaN"],
  [
    "target 0",
    () => engine.spectralNormalize(wide, { target: 0 }),
    "OPTION",
    '"options.target" expected a finite number above 0, got 0',
  ],
  ["target null", () => engine.spectralNormalize(wide, { target: null as never }), "TYPE", "got null"],
  [
    "a target beyond float32",
    () => engine.spectralNormalize(wide, { target: 1e39 }),
    "OPTION",
    '"options.target" expected a number that float32 can hold',
  ],
  [
    "an unknown mode",
    () => engine.spectralNormalize(wide, { mode: "grow" as never }),
    "OPTION",
    '"options.mode" expected "scale" or "shrink", got "grow"',
  ],
];

const into = (out: unknown) => () => engine.clipWeights(wide, 1, { out: out as never });
const handle = engine.matrix([2, 3]);
const outs: readonly Case[] = [
  [
    "out of another type",
    into(new Float64Array(6)),
    "TYPE",
    '"options.out" expected float32, as the weight is, got float64',
  ],
  [
    "out of another length",
    into(new Float32Array(5)),
    "SHAPE",
    '"options.out" expected length 6, as the weight has, got 5',
  ],
  ["out that is an array", into([1, 2]), "TYPE", '"options.out" expected a Float32Array or Float64Array, got [1, 2]'],
  ["out that is null", into(null), "TYPE", "got null"],
  ["out that is detached", () => into(detached())(), "TYPE", "detached"],
  [
    "out that is the view of a handle",
    () => into(handle.view)(),
    "TYPE",
    "got a view of the engine's memory. Pass the WasmMatrix itself",
  ],
  ["out that is a handle of another type", into(engine.matrix([2, 3], { dtype: "float64" })), "TYPE", "got float64"],
  ["out that is a handle of another length", into(engine.matrix([2, 2])), "SHAPE", "got 4"],
];

const matrices: readonly Case[] = [
  ["a matrix without shape", () => engine.matrix(undefined as never), "TYPE", '"shape" expected an array'],
  [
    "a matrix of 3 dimensions without axis",
    () => engine.matrix([1, 2, 3]),
    "SHAPE",
    '"options.axis" expected the output axis',
  ],
  [
    "a matrix of an unknown type",
    () => engine.matrix([1, 1], { dtype: "int8" as never }),
    "OPTION",
    '"options.dtype" expected "float32" or "float64" or "bfloat16" or "float16", got "int8"',
  ],
  [
    "a matrix with an unknown option",
    () => engine.matrix([1, 1], { type: "float32" } as never),
    "OPTION",
    'Did you mean "dtype"?',
  ],
  [
    "a matrix beyond memory",
    () => engine.matrix([2 ** 15, 2 ** 14]),
    "OUT_OF_MEMORY",
    "2147483648 bytes could not be allocated",
  ],
];

expectEachRefused({ options, starts, parameters, outs, matrices });
