/**
 * The classes of errors that calls into WebAssembly end with.
 *
 * @module
 */
import {
  DisposedError,
  NonFiniteError,
  OptionError,
  OutOfMemoryError,
  ShapeError,
  type SpectralNormError,
  StateError,
} from "./errors.js";

/** By their codes. */
export const byCode: Readonly<Record<string, new (message: string) => SpectralNormError>> = {
  SHAPE: ShapeError,
  NON_FINITE: NonFiniteError,
  OPTION: OptionError,
  DISPOSED: DisposedError,
  OUT_OF_MEMORY: OutOfMemoryError,
  STATE: StateError,
};
