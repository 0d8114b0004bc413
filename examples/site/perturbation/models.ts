/**
 * The four models that the page compares.
 *
 * @module
 */

/** One for each way of constraining that the page shows. */
export const MODELS = ["plain", "frobenius", "spectral", "normalized"] as const;
export type Model = (typeof MODELS)[number];

/** Steps that each is trained for. */
export const STEPS = 300;

/** What may be chosen about all of them. */
export interface Settings {
  /** Of the first weights and the batches; the same for all. */
  readonly seed: number;
  /** What ‖W‖_F² is multiplied by. */
  readonly frobenius: number;
  /** What ‖W‖₂² is multiplied by. */
  readonly spectral: number;
}

/** How a model is trained, as examples/shared names it. */
export interface Training {
  readonly method: string;
  readonly lambda: number;
  readonly seed: number;
}

/** How a model is trained under settings. */
export function trainingOf(model: Model, { seed, frobenius, spectral }: Settings): Training {
  const by = {
    plain: { method: "none", lambda: 0 },
    frobenius: { method: "frobenius", lambda: frobenius },
    spectral: { method: "spectral", lambda: spectral },
    normalized: { method: "normalized", lambda: 0 },
  };
  return { ...by[model], seed };
}

/** How models are called. */
export const NAMES: Readonly<Record<Model, { readonly title: string; readonly about: string }>> = {
  plain: { title: "Plain", about: "cross-entropy alone" },
  frobenius: { title: "L2", about: "loss + λ Σ w², weight decay" },
  spectral: { title: "Spectral", about: "loss + λ Σ ‖W‖₂² over layers" },
  normalized: { title: "Normalized", about: "layers compute with W/σ(W)" },
};
