/**
 * The Lipschitz constant of a network, from those of its layers.
 *
 * @module
 */
import { ShapeError } from "../engine/errors.js";
import { complaint, readInteger, readOptions } from "../engine/validate.js";
import type { LayerBound, LipschitzBound, LipschitzOptions, Network, Spectral } from "../types.js";
import { type Constant, type Norms, readLayers, type Step } from "./plan.js";
import type { Size } from "./pools.js";
import { times } from "./rounding.js";

/** Makes the function over an engine's norms. */
export function networkOf(norms: Norms): Pick<Spectral, "lipschitzBound"> {
  return { lipschitzBound: (network, options) => lipschitzBound(norms, network, options) };
}

function lipschitzBound(norms: Norms, network: Network, options: LipschitzOptions | undefined): LipschitzBound {
  const { inputSize } = readOptions<LipschitzOptions>(options, ["inputSize"]);
  // All is checked before anything is computed.
  const steps = readLayers("network", network, readSize("options.inputSize", inputSize), true);
  const layers: LayerBound[] = [];
  const table = (some: readonly Step[]): Constant => {
    const total = { upper: 1, article: 1 };
    for (const { path, name, type, note, constant } of some) {
      const place = layers.length;
      layers.length += 1;
      const { upper, article } = constant(norms, table);
      layers[place] = { path, name, type, upper, article, note };
      total.upper = times(total.upper, upper);
      total.article *= article;
    }
    return total;
  };
  return { ...table(steps), layers };
}

function readSize(title: string, size: unknown): Size {
  if (!Array.isArray(size)) {
    return size === undefined ? undefined : readInteger(title, size, 1, 1, 2 ** 31 - 1);
  }
  if (size.length < 1 || size.length > 3) {
    throw new ShapeError(complaint(title, "1, 2 or 3 positive integers", size));
  }
  return size.map((side, index) => readInteger(`${title}[${index}]`, side ?? Number.NaN, 1, 1, 2 ** 31 - 1));
}
