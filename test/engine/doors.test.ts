import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shareSignatures } from "../../scripts/lib/doors.mjs";

type Call = (name: string, ...given: unknown[]) => number | Iterable<number>;

const source = `(module
  (func (export "status") (param f64 i32) (result i32 i32) (i32.trunc_sat_f64_u (local.get 0)) (local.get 1))
  (func (export "number") (param i32 f64 i32) (result f64 i32 i32)
    (f64.add (f64.convert_i32_u (local.get 0)) (local.get 1)) (local.get 2) (i32.const 1))
  (func (export "list") (param i32 i32 i32 i32 f64) (result i32 i32 i32 i32)
    (local.get 3) (i32.trunc_sat_f64_u (local.get 4)) (local.get 1) (i32.add (local.get 0) (local.get 2)))
  (func (export "single") (param f64) (result i32) (i32.trunc_sat_f64_u (local.get 0))))`;

function caller(bytes: Uint8Array): Call {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), {});
  return (name, ...given) => (exports as Record<string, (...given: unknown[]) => number>)[name]?.(...given) ?? [];
}

const original = binaryen.parseText(source);
original.setFeatures(binaryen.Features.All & ~binaryen.Features.GC);
const before = caller(original.emitBinary());
const after = caller(await shareSignatures(original.emitBinary()));

test("exports behind doors take what they took, and give what they gave", () => {
  const count = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.boolean());
  const number = fc.double({ min: 0, max: 2 ** 31, noNaN: true });
  fc.assert(
    fc.property(fc.array(count, { minLength: 4, maxLength: 4 }), number, ([a, b, c, d], x) => {
      const calls: [string, unknown[]][] = [
        ["status", [x, b]],
        ["number", [a, x, c]],
        ["list", [a, b, c, d, x]],
      ];
      for (const [name, given] of calls) {
        const [first = 0, ...others] = before(name, ...given) as Iterable<number>;
        const got = [...(after(name, ...given) as Iterable<number>)];
        expect(got).toHaveLength(4);
        // An index had a sign, which JavaScript takes from it.
        const unsigned = name === "number" ? first : first >>> 0;
        expect(got.slice(0, 1 + others.length)).toEqual([unsigned, ...others]);
      }
      expect(after("single", x)).toBe(before("single", x));
    }),
  );
});

test("the module has exports that return several values in two signatures alone", () => {
  const module = new WebAssembly.Module(
    readFileSync(fileURLToPath(new URL("../../dist/spectral_norm.wasm", import.meta.url))),
  );
  const nothing = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, () => undefined]));
  const imports = Object.fromEntries(WebAssembly.Module.imports(module).map((item) => [item.module, nothing]));
  const { exports } = new WebAssembly.Instance(module, imports);
  const own = Object.entries(exports).filter(([name, one]) => typeof one === "function" && !name.startsWith("__"));
  expect(new Set(own.map(([, one]) => (one as { length: number }).length))).toEqual(new Set([1, 3, 11]));
});
