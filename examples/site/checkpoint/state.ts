/**
 * What the page can be set to.
 *
 * @module
 */
import { type Codec, type Codecs, oneOf } from "../shared/url-state.ts";
import { EXAMPLES, type ExampleName } from "./examples.ts";

/** The output axis of kernels, as the package takes it. */
export const AXES = ["0", "1", "last"] as const;

/** Relative accuracies of the spectral norm. */
export const TOLERANCES = ["1e-4", "1e-6", "1e-9"] as const;

/** What is found out beyond the norms: nothing, intervals as they are affordable, or all of them rigorous. */
export const INTERVALS = ["none", "auto", "rigorous"] as const;

/** How many leading singular values. */
export const VALUES = ["5", "16", "64"] as const;

/** What kinds of rows there are. */
export const KINDS = ["all", "matrix", "kernel", "normalized", "adapter"] as const;

/** Everything that the page's address carries. Files of the own machine it cannot carry. */
export interface State {
  readonly example: ExampleName;
  /** An address to read; empty where the example is shown. */
  readonly url: string;
  readonly axis: (typeof AXES)[number];
  readonly tolerance: (typeof TOLERANCES)[number];
  readonly intervals: (typeof INTERVALS)[number];
  readonly values: (typeof VALUES)[number];
  /** α of LoRA pairs whose file does not have it; undefined where none is given. */
  readonly alpha: number | undefined;
  readonly search: string;
  readonly kind: (typeof KINDS)[number];
  readonly only: "everything" | "problems";
  /** Rows with smaller norms are not shown; undefined shows all. */
  readonly above: number | undefined;
  /** `"no"`, `"weight"`, or the key of a column. */
  readonly sort: string;
  readonly order: "up" | "down";
  /** Keys of the columns that are shown. */
  readonly columns: readonly string[];
  /** The number of the row that is open, from 1; 0 for none. */
  readonly row: number;
}

/** The part of the state that the numbers depend on. */
export type Settings = Pick<State, "axis" | "tolerance" | "intervals" | "values" | "alpha"> & {
  /** A file that tells how layers run. */
  readonly layers: LayersFile | undefined;
};

/** A file of layers. */
export interface LayersFile {
  readonly name: string;
  readonly text: string;
}

const words = (most: number): Codec<string> => ({
  write: (text) => text,
  read: (text) => (text.length <= most ? text : undefined),
});

const optional: Codec<number | undefined> = {
  write: (value) => (value === undefined ? "" : String(value)),
  read: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
};

const address: Codec<string> = {
  write: (text) => text,
  read: (text) => (/^https?:\/\//i.test(text) && URL.canParse(text) ? text : undefined),
};

const key = /^[a-z0-9_]{1,40}$/;

const columns: Codec<readonly string[]> = {
  write: (keys) => keys.join("."),
  read(text) {
    const keys = text === "" ? [] : text.split(".");
    return keys.length <= 40 && keys.every((each) => key.test(each)) ? keys : undefined;
  },
};

/** How the state is written into the address. */
export const CODECS: Codecs<State> = {
  example: oneOf(EXAMPLES.map(({ name }) => name)),
  url: address,
  axis: oneOf(AXES),
  tolerance: oneOf(TOLERANCES),
  intervals: oneOf(INTERVALS),
  values: oneOf(VALUES),
  alpha: optional,
  search: words(500),
  kind: oneOf(KINDS),
  only: oneOf(["everything", "problems"]),
  above: optional,
  sort: { write: (text) => text, read: (text) => (key.test(text) ? text : undefined) },
  order: oneOf(["up", "down"]),
  columns,
  row: {
    write: String,
    read: (text) => (/^\d{1,7}$/.test(text) ? Number(text) : undefined),
  },
};

/** What the page opens with. */
export const DEFAULTS: State = {
  example: "critic",
  url: "",
  axis: "0",
  tolerance: "1e-6",
  intervals: "auto",
  values: "5",
  alpha: undefined,
  search: "",
  kind: "all",
  only: "everything",
  above: undefined,
  sort: "no",
  order: "up",
  columns: ["shape", "spectral_norm", "stable_rank", "staleness", "effective_norm", "operator_upper"],
  row: 0,
};

/** The settings of a state. */
export function settingsOf(
  { axis, tolerance, intervals, values, alpha }: State,
  layers: LayersFile | undefined,
): Settings {
  return { axis, tolerance, intervals, values, alpha, layers };
}
