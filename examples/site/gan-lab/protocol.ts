/**
 * What crosses between the page and the worker of one method.
 *
 * @module
 */
import type { Cells } from "./cells.ts";
import type { MethodName } from "./methods.ts";
import type { DataName, State } from "./state.ts";

type Floats = Float32Array<ArrayBuffer>;

/** All that decides how a run goes: the same settings give the same numbers. */
export interface Settings {
  readonly method: MethodName;
  readonly data: DataName;
  readonly own: Cells;
  readonly seed: number;
  readonly hidden: number;
  readonly depth: number;
  readonly rate: number;
  readonly lambda: number;
  readonly batch: number;
  readonly criticSteps: number;
  readonly noise: number;
}

/** What the page wants to see. */
export type Look = Pick<State, "field" | "layers">;

/** Asked of a worker. */
export type Command =
  | { readonly kind: "begin"; readonly id: number; readonly settings: Settings; readonly look: Look }
  /** `pace`: steps a second at most; `until`: the step to pause at, or 0. */
  | { readonly kind: "run"; readonly pace: number; readonly until: number }
  | { readonly kind: "pause" }
  | { readonly kind: "step" }
  | { readonly kind: "look"; readonly look: Look };

/** A run at one step, as far as it is looked at. */
export interface Snapshot {
  readonly step: number;
  /** Generated samples, one after the other. */
  readonly samples: Floats;
  /** The critic on the grid of places.ts: its scores, and how steep it is. */
  readonly scores?: Floats;
  readonly slopes?: Floats;
  /** The critic's gradients at the first samples. */
  readonly gradients?: Floats;
  /** What the generator makes of the lattice of places.ts. */
  readonly lattice?: Floats;
}

/** What a run had come to at one step. */
export interface Measured {
  readonly step: number;
  /** Seconds of training so far; the first step, which compiles, measuring and drawing are left out. */
  readonly time: number;
  /** A step since the measurement before; NaN for the first. */
  readonly milliseconds: number;
  readonly distance: number;
  readonly covered: number;
  /** How many modes the data has. */
  readonly modes: number;
  readonly lower: number;
  readonly upper: number;
}

/** Why a run ended. */
export interface Trouble {
  readonly step: number;
  readonly code: string;
  readonly message: string;
}

/** Told by a worker; `id` is that of the beginning. */
export type Report = { readonly id: number } & (
  | { readonly kind: "began"; readonly real: Floats; readonly dimensions: number }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot }
  | { readonly kind: "measured"; readonly measured: Measured }
  /** `isAsked`: the page has paused it, and may have gone on meanwhile; otherwise it reached its step. */
  | { readonly kind: "paused"; readonly isAsked: boolean }
  | { readonly kind: "failed"; readonly trouble: Trouble }
);

/** The settings of a method's run that a state describes. */
export function settingsOf(state: State, method: MethodName): Settings {
  const { data, own, seed, hidden, depth, rate, lambda, batch, criticSteps, noise } = state;
  // What is drawn decides only where it is learned.
  return { method, data, own: data === "own" ? own : [], seed, hidden, depth, rate, lambda, batch, criticSteps, noise };
}
