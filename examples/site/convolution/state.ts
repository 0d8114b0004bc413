/**
 * What the page can be set to.
 *
 * @module
 */
import type { Convolution } from "spectral-norm";
import { type Codec, type Codecs, integer, numbers, oneOf } from "../shared/url-state.ts";
import { type Kernel, PRESETS, type Preset, presetOf, type Side, shapeOf } from "./kernels.ts";

/** Paddings that the page compares. */
export const MODES = ["zeros", "circular", "reflect"] as const;
export type Mode = (typeof MODES)[number];

/** Sides of the input; 0 stands for all of them at once. */
export const SIZES = [4, 8, 16, 32, 0] as const;

/** Everything that the page's address carries. */
export interface State {
  readonly kernel: Kernel;
  /** The filter that the editor shows. */
  readonly filter: number;
  readonly mode: Mode;
  /** Whether the output is as large as the input, or padding is left out. */
  readonly padding: "same" | "none";
  readonly stride: number;
  readonly dilation: number;
  readonly size: number;
}

/** Entries beyond this are not offered. */
export const LARGEST = 1000;

const preset = oneOf(Object.keys(PRESETS) as Preset[]);
const entries = numbers(9, 25, 288);

/** A preset by its name and size, anything else by its entries. */
const kernel: Codec<Kernel> = {
  write(value) {
    const name = presetOf(value);
    return name === undefined ? entries.write(value) : `${name}-${shapeOf(value).side}`;
  },
  read(text) {
    const [, word = "", side] = /^([a-z]+)-([35])$/.exec(text) ?? [];
    const name = preset.read(word);
    if (name !== undefined) return PRESETS[name][Number(side) as Side];
    return entries.read(text)?.map((entry) => Math.max(-LARGEST, Math.min(LARGEST, entry)));
  },
};

/** How the state is written into the address. */
export const CODECS: Codecs<State> = {
  kernel,
  filter: integer(0, 31),
  mode: oneOf(MODES),
  padding: oneOf(["same", "none"]),
  stride: integer(1, 3),
  dilation: integer(1, 3),
  size: { write: String, read: (text) => SIZES.find((size) => String(size) === text) },
};

/** What the page opens with. */
export const DEFAULTS: State = {
  kernel: PRESETS.sobel[3],
  filter: 0,
  mode: "zeros",
  padding: "same",
  stride: 1,
  dilation: 1,
  size: 16,
};

/** The state without what contradicts itself: reflection has no border to reflect on inputs of all sizes. */
export function consistent(state: State): State {
  const { filters } = shapeOf(state.kernel);
  const size = state.size === 0 && state.mode === "reflect" && state.padding === "same" ? 16 : state.size;
  return { ...state, size, filter: Math.min(state.filter, filters - 1) };
}

/** The layer that a state describes, as the package takes it; `mode` and `size` may be others. */
export function layerOf(
  { kernel: values, padding, stride, dilation, ...state }: State,
  { mode, size }: { readonly mode: Mode; readonly size: number } = state,
): Convolution<Float64Array> {
  const { side, filters } = shapeOf(values);
  return {
    kernel: Float64Array.from(values),
    shape: [filters, 1, side, side],
    stride,
    dilation,
    padding: padding === "same" ? (dilation * (side - 1)) / 2 : 0,
    paddingMode: padding === "same" ? mode : "zeros",
    inputSize: size === 0 ? undefined : [size, size],
  };
}
