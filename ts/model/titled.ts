/**
 * Errors that say which of several it is about.
 *
 * @module
 */
import { SpectralNormError } from "../engine/errors.js";

/** Does something, whose errors then begin with a title. */
export function titled<T>(title: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof SpectralNormError) thrown.message = `${title}: ${thrown.message}`;
    throw thrown;
  }
}
