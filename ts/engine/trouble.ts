/**
 * Turns what WebAssembly and JavaScript throw during a call into the errors of this package.
 *
 * @module
 */
import { byCode } from "./codes.js";
import { InternalError, OutOfMemoryError, SpectralNormError } from "./errors.js";

/** The error to throw in place of `thrown`. Errors that are not about WebAssembly pass unchanged. */
export function translate(thrown: unknown): unknown {
  if (typeof thrown === "string") {
    return fromDoor(thrown);
  }
  if (thrown instanceof SpectralNormError) {
    return thrown;
  }
  if (thrown instanceof WebAssembly.RuntimeError) {
    return report(thrown.message, thrown);
  }
  // JavaScript has no error class for this; engines word it "Array buffer allocation failed" or "invalid array length".
  if (thrown instanceof RangeError && /alloc|array|length/i.test(thrown.message)) {
    return new OutOfMemoryError("JavaScript could not allocate the array for the result", { cause: thrown });
  }
  return thrown;
}

/** Rust throws `CODE|message`. */
function fromDoor(thrown: string): SpectralNormError {
  const bar = thrown.indexOf("|");
  const ErrorClass = byCode[thrown.slice(0, bar)];
  // Rust calls the weight a matrix, and has no quotation marks around the names of its arguments.
  const message = thrown
    .slice(bar + 1)
    .replace(/^(\w+)(?= expected )/, (name) => `"${name === "matrix" ? "w" : name}"`);
  return ErrorClass === undefined ? report(thrown) : new ErrorClass(message);
}

function report(what: string, cause?: unknown): InternalError {
  const message = `The WebAssembly module failed unexpectedly: ${what}. This is a fault of spectral-norm; please report it`;
  return new InternalError(message, { cause });
}
