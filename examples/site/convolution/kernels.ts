/**
 * Kernels to begin with, in two sizes.
 *
 * @module
 */
import { kernel as criticKernel } from "virtual:critic";
import { normals } from "../shared/random.ts";

/** Sides of the kernels that the editor offers. */
export const SIDES = [3, 5] as const;
export type Side = (typeof SIDES)[number];

/** Filters one after the other, each row by row. There is one, but for the critic's 32. */
export type Kernel = readonly number[];

/** The kernel's side and number of filters, which its length tells. */
export function shapeOf(kernel: Kernel): { readonly side: Side; readonly filters: number } {
  return kernel.length === 25 ? { side: 5, filters: 1 } : { side: 3, filters: kernel.length / 9 };
}

const outer = (column: readonly number[], row: readonly number[], by = 1): number[] =>
  column.flatMap((left) => row.map((right) => (left * right) / by));

/** A kernel minus the identity times -`center`, e.g. sharpening from blurring. */
function aroundCenter(kernel: readonly number[], center: number): number[] {
  const middle = (kernel.length - 1) / 2;
  return kernel.map((entry, index) => (index === middle ? center : 0) - entry);
}

const BLUR_3 = outer([1, 2, 1], [1, 2, 1], 16);
const BLUR_5 = outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1], 256);

/** Presets that are always the same. */
export const PRESETS = {
  sobel: {
    label: "Sobel",
    3: outer([1, 2, 1], [1, 0, -1]),
    5: outer([1, 4, 6, 4, 1], [1, 2, 0, -2, -1]),
    look: "An edge filter: its entries sum to zero, so that even areas vanish, and stripes of one width gain most.",
  },
  laplacian: {
    label: "Laplacian",
    3: [0, 1, 0, 1, -4, 1, 0, 1, 0],
    5: [0, 0, 1, 0, 0, 0, 1, 2, 1, 0, 1, 2, -16, 2, 1, 0, 1, 2, 1, 0, 0, 0, 1, 0, 0],
    look: "The checkerboard, at the corners, gains most. Zero-DC filters like it are what the all-ones start is blind to.",
  },
  blur: {
    label: "Blur",
    3: BLUR_3,
    5: BLUR_5,
    look: "An average passes even areas unchanged: its norm is 1 where the border keeps them whole, a little less with zeros around.",
  },
  sharpen: {
    label: "Sharpen",
    3: [0, -1, 0, -1, 5, -1, 0, -1, 0],
    5: aroundCenter(BLUR_5, 2),
    look: "The identity, plus what a blur would take away: fine detail gains most.",
  },
  critic: {
    label: "Critic, layer 1",
    3: criticKernel,
    5: undefined,
    look: "The first convolution of a critic that PyTorch normalized: 32 filters, of norm 1 by its count. As it runs, the layer stretches by almost 3.",
  },
} as const satisfies Record<
  string,
  { readonly label: string; readonly look: string; readonly 3: Kernel; readonly 5: Kernel | undefined }
>;

export type Preset = keyof typeof PRESETS;

const NAMES = Object.keys(PRESETS) as Preset[];

/** The preset that a kernel is, if it is one. */
export function presetOf(kernel: Kernel): Preset | undefined {
  const isSame = (other: Kernel | undefined): boolean =>
    other?.length === kernel.length && other.every((entry, index) => entry === kernel[index]);
  return NAMES.find((name) => SIDES.some((side) => isSame(PRESETS[name][side])));
}

/** Normal entries, rounded so that they can be read, and their address copied. */
export function randomKernel(side: Side, seed: number): Kernel {
  return Array.from(normals(side * side, seed), (entry) => Math.round(100 * entry) / 100);
}

/** The kernel in another size: that of its preset, or else its first filter with a border added or cut off. */
export function resized(kernel: Kernel, side: Side): Kernel {
  const preset = presetOf(kernel);
  const known = preset === undefined ? undefined : PRESETS[preset][side];
  if (known !== undefined) return known;
  const from = shapeOf(kernel).side;
  const border = (side - from) / 2;
  return Array.from({ length: side * side }, (_, index) => {
    const [row, column] = [Math.floor(index / side) - border, (index % side) - border];
    const isInside = row >= 0 && row < from && column >= 0 && column < from;
    return isInside ? (kernel[row * from + column] ?? 0) : 0;
  });
}
