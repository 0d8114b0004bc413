/**
 * The report of an audit that did not come to its end.
 *
 * @module
 */
import type { Audit, AuditedTensor } from "spectral-norm/audit";
import type { Opened } from "./tasks.ts";

/** The report of the rows so far, by the places of their jobs. */
export function partialAudit({ empty, jobs, unmeasured }: Opened, rows: readonly (AuditedTensor | undefined)[]): Audit {
  const all = unmeasured.map((row, index) => rows[index] ?? row);
  const isWeight = (_row: AuditedTensor, index: number) => jobs[index]?.kind === "weight";
  return {
    ...empty,
    tensors: all.filter(isWeight),
    adapters: all.filter((row, index) => !isWeight(row, index)),
  };
}
