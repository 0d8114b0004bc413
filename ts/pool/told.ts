/**
 * Errors in what survives a message: clones of errors lose their class and their code.
 *
 * @module
 */
import { byCode } from "../engine/codes.js";
import {
  ConvergenceError,
  FormatError,
  InternalError,
  LoadError,
  SpectralNormError,
  TypeMismatchError,
  type Unconverged,
} from "../engine/errors.js";

/** An error as it is told. */
export interface ToldError {
  readonly code: unknown;
  readonly message: string;
  readonly stack: string | undefined;
  readonly reached?: Unconverged | undefined;
}

const classes: typeof byCode = {
  ...byCode,
  FORMAT: FormatError,
  INTERNAL: InternalError,
  LOAD: LoadError,
  TYPE: TypeMismatchError,
};

/** What to tell of an error. */
export function tell(thrown: unknown): ToldError {
  const { code, message, stack, reached } = Object(thrown) as Partial<ToldError>;
  return { code, message: message ?? String(thrown), stack, ...(reached && { reached }) };
}

/** The error that was told of, with the stack of where it was thrown. */
export function heard({ code, message, stack, reached }: ToldError): Error {
  const error = reached ? new ConvergenceError(message, reached) : made(code, message);
  return Object.assign(error, { stack });
}

function made(code: unknown, message: string): Error {
  if (typeof code !== "string") return new Error(message);
  const Class = classes[code];
  return Class === undefined ? new SpectralNormError(code, message) : new Class(message);
}
