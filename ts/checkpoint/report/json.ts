/**
 * The audit for machines. The shape is a promise: keys may be added, none will change or go.
 *
 * @module
 */
import type { Audit } from "../audit.js";
import type { Gate } from "../gates.js";

/** What takes the place of an audit when a file could not be audited. */
export interface FailedAudit {
  readonly file: string;
  readonly error: { readonly code: string; readonly message: string };
}

/**
 * `{ version, files }`: the version of the package, and for each file in the order given either an {@link Audit}
 * (`file`, `axis`, `tensors`, `skipped`, `adapters`, `heads`, `network`) with its `gates`, or a {@link FailedAudit} (`file`, `error`). Numbers have full precision.
 */
export function renderJson(
  files: readonly (Audit | FailedAudit)[],
  version: string,
  gates: ReadonlyMap<Audit, readonly Gate[]> = new Map(),
): string {
  const told = files.map((audit) => ("error" in audit ? audit : { ...audit, gates: gates.get(audit) ?? [] }));
  return `${JSON.stringify({ version, files: told }, undefined, 2)}\n`;
}
