/**
 * Which weights of a checkpoint are under spectral normalization, and which tensors there are because of it.
 *
 * @module
 */
import type { Dialect } from "../detail.js";
import { isRead, type ListedTensor } from "../listed.js";
import { type StoredVectors, storedVectors } from "../stored.js";
import { type StoredVector, storedVector } from "../stored-last.js";
import type { CheckpointTensor } from "../types.js";

/** A weight under spectral normalization. */
export interface Normalized {
  readonly tensor: CheckpointTensor;
  /** What it is called without. */
  readonly plain: string;
  readonly dialect: Dialect;
  /** The tensors that then have no meaning. */
  readonly gone: readonly string[];
  readonly stored: StoredVectors | StoredVector;
}

/** The weights of a checkpoint that are under spectral normalization. */
export function storedNormalizations(named: ReadonlyMap<string, ListedTensor>): readonly Normalized[] {
  const found: Normalized[] = [];
  for (const tensor of named.values()) {
    if (!isRead(tensor) || tensor.shape.length < 2) continue;
    const pair = storedVectors(tensor.name, named);
    const one = pair ?? storedVector(tensor, named);
    if (one === undefined || one.u.name === tensor.name) continue;
    const { dialect, u } = one;
    const gone = "v" in one ? [u.name, one.v.name] : [u.name, ...siblingOf(u.name, dialect, named)];
    found.push({ tensor, plain: plainName(tensor.name, dialect), dialect, gone, stored: one });
  }
  return found;
}

/** The σ that Flax keeps beside its vector. */
function siblingOf(u: string, dialect: Dialect, named: ReadonlyMap<string, ListedTensor>): readonly string[] {
  const sigma = u.replace(/u$/, "sigma");
  return dialect === "flax" && named.has(sigma) ? [sigma] : [];
}

function plainName(name: string, dialect: Dialect): string {
  if (dialect === "torch") return name.replace(/parametrizations\.([^.]+)\.original$/s, "$1");
  return dialect === "torch-hook" ? name.replace(/_orig$/, "") : name;
}
