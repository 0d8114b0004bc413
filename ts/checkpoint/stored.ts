/**
 * What PyTorch's spectral normalization leaves in a checkpoint: the raw weight, and the vectors u and v whose uᵀWv it
 * divides the weight by.
 *
 * @module
 */
import type { ListedTensor } from "./listed.js";

/** The vectors of power iteration that belong to a weight. */
export interface StoredVectors {
  readonly dialect: "torch" | "torch-hook";
  readonly u: ListedTensor;
  readonly v: ListedTensor;
}

// torch.nn.utils.parametrizations.spectral_norm, and the forward hook torch.nn.utils.spectral_norm before it.
// Another index than 0 would mean that something else transforms the weight first, so that uᵀWv says nothing about W.
const conventions: readonly (readonly [dialect: StoredVectors["dialect"], weight: RegExp, u: string, v: string])[] = [
  ["torch", /^((?:.*\.)?parametrizations\.[^.]+\.)original$/s, "0._u", "0._v"],
  ["torch-hook", /^(.+)_orig$/s, "_u", "_v"],
];

/** The vectors stored for the weight called `name`; `undefined` for a weight that is not under spectral normalization. */
export function storedVectors(name: string, tensors: ReadonlyMap<string, ListedTensor>): StoredVectors | undefined {
  for (const [dialect, weight, uName, vName] of conventions) {
    const stem = weight.exec(name)?.[1];
    const u = tensors.get(`${stem}${uName}`);
    const v = tensors.get(`${stem}${vName}`);
    if (stem !== undefined && u !== undefined && v !== undefined) return { dialect, u, v };
  }
  return undefined;
}
