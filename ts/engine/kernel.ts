/**
 * Reads a convolution: which axis of its kernel is what, and how it runs.
 *
 * @module
 */
import type { Convolution, ConvolutionLayout, FloatArray } from "../types.js";
import { OptionError, ShapeError, TypeMismatchError } from "./errors.js";
import {
  checkFiniteArray,
  checkKeys,
  complaint,
  complaintOf,
  type DtypeCode,
  readChoice,
  readDtype,
  readInteger,
} from "./validate.js";

/** One spatial dimension, of the convolution itself or of the one whose adjoint a transposed one is. */
export interface Dimension {
  /** 0 where the input may be of any size. */
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** A convolution that passed the checks. */
export interface Kernel {
  readonly data: FloatArray;
  readonly dtype: DtypeCode;
  readonly groups: number;
  /** Of one group. */
  readonly outputs: number;
  readonly inputs: number;
  /** The number of the padding mode. */
  readonly mode: number;
  readonly dimensions: readonly Dimension[];
  /** The size of what comes out, in space. */
  readonly outputSize: readonly number[] | undefined;
  /** For every entry, in the order of groups, outputs, space, inputs, its place in the caller's order. */
  readonly places: Uint32Array;
}

const keys = [
  "kernel",
  "shape",
  "layout",
  "stride",
  "padding",
  "paddingMode",
  "dilation",
  "groups",
  "inputSize",
  "transposed",
  "outputPadding",
] as const;

const spaces = ["W", "HW", "DHW"] as const;
const modes = ["zeros", "circular", "reflect", "replicate"] as const;
const most = 2 ** 31 - 1;

/** Checks a convolution; `title` is what messages call it. */
export function readKernel(title: string, value: unknown): Kernel {
  if (typeof value !== "object" || value === null) {
    throw new TypeMismatchError(complaint(title, "{ kernel, shape, … }", value));
  }
  checkKeys(title, value, keys);
  const given = value as Convolution;
  const of = (key: string) => `${title}.${key}`;
  const shape = readShape(of("shape"), given.shape);
  const dtype = readDtype(of("kernel"), given.kernel);
  const length = shape.reduce((product, side) => product * side, 1);
  if (given.kernel.length !== length) {
    const expected = `length ${shape.join(" × ")} = ${length}, as "${of("shape")}" has it`;
    throw new ShapeError(complaintOf(of("kernel"), expected, String(given.kernel.length)));
  }
  checkFiniteArray(of("kernel"), given.kernel);
  const transposed = given.transposed === true;
  if (given.transposed !== undefined && typeof given.transposed !== "boolean") {
    throw new TypeMismatchError(complaint(of("transposed"), "true or false", given.transposed));
  }
  const mode = modes.indexOf(readChoice(of("paddingMode"), given.paddingMode, modes));
  if (transposed && mode > 0) {
    throw new OptionError(complaint(of("paddingMode"), '"zeros" for a transposed convolution', given.paddingMode));
  }
  const channels = readChannels(of, given, shape, transposed);
  const space = spaces[shape.length - 3] as string;
  const sizes = [...space].map((letter) => shape[channels.layout.indexOf(letter)] as number);
  const dimensions = readDimensions(of, given, sizes, transposed);
  const { groups, outputs, inputs } = channels;
  return {
    data: given.kernel,
    dtype,
    groups,
    outputs,
    inputs,
    mode,
    dimensions,
    outputSize:
      given.inputSize === undefined ? undefined : dimensions.map(transposed ? (side) => side.input : lengthOut),
    places: placesOf(shape, channels, [...space]),
  };
}

/** How many outputs a dimension has. */
export function lengthOut({ input, kernel, stride, dilation, before, after }: Dimension): number {
  return Math.floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

function readShape(title: string, shape: unknown): readonly number[] {
  const expected = "3, 4 or 5 positive integers: two numbers of channels, and space";
  if (!Array.isArray(shape)) {
    throw new TypeMismatchError(complaint(title, expected, shape));
  }
  if (shape.length < 3 || shape.length > 5 || !shape.every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new ShapeError(complaint(title, expected, shape));
  }
  return shape.slice();
}

interface Channels {
  readonly layout: string;
  readonly groups: number;
  readonly outputs: number;
  readonly inputs: number;
  /** The letters of the axes that outputs and inputs run along, and groups before them. */
  readonly letters: readonly [string, string, string];
}

/** The channels of the convolution, or of that whose adjoint the transposed one is: its inputs are the outputs there. */
function readChannels(
  of: (key: string) => string,
  given: Convolution,
  shape: readonly number[],
  transposed: boolean,
): Channels {
  const space = spaces[shape.length - 3] as string;
  const choices = [`OI${space}`, `IO${space}`, `${space}IO`, `${space}OI`, `${space}IM`] as ConvolutionLayout[];
  const usual = choices[transposed ? 1 : 0] as ConvolutionLayout;
  const layout = readChoice(
    of("layout"),
    given.layout === undefined ? usual : given.layout,
    choices as never,
  ) as string;
  const size = (letter: string) => shape[layout.indexOf(letter)] as number;
  if (layout.includes("M")) {
    const groups = readInteger(of("groups"), given.groups, size("I"), size("I"), size("I"));
    if (transposed) {
      throw new OptionError(complaint(of("layout"), "one with O and I for a transposed convolution", layout));
    }
    return { layout, groups, outputs: size("M"), inputs: 1, letters: ["I", "M", ""] };
  }
  const groups = readInteger(of("groups"), given.groups, 1, 1, most);
  const [output, input] = transposed ? ["I", "O"] : ["O", "I"];
  const all = size(output as string);
  if (all % groups !== 0) {
    const channels = transposed ? "input" : "output";
    throw new ShapeError(complaintOf(of("groups"), `a divisor of the ${all} ${channels} channels`, String(groups)));
  }
  const letters = [output, output, input] as [string, string, string];
  return { layout, groups, outputs: all / groups, inputs: size(input as string), letters };
}

function placesOf(
  shape: readonly number[],
  { layout, groups, outputs, inputs, letters: [group, output, input] }: Channels,
  space: readonly string[],
): Uint32Array {
  const step = (letter: string) =>
    letter === "" ? 0 : shape.slice(layout.indexOf(letter) + 1).reduce((product, side) => product * side, 1);
  const along = (starts: readonly number[], count: number, stride: number) =>
    starts.flatMap((start) => Array.from({ length: count }, (_, index) => start + index * stride));
  let taps = [0];
  for (const letter of space) {
    taps = along(taps, shape[layout.indexOf(letter)] as number, step(letter));
  }
  const places = new Uint32Array(shape.reduce((product, side) => product * side, 1));
  const ofGroup = group === output ? outputs * step(output) : step(group);
  let next = 0;
  for (let row = 0; row < groups * outputs; row += 1) {
    const start = Math.floor(row / outputs) * ofGroup + (row % outputs) * step(output);
    for (const tap of taps) {
      for (let channel = 0; channel < inputs; channel += 1) {
        places[next] = start + tap + channel * step(input);
        next += 1;
      }
    }
  }
  return places;
}

/** One number for each dimension, or one for all. */
export function readEach(title: string, value: unknown, count: number, fallback: number, least: number): number[] {
  if (!Array.isArray(value)) {
    return new Array<number>(count).fill(readInteger(title, value, fallback, least, most));
  }
  if (value.length !== count) {
    throw new ShapeError(complaint(title, `one number for each of the ${count} spatial dimensions`, value));
  }
  return value.map((entry, index) => readInteger(`${title}[${index}]`, entry ?? Number.NaN, fallback, least, most));
}

/** The dimensions of a convolution, or of a pool, whose windows have the sides `kernel`. */
export function readDimensions(
  of: (key: string) => string,
  given: Omit<Convolution, "kernel" | "shape">,
  kernel: readonly number[],
  transposed: boolean,
): Dimension[] {
  const count = kernel.length;
  const each = (key: "stride" | "dilation") => readEach(of(key), given[key], count, 1, 1);
  const [strides, dilations] = [each("stride"), each("dilation")];
  const extra = readEach(of("outputPadding"), given.outputPadding, count, 0, 0);
  const sizes = given.inputSize === undefined ? undefined : readEach(of("inputSize"), given.inputSize, count, 1, 1);
  const padding = readPadding(of("padding"), given.padding, count);
  return kernel.map((side, index) => {
    const [stride = 1, dilation = 1, more = 0] = [strides[index], dilations[index], extra[index]];
    if (more > 0 && (!transposed || more >= stride || padding === "same")) {
      const expected = "less than the stride, of a transposed convolution whose padding is a number";
      throw new OptionError(complaintOf(of("outputPadding"), expected, String(more)));
    }
    const ends = padding === "same" ? padding : (padding[index] as Ends);
    const bare = { kernel: side, stride, dilation };
    const size = sizes?.[index];
    if (size === undefined) {
      return { ...bare, input: 0, before: 0, after: 0 };
    }
    const found = { ...bare, ...place(bare, size, ends, transposed, more) };
    if (found.input < 1 || lengthOut(found) < 1) {
      const room = `large enough for the kernel, which reaches over ${reachOf(bare)} entries of dimension ${index}`;
      throw new ShapeError(complaintOf(of("inputSize"), room, String(size)));
    }
    return found;
  });
}

type Bare = Pick<Dimension, "kernel" | "stride" | "dilation">;

/** How many entries of the input the kernel spans. */
function reachOf({ kernel, dilation }: Bare): number {
  return dilation * (kernel - 1) + 1;
}

/** The input and its padding; a transposed convolution is the adjoint of one whose input is what comes out of it. */
function place(
  bare: Bare,
  size: number,
  ends: Ends | "same",
  transposed: boolean,
  more: number,
): Pick<Dimension, "input" | "before" | "after"> {
  const { stride } = bare;
  const reach = reachOf(bare);
  if (ends === "same") {
    const input = transposed ? size * stride : size;
    const added = Math.max((Math.ceil(input / stride) - 1) * stride + reach - input, 0);
    return { input, before: Math.floor(added / 2), after: Math.ceil(added / 2) };
  }
  const [before, after] = ends;
  return { input: transposed ? (size - 1) * stride + reach + more - before - after : size, before, after };
}

type Ends = readonly [number, number];

function readPadding(title: string, value: unknown, count: number): readonly Ends[] | "same" {
  if (value === "same") {
    return value;
  }
  if (typeof value === "string" && value !== "valid") {
    throw new OptionError(complaint(title, '"same", "valid", a number or an array', value));
  }
  const all = value === "valid" ? 0 : value;
  if (!(Array.isArray(all) && all.some(Array.isArray))) {
    return readEach(title, all, count, 0, 0).map((both): Ends => [both, both]);
  }
  if (all.length !== count) {
    throw new ShapeError(complaint(title, `one entry for each of the ${count} spatial dimensions`, all));
  }
  return all.map((ends, index): Ends => {
    const [before = 0, after = 0] = readEach(`${title}[${index}]`, ends, 2, 0, 0);
    return [before, after];
  });
}
