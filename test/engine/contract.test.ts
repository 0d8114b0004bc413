import * as main from "spectral-norm";
import * as slim from "spectral-norm/slim";
import { describe, expect, test } from "vitest";
import { caught, engine, expectEngineIntact } from "./support.js";

type Call = (target: typeof engine | typeof main, w: unknown, options?: unknown) => unknown;

const vector = Float64Array.of(1);
/** A cotangent of one entry, of the type that the weight has. */
const likeWeight = (w: unknown): Float32Array | Float64Array => {
  const { dtype, data } = (w ?? {}) as { dtype?: string; data?: unknown };
  return dtype === "float32" || data instanceof Float32Array ? Float32Array.of(2) : Float64Array.of(2);
};
/** Every function, called with a weight of one entry. A function that is not here fails the first test. */
const functions: Readonly<Record<string, Call>> = {
  spectralNorm: (target, w, options) => target.spectralNorm(w as never, options as never),
  dominantTriplet: (target, w, options) => (target as typeof engine).dominantTriplet(w as never, options as never),
  powerIteration: (target, w, options) => target.powerIteration(w as never, options as never),
  frobeniusNorm: (target, w) => target.frobeniusNorm(w as never),
  stableRank: (target, w, options) => target.stableRank(w as never, options as never),
  singularValues: (target, w, options) => target.singularValues(w as never, options as never),
  spectralNormBounds: (target, w, options) => target.spectralNormBounds(w as never, options as never),
  frobeniusPenalty: (target, w, options) => target.frobeniusPenalty(w as never, options as never),
  spectralPenalty: (target, w, options) => target.spectralPenalty(w as never, options as never),
  spectralNormGradient: (target, w, options) => target.spectralNormGradient(w as never, options as never),
  spectralNormalizeGradient: (target, w, options) =>
    target.spectralNormalizeGradient(w as never, likeWeight(w), options as never),
  clipSpectral: (target, w, options) => target.clipSpectral(w as never, 1, options as never),
  spectralRadius: (target, w) => target.spectralRadius(w as never),
  bilinearForm: (target, w) => target.bilinearForm(w as never, vector, vector),
  multiply: (target, w, options) => target.multiply(w as never, vector, options as never),
  spectralNormalize: (target, w, options) => target.spectralNormalize(w as never, options as never),
  clipWeights: (target, w, options) => target.clipWeights(w as never, 1, options as never),
  embeddingNorm: (target, w) => target.embeddingNorm(w as never),
  clipFrobenius: (target, w, options) => target.clipFrobenius(w as never, 1, options as never),
};
const compositions = ["operatorDifference", "operatorProduct", "operatorScale", "operatorSum"];
const withoutOptions = ["frobeniusNorm", "spectralRadius", "bilinearForm", "embeddingNorm"];
const withOptions = Object.entries(functions).filter(([name]) => !withoutOptions.includes(name));
/** Functions of something else than one weight, whose own tests hold all of the below. */
const convolutions = ["convolutionNorm", "convolutionNormGradient", "convolutionNormalize"];
const withoutWeight = [...convolutions, "batchNormNorm", "lipschitzBound", "empiricalLipschitz"];

test("the tables below hold every function of the engine and of the entries", () => {
  const names = [...Object.keys(functions), "createSpectralNormalization", ...withoutWeight].sort();
  expect(Object.keys(engine).sort()).toEqual([...names, "matrix"].sort());
  for (const entry of [main, slim] as Record<string, unknown>[]) {
    const exported = Object.keys(entry).filter((name) => typeof entry[name] === "function" && !name.endsWith("Error"));
    expect(exported.sort()).toEqual([...names, ...compositions, "load"].sort());
  }
});

describe.each(Object.entries(functions))("%s", (_, call) => {
  test("it takes arrays, nested arrays and handles alike", () => {
    const handle = engine.matrix([1, 1], { dtype: "float64" });
    handle.set([3]);
    const fromHandle = call(engine, handle);
    expect(call(engine, { data: Float64Array.of(3), shape: [1, 1] })).toEqual(fromHandle);
    expect(call(engine, [[3]])).toEqual(fromHandle);
    handle.free();
  });

  test("it leaves its input alone", () => {
    const data = Float32Array.of(3);
    call(engine, { data, shape: [1, 1] });
    expect(data).toEqual(Float32Array.of(3));
  });

  test("a freed handle is an error", () => {
    const handle = engine.matrix([1, 1]);
    handle.free();
    const error = caught(() => call(engine, handle));
    expect(error).toMatchObject({ name: "DisposedError", code: "DISPOSED" });
    expect(error.message).toContain('"w" expected a WasmMatrix in use, got one that was freed');
    expectEngineIntact();
  });

  test("NaN in a handle is found at the next call", () => {
    const handle = engine.matrix([1, 1]);
    handle.view[0] = Number.NaN;
    const error = caught(() => call(engine, handle));
    expect(error).toMatchObject({ name: "NonFiniteError", code: "NON_FINITE" });
    expect(error.message).toContain("NaN in row 0, column 0");
    handle.view[0] = 3;
    expect(() => call(engine, handle)).not.toThrow();
    handle.free();
    expectEngineIntact();
  });

  test("at top level it promises the same, and only ever rejects", async () => {
    expect(await call(main, [[3]])).toEqual(call(engine, [[3]]));
    for (const wrong of [undefined, [], [[Number.NaN]], { data: 1 }]) {
      const promise = call(main, wrong);
      expect(promise).toBeInstanceOf(Promise);
      await expect(promise).rejects.toMatchObject({ code: caught(() => call(engine, wrong)).code });
    }
  });

  test("it works when taken off its object", () => {
    const detached = { ...engine };
    expect(call(detached, [[3]])).toEqual(call(engine, [[3]]));
  });
});

describe.each(withOptions)("options of %s", (_, call) => {
  test("unknown keys are errors", () => {
    const error = caught(() => call(engine, [[3]], { unheard: 1 }));
    expect(error).toMatchObject({ name: "OptionError", code: "OPTION" });
    expect(error.message).toContain('"options" has the unknown key "unheard"; the known ones are "');
    expectEngineIntact();
  });

  test("no options, empty options and undefined ones are the same", () => {
    expect(call(engine, [[3]], {})).toEqual(call(engine, [[3]]));
    expect(call(engine, [[3]], { start: undefined, out: undefined, [Symbol("ignored")]: 1 }["out"])).toEqual(
      call(engine, [[3]]),
    );
  });
});

test("createSpectralNormalization at top level promises one, and only ever rejects", async () => {
  const normalization = await main.createSpectralNormalization([1, 2]);
  expect(normalization.forward(Float32Array.of(3, 4)).sigma).toBeCloseTo(5, 12);
  normalization.free();
  await expect(main.createSpectralNormalization([1])).rejects.toMatchObject({ code: "SHAPE" });
});
