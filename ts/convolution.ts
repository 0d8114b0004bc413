/**
 * Norms of convolutions as they run, and kernels brought to one.
 *
 * @module
 */
import { provenDivisor } from "./constraints.js";
import { type Kernel, readKernel } from "./engine/kernel.js";
import { door, type Memory, type Scope } from "./engine/memory.js";
import { readEffort, type Search } from "./engine/search.js";
import { settled } from "./engine/settled.js";
import { readChoice, readOptions, readPositive } from "./engine/validate.js";
import { about } from "./gradients.js";
import type {
  Convolution,
  ConvolutionFunctions,
  ConvolutionNorm,
  ConvolutionNormalizeOptions,
  ConvolutionNormOptions,
  ConvolutionOptions,
  FloatArray,
  Normalized,
  SpectralGradient,
} from "./types.js";

/** Makes the functions over one engine's memory. */
export function convolutionsOf(memory: Memory): ConvolutionFunctions<"sync"> {
  return {
    convolutionNorm: (convolution, options) => convolutionNorm(memory, convolution, options),
    convolutionNormGradient: (convolution, options) => convolutionNormGradient(memory, convolution, options),
    convolutionNormalize: (convolution, options) => convolutionNormalize(memory, convolution, options),
  };
}

const searchKeys = ["tolerance", "maxIterations", "seed"] as const;
const methods = ["reshaped", "symbol", "cholesky"] as const;

/** What kind of bounds Rust is to find. */
const none = -1;
const cheap = 0;
const rigorous = 1;

type Effort = Pick<Search, "tolerance" | "maxIterations" | "seed">;
type Numbers = Omit<ConvolutionNorm, "outputSize"> & { readonly gap: number; readonly magnitudes: number };

/** The norm of a kernel in memory; writes the gradient to a buffer if there is one. */
function measure(
  scope: Scope,
  kernel: Kernel,
  { tolerance, maxIterations, seed }: Effort,
  certainty: number,
  gradient = 0,
): Numbers {
  const { groups, outputs, inputs, mode, dimensions, places, data } = kernel;
  const sides = dimensions.flatMap((side) => [
    side.input,
    side.kernel,
    side.stride,
    side.dilation,
    side.before,
    side.after,
  ]);
  const entries = Float64Array.from(places, (place) => data[place] as number);
  const found = door.convolutionNorm(
    scope.vector(entries),
    scope.vector(Float64Array.of(groups, outputs, inputs, mode, ...sides)),
    certainty,
    tolerance,
    maxIterations,
    seed,
    gradient,
  );
  const [sigma = 0, residual = 0, iterations = 0, converged = 0, gap = 0, lower = 0, upper = 0, ...rest] = found;
  const [method = 0, least = 0, greatest = 0, factor = 1, magnitudes = 0] = rest;
  return {
    sigma,
    lower,
    upper,
    method: methods[method] as ConvolutionNorm["method"],
    reshaped: { lower: least, upper: greatest },
    factor,
    residual,
    iterations,
    converged: converged === 1,
    gap,
    magnitudes,
  };
}

function convolutionNorm(
  memory: Memory,
  convolution: Convolution,
  options: ConvolutionNormOptions | undefined,
): ConvolutionNorm {
  const kernel = readKernel("convolution", convolution);
  const given = readOptions<ConvolutionNormOptions>(options, [...searchKeys, "certainty"]);
  const wanted = readChoice("options.certainty", given.certainty, ["rigorous", "cheap"]) === "cheap" ? cheap : rigorous;
  const effort = readEffort(given);
  return memory.run((scope) => {
    const { gap, magnitudes, ...norm } = measure(scope, kernel, effort, wanted);
    return { ...norm, outputSize: kernel.outputSize };
  });
}

function convolutionNormGradient<T extends FloatArray>(
  memory: Memory,
  convolution: Convolution<T>,
  options: ConvolutionOptions | undefined,
): SpectralGradient<T> {
  const kernel = readKernel("convolution", convolution);
  const given = readOptions<ConvolutionOptions>(options, searchKeys);
  // Vectors are what counts here, and they have half of the digits of the norm.
  const effort = readEffort({ ...given, tolerance: given.tolerance === undefined ? 1e-9 : given.tolerance });
  return memory.run((scope) => {
    const { places, data, dtype } = kernel;
    const buffer = scope.buffer(1, places.length);
    const found = measure(scope, kernel, effort, none, buffer);
    settled(found, effort.tolerance);
    const gradient = dtype === 0 ? new Float32Array(data.length) : new Float64Array(data.length);
    memory.view(buffer, 1, places.length).forEach((entry, index) => {
      gradient[places[index] as number] = entry;
    });
    return { gradient: gradient as T, ...about(found) };
  });
}

function convolutionNormalize<T extends FloatArray>(
  memory: Memory,
  convolution: Convolution<T>,
  options: ConvolutionNormalizeOptions | undefined,
): Normalized<T> {
  const kernel = readKernel("convolution", convolution);
  const { data, dtype } = kernel;
  const { length } = data;
  const given = readOptions<ConvolutionNormalizeOptions>(options, [...searchKeys, "target", "by", "mode"]);
  const target = readPositive("options.target", given.target === undefined ? 1 : given.target, dtype);
  const byUpper = readChoice("options.by", given.by, ["estimate", "upper"]) === "upper";
  const shrink = readChoice("options.mode", given.mode, ["scale", "shrink"]) === "shrink";
  const effort = readEffort(given);
  return memory.run((scope) => {
    const found = measure(scope, kernel, effort, byUpper ? rigorous : none);
    const sigma = settled(found, effort.tolerance);
    const stays = shrink && (byUpper ? found.upper : sigma) <= target;
    // Rounding may change every entry by half of the least number, and the map has each of them `factor²` times.
    const divisor =
      byUpper && sigma > 0 && !stays
        ? provenDivisor({ dtype, length: length * found.factor * found.factor }, found, target)
        : sigma;
    const buffer = scope.buffer(dtype, length);
    memory.write(buffer, dtype, length, data);
    door.scaleToNorm(buffer, buffer, divisor, stays ? divisor : target, false);
    return { data: memory.copy(buffer, dtype, length) as T, sigma };
  });
}
