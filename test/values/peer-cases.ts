import type { NormalizationPreset } from "spectral-norm";

/** The shape of test/fixtures/peers.json. */
export interface Pass {
  readonly sigma: number;
  readonly data: readonly number[];
  readonly u?: readonly number[];
  readonly v?: readonly number[];
  readonly vector_u?: readonly number[];
  /** Flax's own σ, of the last pass in training. */
  readonly stored?: readonly number[];
}

export interface Case {
  readonly preset: Exclude<NormalizationPreset, "article">;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly iterations: number;
  readonly epsilon: number;
  readonly seed: number;
  readonly exponent: number;
  /** What PyTorch's registration drew for v. */
  readonly drawn?: readonly number[];
  readonly initial: Readonly<Record<string, readonly number[]>>;
  readonly passes: readonly Pass[];
  readonly gradient: readonly number[];
}
