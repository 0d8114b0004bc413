import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { freshSlim, wasmBytes } from "./fresh.js";
import { caught, engine, expectEngineIntact, expectVectorClose } from "./support.js";

/** The size of WebAssembly memory in bytes. */
function memorySize(): number {
  const probe = engine.matrix([1, 1]);
  const { byteLength } = probe.view.buffer;
  probe.free();
  return byteLength;
}

describe("a handle", () => {
  test("it tells its shape, axis and type, and starts at zero", () => {
    const handle = engine.matrix([2, 3, 4], { dtype: "float64", axis: -1 });
    expect(handle).toMatchObject({ shape: [2, 3, 4], axis: -1, dtype: "float64" });
    expect(handle.view).toEqual(new Float64Array(24));
    expect(Object.isFrozen(handle.shape)).toBe(true);
    handle.free();
    expect(engine.matrix([1, 2])).toMatchObject({ axis: undefined, dtype: "float32" });
  });

  test("what is written through the view is what is computed with", () => {
    const handle = engine.matrix([2, 2]);
    handle.view.set([3, 0, 0, 4]);
    expect(engine.frobeniusNorm(handle)).toBe(5);
    handle.view[3] = 0;
    expect(engine.frobeniusNorm(handle)).toBe(3);
    handle.free();
  });

  test("the view is derived anew after memory has grown", () => {
    const handle = engine.matrix([4, 4]);
    handle.view.fill(2);
    const old = handle.view;
    expect(handle.view).toBe(old);
    const large = engine.matrix([1024, (2 * memorySize()) / 4096]);
    expect(old.length).toBe(0);
    expect(handle.view).toEqual(new Float32Array(16).fill(2));
    large.free();
    expect(engine.frobeniusNorm(handle)).toBe(8);
    handle.free();
  });

  test("its view serves as data, even when the call makes memory grow", () => {
    const handle = engine.matrix([1024, memorySize() / 4096]);
    handle.view.fill(1);
    const { length, buffer } = handle.view;
    const norm = engine.frobeniusNorm({ data: handle.view, shape: [1, length] });
    expect(norm).toBeCloseTo(Math.sqrt(length), 6);
    expect(buffer.byteLength, "memory has grown during the call").toBe(0);
    handle.free();
  });

  test("use after free is an error, freeing again is not", () => {
    const handle = engine.matrix([1, 1]);
    handle.free();
    handle.free();
    handle[Symbol.dispose]();
    for (const use of [() => handle.view, () => handle.set([1])]) {
      const error = caught(use);
      expect(error).toMatchObject({ name: "DisposedError", code: "DISPOSED" });
      expect(error.message).toContain("Make another by engine.matrix");
    }
    expect(caught(() => engine.clipWeights([[1]], 1, { out: handle as never })).message).toContain('"options.out"');
    expect(handle.shape).toEqual([1, 1]);
    expectEngineIntact();
  });

  test("Symbol.dispose is free", () => {
    const handle = engine.matrix([1, 1]);
    handle[Symbol.dispose]();
    expect(caught(() => handle.view).code).toBe("DISPOSED");
  });

  test("10,000 of them made and disposed leave memory as it was", () => {
    const once = () => {
      const handle = engine.matrix([64, 64]);
      engine.frobeniusNorm(handle);
      handle[Symbol.dispose]();
    };
    once();
    const before = memorySize();
    for (let round = 0; round < 10_000; round += 1) {
      once();
    }
    expect(memorySize()).toBe(before);
  });

  test("failures leave memory as it was, too", () => {
    const wrong = { data: new Float32Array(64 * 64).fill(Number.NaN), shape: [64, 64] };
    const fail = () => caught(() => engine.spectralNormalize(wrong)).code;
    fail();
    const before = memorySize();
    for (let round = 0; round < 10_000; round += 1) {
      fail();
    }
    expect(memorySize()).toBe(before);
  });

  test("those that are dropped without free are collected", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const limit = memorySize() + 64 * 2 ** 20;
    // 1 GiB in all; without the net the limit is passed after the fourth round.
    for (let round = 0; round < 64; round += 1) {
      engine.matrix([2048, 2048]);
      collect();
      await setImmediate();
    }
    expect(memorySize()).toBeLessThanOrEqual(limit);
  });

  test("one of another engine is refused", async () => {
    const other = await (await freshSlim()).load(wasmBytes());
    const handle = other.matrix([1, 1]);
    const error = caught(() => engine.spectralNorm(handle));
    expect(error.code).toBe("TYPE");
    expect(error.message).toContain("got one of another engine, whose memory this one cannot see");
    expect(caught(() => engine.clipWeights([[1]], 1, { out: handle as never })).message).toContain("of another engine");
    expectEngineIntact();
  });
});

describe("set", () => {
  test("it copies typed arrays, arrays and array-likes, from an offset on", () => {
    const handle = engine.matrix([2, 3], { dtype: "float64" });
    handle.set(Float32Array.of(1, 2));
    handle.set([3, 4], 2);
    handle.set({ length: 1, 0: 5 }, 4);
    handle.set(Uint8Array.of(6), 5);
    handle.set([], 6);
    expectVectorClose(handle.view, [1, 2, 3, 4, 5, 6], 0);
    handle.free();
  });

  const wrong = [
    ["too many", [1, 2, 3], undefined, "SHAPE", '"values" expected at most 2 from offset 0 on, got 3'],
    ["too many from an offset on", [1, 2], 1, "SHAPE", '"values" expected at most 1 from offset 1 on, got 2'],
    ["a negative offset", [1], -1, "SHAPE", '"offset" expected an integer from 0 to 2, got -1'],
    ["a fractional offset", [1], 0.5, "SHAPE", "got 0.5"],
    ["an offset beyond the end", [], 3, "SHAPE", "got 3"],
    ["nothing", undefined, undefined, "TYPE", '"values" expected an array of numbers, got undefined'],
    ["a string", "12", undefined, "TYPE", 'got "12"'],
    ["strings", ["1"], undefined, "TYPE", '"values[0]" expected a number, got "1"'],
    ["bigints", BigInt64Array.of(1n), undefined, "TYPE", "got BigInt64Array(1)"],
  ] as const;
  test.each(wrong)("%s", (_, values, offset, code, sentence) => {
    const handle = engine.matrix([1, 2]);
    const error = caught(() => handle.set(values as never, offset));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expect(handle.view).toEqual(new Float32Array(2));
    handle.free();
  });
});
