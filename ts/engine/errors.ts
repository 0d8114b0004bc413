/**
 * Every error of the package: one base class, one subclass a code. A message names the argument, what was expected,
 * what came, and where there is one, the remedy.
 *
 * @module
 */

/** What an error may be made with. Declared here, for `ErrorOptions` is missing from older libraries of TypeScript. */
export interface Cause {
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** Base class of all errors of this package. Branch on {@link SpectralNormError.code}, which is stable. */
export class SpectralNormError extends Error {
  static {
    // A field or the constructor's name would be an own property, or change when an application is minified.
    SpectralNormError.prototype.name = "SpectralNormError";
  }

  /** What kind of error it is, e.g. `"SHAPE"`. */
  readonly code: string;

  constructor(code: string, message: string, options?: Cause) {
    super(message, options);
    this.code = code;
  }
}

/** `SHAPE`: dimensions, an axis or a length that do not fit. */
export class ShapeError extends SpectralNormError {
  static {
    ShapeError.prototype.name = "ShapeError";
  }

  constructor(message: string, options?: Cause) {
    super("SHAPE", message, options);
  }
}

/** `TYPE`: a value of the wrong kind, e.g. an array of integers where floats were expected. */
export class TypeMismatchError extends SpectralNormError {
  static {
    TypeMismatchError.prototype.name = "TypeMismatchError";
  }

  constructor(message: string, options?: Cause) {
    super("TYPE", message, options);
  }
}

/** `NON_FINITE`: NaN or infinity among the numbers; the message says where. */
export class NonFiniteError extends SpectralNormError {
  static {
    NonFiniteError.prototype.name = "NonFiniteError";
  }

  constructor(message: string, options?: Cause) {
    super("NON_FINITE", message, options);
  }
}

/** `OPTION`: an option or a parameter that is unknown or out of range. */
export class OptionError extends SpectralNormError {
  static {
    OptionError.prototype.name = "OptionError";
  }

  constructor(message: string, options?: Cause) {
    super("OPTION", message, options);
  }
}

/** `DISPOSED`: a handle was used after it gave its memory back. */
export class DisposedError extends SpectralNormError {
  static {
    DisposedError.prototype.name = "DisposedError";
  }

  constructor(message: string, options?: Cause) {
    super("DISPOSED", message, options);
  }
}

/** `OUT_OF_MEMORY`: WebAssembly or JavaScript could not provide the memory. */
export class OutOfMemoryError extends SpectralNormError {
  static {
    OutOfMemoryError.prototype.name = "OutOfMemoryError";
  }

  constructor(message: string, options?: Cause) {
    super("OUT_OF_MEMORY", message, options);
  }
}

/** `LOAD`: the WebAssembly module could not be had, compiled or started. The next call tries again. */
export class LoadError extends SpectralNormError {
  static {
    LoadError.prototype.name = "LoadError";
  }

  constructor(message: string, options?: Cause) {
    super("LOAD", message, options);
  }
}

/** `FORMAT`: a file that is not what it claims to be. */
export class FormatError extends SpectralNormError {
  static {
    FormatError.prototype.name = "FormatError";
  }

  constructor(message: string, options?: Cause) {
    super("FORMAT", message, options);
  }
}

/** What the search had reached when it gave up. */
export interface Unconverged {
  /** The best estimate, ‖Wv‖ of a unit vector: a lower bound of the spectral norm but for rounding. */
  readonly sigma: number;
  /** ‖Wᵀu − σv‖/σ at that estimate. */
  readonly residual: number;
  /** Passes over the matrix that were made. */
  readonly iterations: number;
}

/** `CONVERGENCE`: the accuracy asked for was not reached within the passes allowed. */
export class ConvergenceError extends SpectralNormError {
  static {
    ConvergenceError.prototype.name = "ConvergenceError";
  }

  /** What was reached. */
  readonly reached: Unconverged;

  constructor(message: string, reached: Unconverged, options?: Cause) {
    super("CONVERGENCE", message, options);
    this.reached = reached;
  }
}

/** `STATE`: a call that needs another one before it. */
export class StateError extends SpectralNormError {
  static {
    StateError.prototype.name = "StateError";
  }

  constructor(message: string, options?: Cause) {
    super("STATE", message, options);
  }
}

/** `INTERNAL`: a fault of this package. Please report it. */
export class InternalError extends SpectralNormError {
  static {
    InternalError.prototype.name = "InternalError";
  }

  constructor(message: string, options?: Cause) {
    super("INTERNAL", message, options);
  }
}
