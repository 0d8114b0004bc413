import { type Case, expectEachRefused } from "./engine/refusals.js";
import { engine } from "./engine/support.js";

const good = { kernel: new Float32Array(18), shape: [2, 1, 3, 3] };
const of = (change: object, options?: unknown) => () =>
  engine.convolutionNorm({ ...good, ...change } as never, options as never);
const refused: readonly Case[] = [
  ["nothing", () => engine.convolutionNorm(undefined as never), "TYPE", '"convolution" expected { kernel, shape, … }'],
  ["an unknown key", of({ strides: 2 }), "OPTION", 'Did you mean "stride"?'],
  ["two dimensions", of({ shape: [2, 9] }), "SHAPE", '"convolution.shape" expected 3, 4 or 5 positive integers'],
  ["a kernel too short", of({ kernel: new Float32Array(17) }), "SHAPE", "expected length 2 × 1 × 3 × 3 = 18"],
  ["a plain array", of({ kernel: [1] }), "TYPE", '"convolution.kernel" expected a Float32Array'],
  ["NaN", of({ kernel: new Float32Array(18).fill(Number.NaN) }), "NON_FINITE", "NaN at index 0"],
  ["a layout of another rank", of({ layout: "OIW" }), "OPTION", '"convolution.layout" expected "OIHW" or "IOHW"'],
  ["stride 0", of({ stride: 0 }), "OPTION", '"convolution.stride" expected an integer from 1'],
  ["three strides", of({ stride: [1, 1, 1] }), "SHAPE", "one number for each of the 2 spatial dimensions"],
  ["a hole in the strides", of({ stride: [1, undefined] }), "OPTION", '"convolution.stride[1]"'],
  ["negative padding", of({ padding: -1 }), "OPTION", '"convolution.padding"'],
  ["a padding in words", of({ padding: "full" }), "OPTION", '"same", "valid", a number or an array'],
  [
    "three ends",
    of({
      padding: [
        [1, 2, 3],
        [1, 2],
      ],
    }),
    "SHAPE",
    '"convolution.padding[0]"',
  ],
  ["an unknown padding mode", of({ paddingMode: "wrap" }), "OPTION", '"convolution.paddingMode"'],
  ["groups that do not divide", of({ groups: 3 }), "SHAPE", "a divisor of the 2 output channels"],
  ["an input too small", of({ inputSize: 2 }), "SHAPE", '"convolution.inputSize" expected large enough for the kernel'],
  [
    "a transposed one that reflects",
    of({ transposed: true, paddingMode: "reflect" }),
    "OPTION",
    '"zeros" for a transposed',
  ],
  ["transposed in words", of({ transposed: "yes" }), "TYPE", '"convolution.transposed" expected true or false'],
  ["output padding of what is not transposed", of({ outputPadding: 1 }), "OPTION", '"convolution.outputPadding"'],
  [
    "padding by a mirror wider than the input",
    of({ paddingMode: "reflect", padding: 3, inputSize: 3 }),
    "OPTION",
    "no more entries than the input has to lend",
  ],
  ["a mirror without a size", of({ paddingMode: "reflect", padding: 1 }), "OPTION", '"inputSize" expected'],
  [
    "an unknown certainty",
    of({}, { certainty: "sure" }),
    "OPTION",
    '"options.certainty" expected "rigorous" or "cheap"',
  ],
  ["an option of another function", of({}, { start: "ones" }), "OPTION", 'unknown key "start"'],
  ["tolerance 2", of({}, { tolerance: 2 }), "OPTION", '"options.tolerance"'],
  [
    "a gradient without a size",
    () => engine.convolutionNormGradient(good),
    "OPTION",
    '"inputSize" expected the size of the input, for a gradient',
  ],
  [
    "target 0",
    () => engine.convolutionNormalize({ ...good, inputSize: 4 }, { target: 0 }),
    "OPTION",
    '"options.target"',
  ],
];

expectEachRefused({ convolution: refused });
