import { runInNewContext } from "node:vm";
import { expect, describe as group, test } from "vitest";
import { describe, typedArrayKind } from "../../ts/engine/describe.js";

const circular: unknown[] = [1];
circular.push(circular);
const throwing = new Proxy(
  {},
  {
    getPrototypeOf() {
      throw new Error("no");
    },
  },
);

group("describe", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, "undefined"],
    [null, "null"],
    [-0, "-0"],
    [Number.NaN, "NaN"],
    [10n, "10n"],
    [Symbol("s"), "Symbol(s)"],
    [true, "true"],
    ["text", '"text"'],
    ["x".repeat(100), `"${"x".repeat(40)}…"`],
    [() => 1, "a function"],
    [[3, -1], "[3, -1]"],
    [[], "[]"],
    [[1, "a", null, [2]], '[1, "a", null, an array of length 1]'],
    [new Array(2), "[undefined, undefined]"],
    [Array.from({ length: 20 }, (_, index) => index), "[0, 1, 2, 3, 4, 5, 6, 7, …] of length 20"],
    [new Int8Array(3), "Int8Array(3)"],
    [{}, "{}"],
    [{ a: 1, b: 2 }, "{ a, b }"],
    [Object.create(null), "{}"],
    [new Map(), "an object of class Map"],
    [circular, "[1, an array of length 2]"],
    [throwing, "a value that cannot be shown"],
    [Proxy.revocable({}, {}).proxy, "{}"],
  ];
  test.each(cases)("case %#", (value, words) => {
    expect(describe(value)).toBe(words);
  });

  test("a revoked proxy", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(describe(proxy)).toBe("a value that cannot be shown");
  });
});

group("typedArrayKind", () => {
  test("it sees through realms and is not fooled by tags", () => {
    expect(typedArrayKind(runInNewContext("new Float32Array(2)"))).toBe("Float32Array");
    expect(typedArrayKind({ [Symbol.toStringTag]: "Float32Array" })).toBeUndefined();
    expect(typedArrayKind(new DataView(new ArrayBuffer(8)))).toBeUndefined();
    expect(typedArrayKind(3)).toBeUndefined();
  });
});
