/**
 * The page's numbers, and what they mean.
 *
 * @module
 */
import type { ConvolutionNorm } from "spectral-norm";
import { find } from "../shared/dom.ts";
import { ends, number, show } from "../shared/format.ts";
import { PRESETS, presetOf } from "./kernels.ts";
import type { State } from "./state.ts";

const PROOFS: Readonly<Record<ConvolutionNorm["method"], string>> = {
  cholesky: "by a decomposition of the whole map",
  symbol: "by its frequencies, each proved, and what lies between",
  reshaped: "by √m times the reshaped norm",
};

const IDS = ["sigma", "lower", "upper", "reshaped", "cheap", "ratio"] as const;

function inWords({ sigma, reshaped }: ConvolutionNorm): string {
  if (reshaped.upper === 0) return "A kernel of zeros moves nothing, and cannot be normalized: 0/0.";
  const ratio = sigma / reshaped.upper;
  const left = `Divided by the reshaped norm, the layer still stretches a change of its input by up to ${number(ratio, 3)}`;
  if (ratio > 1 + 1e-6) return `${left}, not 1: what layers divide by is too small.`;
  if (ratio < 1 - 1e-6) return `${left} only: what layers divide by is larger than it need be.`;
  return "Here the reshaped norm is the norm: normalization as layers do it is right.";
}

function showInterval({ lower, upper }: ConvolutionNorm): void {
  const [least, most] = ends(lower, upper);
  show(find("lower", HTMLDataElement), lower, least);
  show(find("upper", HTMLDataElement), upper, most);
}

/** Writes the numbers of a layer, or that there are none. */
export function showReadings(state: State, norm: ConvolutionNorm | undefined): void {
  const values =
    norm === undefined
      ? undefined
      : {
          sigma: norm.sigma,
          lower: norm.lower,
          upper: norm.upper,
          reshaped: norm.reshaped.upper,
          cheap: norm.factor * norm.reshaped.upper,
          ratio: norm.sigma / norm.reshaped.upper,
        };
  for (const id of IDS) {
    const value = values?.[id] ?? Number.NaN;
    show(find(id, HTMLDataElement), value, Number.isNaN(value) ? "–" : number(value, 5));
  }
  if (norm !== undefined) showInterval(norm);
  find("method", HTMLElement).textContent = norm === undefined ? "" : PROOFS[norm.method];
  find("meaning", HTMLElement).textContent = norm === undefined ? "" : inWords(norm);
  const size = norm?.outputSize?.join("×");
  find("output-size", HTMLElement).textContent = size === undefined ? "" : `Output: ${size} pixels.`;
  const preset = presetOf(state.kernel);
  find("look", HTMLElement).textContent = preset === undefined ? "" : PRESETS[preset].look;
}
