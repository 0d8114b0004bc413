import { describe, expect, test } from "vitest";
import { ShapeError, type SpectralNormError } from "../../ts/engine/errors.js";
import { translate } from "../../ts/engine/trouble.js";

describe("translate", () => {
  const strings = [
    ["SHAPE|rows expected length 4, got 3", "ShapeError", '"rows" expected length 4, got 3'],
    ["NON_FINITE|matrix expected finite entries, got NaN", "NonFiniteError", '"w" expected finite entries, got NaN'],
    ["OPTION|c expected a number", "OptionError", '"c" expected a number'],
    ["DISPOSED|buffer 7 was freed", "DisposedError", "buffer 7 was freed"],
    ["OUT_OF_MEMORY|9 bytes could not be allocated", "OutOfMemoryError", "9 bytes could not be allocated"],
    ["STATE|a | b", "StateError", "a | b"],
  ] as const;
  test.each(strings)("%s", (thrown, name, message) => {
    const error = translate(thrown) as SpectralNormError;
    expect([error.name, error.message]).toEqual([name, message]);
    expect(error.code).toBe(thrown.slice(0, thrown.indexOf("|")));
  });

  test("a trap and a string that is no code are faults of ours, and ask for a report", () => {
    for (const thrown of [new WebAssembly.RuntimeError("unreachable"), "unreachable", "NEW|unreachable"]) {
      const error = translate(thrown) as SpectralNormError;
      expect([error.name, error.code]).toEqual(["InternalError", "INTERNAL"]);
      expect(error.message).toMatch(/unreachable.*please report it/);
    }
  });

  test("JavaScript running out of memory is told apart from other range errors", () => {
    const full = new RangeError("Array buffer allocation failed");
    expect(translate(full)).toMatchObject({ code: "OUT_OF_MEMORY", cause: full });
    const deep = new RangeError("Maximum call stack size exceeded");
    expect(translate(deep)).toBe(deep);
  });

  test("our own errors and those of callers pass unchanged", () => {
    for (const error of [new ShapeError("x"), new TypeError("a getter of the caller's"), undefined]) {
      expect(translate(error)).toBe(error);
    }
  });
});
