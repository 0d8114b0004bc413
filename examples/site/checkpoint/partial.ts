/**
 * The report of an audit that did not come to its end.
 *
 * @module
 */
import type { Audit, AuditedTensor, AuditJob } from "spectral-norm/audit";
import type { Opened } from "./tasks.ts";

/** The row of a weight that was not measured; it says so, and so no report can be taken for a whole one. */
function unmeasured({ name, shape }: AuditJob): AuditedTensor {
  return {
    name,
    shape,
    dtype: "",
    axis: 0,
    spectralNorm: null,
    frobeniusNorm: null,
    stableRank: null,
    storedSigma: null,
    effectiveNorm: null,
    converged: null,
    iterations: null,
    note: null,
    error: { code: "CANCELED", message: "not measured: the audit was stopped before" },
    lower: null,
    upper: null,
    certainty: null,
    logSpectralNorm: null,
    logFrobeniusNorm: null,
    spectralCondition: null,
    singularValues: null,
    operator: null,
    normalization: null,
    staleness: null,
    adapter: null,
    head: null,
  };
}

/** The report of the rows so far, by the places of their jobs. */
export function partialAudit({ empty, jobs }: Opened, rows: readonly (AuditedTensor | undefined)[]): Audit {
  const all = jobs.map((job, index) => rows[index] ?? unmeasured(job));
  const isAdapter = (_row: AuditedTensor, index: number) => jobs[index]?.kind !== "weight";
  return {
    ...empty,
    tensors: all.filter((row, index) => !isAdapter(row, index)),
    adapters: all.filter(isAdapter),
  };
}
