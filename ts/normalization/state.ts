/**
 * Reads and copies states.
 *
 * @module
 */
import { NonFiniteError, TypeMismatchError } from "../engine/errors.js";
import type { Layout } from "../engine/layout.js";
import { checkKeys, complaint, readVector } from "../engine/validate.js";
import type { SpectralNormalizationState } from "../types.js";

/** Checks a state and copies it. */
export function readState(state: unknown, { rows, columns }: Layout): SpectralNormalizationState {
  if (typeof state !== "object" || state === null) {
    throw new TypeMismatchError(complaint("state", "{ u, v, sigma }", state));
  }
  checkKeys("state", state, ["u", "v", "sigma"]);
  const { u, v, sigma } = state as SpectralNormalizationState;
  readVector("state.u", u, rows, "one entry for each row");
  readVector("state.v", v, columns, "one entry for each column");
  if (typeof sigma !== "number") {
    throw new TypeMismatchError(complaint("state.sigma", "a number", sigma));
  }
  if (!Number.isFinite(sigma)) {
    throw new NonFiniteError(complaint("state.sigma", "a finite number", sigma));
  }
  return copyState({ u, v, sigma });
}

/** A copy that nobody else has. */
export function copyState({ u, v, sigma }: SpectralNormalizationState): SpectralNormalizationState {
  return { u: Float64Array.from(u), v: Float64Array.from(v), sigma };
}
