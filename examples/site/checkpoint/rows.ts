/**
 * The rows of the table: what is wrong with them, which are shown, and in what order.
 *
 * @module
 */
import type { AuditedTensor, AuditJob } from "spectral-norm/audit";
import { number, percent } from "../shared/format.ts";
import type { State } from "./state.ts";
import type { Column, Measured } from "./tasks.ts";

/** A row, measured or not yet. */
export interface Item {
  /** Its place in the file, from 1. */
  readonly no: number;
  readonly job: AuditJob;
  readonly measured: Measured | undefined;
}

/** What is wrong with a row. */
export interface Problem {
  /** In a word or two, for the table. */
  readonly mark: string;
  /** In a sentence. */
  readonly text: string;
  /** Whether numbers are missing or wrong, rather than worth a look. */
  readonly isGrave: boolean;
}

/** The share of the norm that stored vectors may miss unnoticed: one more step of power iteration mends less. */
const STALE = 0.01;

/** All that is wrong with a weight. */
export function problemsOf(row: AuditedTensor): readonly Problem[] {
  const { error, converged, spectralNorm, staleness, note } = row;
  const problems: Problem[] = [];
  if (error !== null) {
    const mark =
      { NON_FINITE: "not finite", OUT_OF_MEMORY: "too large", SHAPE: "too large" }[error.code] ?? "no numbers";
    problems.push({ mark, text: error.message, isGrave: true });
  }
  if (converged === false) {
    const text = "The norm did not reach the tolerance within the passes allowed; the true one is larger.";
    problems.push({ mark: "not converged", text, isGrave: true });
  }
  if (spectralNorm === 0) problems.push({ mark: "all zeros", text: "Every entry is 0.", isGrave: false });
  if (staleness !== null && Math.abs(staleness) > STALE) {
    const of = `The stored vectors give ${number(row.storedSigma ?? Number.NaN)}, which misses ${percent(staleness)} of the norm`;
    const text = `${of}: spectral normalization leaves ${number(row.effectiveNorm ?? Number.NaN)} instead of 1.`;
    problems.push({ mark: `stale ${percent(staleness)}`, text, isGrave: false });
  }
  if (note !== null) problems.push({ mark: "note", text: `${note}.`, isGrave: false });
  return problems;
}

/** Whether a row is of a kind. */
function isOfKind({ job, measured }: Item, kind: State["kind"]): boolean {
  if (kind === "all") return true;
  if (kind === "normalized") return (measured?.row.normalization ?? null) !== null;
  if (kind === "adapter" || job.kind === "adapter") return job.kind === kind;
  return (kind === "matrix") === (job.shape.length === 2);
}

function isShown(item: Item, { search, kind, only, above }: Filter): boolean {
  const { job, measured } = item;
  if (!(job.name.toLowerCase().includes(search.trim().toLowerCase()) && isOfKind(item, kind))) return false;
  if (only === "problems" && (measured === undefined || problemsOf(measured.row).length === 0)) return false;
  return above === undefined || (measured?.row.spectralNorm ?? Number.NEGATIVE_INFINITY) > above;
}

type Filter = Pick<State, "search" | "kind" | "only" | "above">;

/** What a row is sorted by; null goes last in both directions. */
function keyOf({ no, job, measured }: Item, sort: string, column: number): number | string | null {
  if (sort === "no") return no;
  return sort === "weight" ? job.name : (measured?.cells[column]?.value ?? null);
}

// Made once: it takes longer to make than to use. Layer 10 comes after layer 9.
const collator = new Intl.Collator("en", { numeric: true });

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

/** The rows that are shown, in their order; rows that are equal keep that of the file. */
export function arrange(
  items: readonly Item[],
  columns: readonly Column[],
  state: Filter & Pick<State, "sort" | "order">,
): readonly Item[] {
  const column = columns.findIndex(({ key }) => key === state.sort);
  const direction = state.order === "up" ? 1 : -1;
  const keyed = items
    .filter((item) => isShown(item, state))
    .map((item) => ({ item, key: keyOf(item, state.sort, column) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return direction * compare(a.key, b.key);
  });
  return keyed.map(({ item }) => item);
}
