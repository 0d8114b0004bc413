import fc from "fast-check";
import { createModelNormalization, spectralNorms } from "spectral-norm/model";
import { describe, expect, test } from "vitest";
import { caught, engine, expectEngineIntact, normals } from "../engine/support.js";

const presets = ["article", "torch", "keras", "flax"] as const;
const shapes = {
  "conv.weight": { shape: [4, 3, 2, 2], axis: 0 },
  "fc.weight": [5, 7],
  up: { shape: [3, 4, 2], axis: 1 },
} as const;
const names = ["conv.weight", "fc.weight", "up"] as const;
type Name = (typeof names)[number];
const lengths: Readonly<Record<Name, number>> = { "conv.weight": 48, "fc.weight": 35, up: 24 };

function weightsOf(seed: number): Record<Name, Float32Array> {
  const next = normals(seed);
  return Object.fromEntries(names.map((name) => [name, Float32Array.from({ length: lengths[name] }, next)])) as Record<
    Name,
    Float32Array
  >;
}

async function modelOf(preset: (typeof presets)[number]) {
  return await createModelNormalization(preset === "torch" || preset === "article" ? shapes : keyed(), {
    engine,
    preset,
  });
}

/** Keras and Flax know no axis but the last. */
function keyed() {
  return { ...shapes, "conv.weight": [4, 3, 2, 2], up: [3, 4, 2] } as const;
}

describe.each(presets)("a model, preset %s", (preset) => {
  test("has the bits of its layers, forward and back, in training and in evaluation", async () => {
    const model = await modelOf(preset);
    const layers = (preset === "torch" || preset === "article" ? shapes : keyed()) as typeof shapes;
    const alone = new Map(
      names.map((name) => {
        const { shape, ...own } = "shape" in layers[name] ? layers[name] : { shape: layers[name] };
        return [name, engine.createSpectralNormalization(shape as readonly number[], { preset, ...own })] as const;
      }),
    );
    for (const [seed, training] of [
      [1, true],
      [2, true],
      [3, false],
      [4, true],
    ] as const) {
      const weights = weightsOf(seed);
      const found = model.forward(weights, { training });
      for (const name of names) expect(found[name]).toEqual(alone.get(name)?.forward(weights[name], { training }));
      const gradients = weightsOf(100 + seed);
      const back = model.backward(gradients);
      for (const name of names) expect(back[name]).toEqual(alone.get(name)?.backward(gradients[name]));
    }
    for (const name of names) expect(model.state[name]).toEqual(alone.get(name)?.state);
    model.free();
  });

  test("takes a step with all weights or with none, wherever the wrong one is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.boolean(), fc.nat(23), async (wrong, isFirst, at) => {
        const [model, untouched] = [await modelOf(preset), await modelOf(preset)];
        if (!isFirst) for (const one of [model, untouched]) one.forward(weightsOf(1));
        const before = model.state;
        const weights = weightsOf(2);
        const broken = { ...weights, [wrong]: weights[wrong].slice().fill(Number.NaN, at, at + 1) };
        const out = { [names[0]]: new Float32Array(48).fill(7), [names[2]]: new Float32Array(24).fill(7) };
        const error = caught(() => model.forward(broken, { out }));
        expect(error).toMatchObject({ code: "NON_FINITE", message: expect.stringMatching(`^${wrong}: `) });
        expect(Object.values(out).every((array) => array.every((entry) => entry === 7))).toBe(true);
        expect(model.state).toEqual(before);
        expect(caught(() => model.backward(weights))).toMatchObject({ code: "STATE" });
        expect(model.forward(weights)).toEqual(untouched.forward(weights));
        expect(model.backward(weightsOf(3))).toEqual(untouched.backward(weightsOf(3)));
        for (const one of [model, untouched]) one.free();
      }),
      { numRuns: 12 },
    );
  });
});

test("results go where they are wanted: arrays, handles, the weights themselves", async () => {
  const [model, other] = [await modelOf("torch"), await modelOf("torch")];
  const weights = weightsOf(5);
  const expected = other.forward(weights);
  const handle = engine.matrix([5, 7]);
  const raw = weightsOf(5);
  const found = model.forward(raw, { out: { "conv.weight": raw["conv.weight"], "fc.weight": handle } });
  expect(found["conv.weight"].data).toBe(raw["conv.weight"]);
  expect(found["fc.weight"].data).toBe(handle);
  expect(raw["conv.weight"]).toEqual(expected["conv.weight"].data);
  expect(handle.view).toEqual(expected["fc.weight"].data);
  expect(found.up).toEqual(expected.up);
  handle.set(weights["fc.weight"]);
  expect(model.forward({ ...weights, "fc.weight": handle })).toEqual(other.forward(weights));
  for (const one of [model, other, handle]) one.free();
});

test("a state goes to frameworks and back", async () => {
  const [model, other] = [await modelOf("torch"), await modelOf("torch")];
  const weights = weightsOf(6);
  model.forward(weights);
  const record = model.toPeerState(weights);
  expect(Object.keys(record)).toContain("conv.parametrizations.weight.original");
  expect(Object.keys(record)).toContain("parametrizations.up.0._u");
  expect(other.fromPeerState(record)).toEqual(weights);
  expect(other.forward(weightsOf(7))).toMatchObject({ "fc.weight": { sigma: expect.any(Number) } });
  const { ["fc.parametrizations.weight.0._u"]: _, ...incomplete } = record;
  const before = other.state;
  const error = caught(() => other.fromPeerState(incomplete));
  expect(error.message).toMatch(/^fc\.weight: /);
  expect(other.state).toEqual(before);
  const [one, two] = [model.state, other.state];
  other.restore(one);
  expect(other.state).toEqual(one);
  model.restore(two);
  expect(model.state).toEqual(two);
  for (const used of [model, other]) used.free();
});

test("what is wrong is told by name, and changes nothing", async () => {
  const model = await modelOf("torch");
  const weights = weightsOf(8);
  const { up: _, ...few } = weights;
  const refusals: readonly (readonly [() => unknown, string, string])[] = [
    [() => model.forward(few as never), "OPTION", '"weights" expected one for each weight, got none for up'],
    [
      () => model.forward({ ...weights, down: weights.up } as never),
      "OPTION",
      '"weights" has the unknown key "down"; the known ones are "conv.weight", "fc.weight", "up"',
    ],
    [() => model.forward(undefined as never), "TYPE", '"weights" expected an object, got undefined'],
    [
      () => model.forward(weights, { out: { down: weights.up } as never }),
      "OPTION",
      '"options.out" has the unknown key "down"; the known ones are "conv.weight", "fc.weight", "up"',
    ],
    [
      () => model.forward(weights, { out: { up: new Float32Array(23) } }),
      "SHAPE",
      'up: "out" expected length 24, got 23',
    ],
    [
      () => model.forward(weights, { out: { up: new Float64Array(24) } }),
      "TYPE",
      'up: "out" expected a Float32Array or a WasmMatrix of float32, got Float64Array(24)',
    ],
    [
      () => model.forward(weights, { trainig: false } as never),
      "OPTION",
      '"options" has the unknown key "trainig"; the known ones are "training", "out". Did you mean "training"?',
    ],
    [
      () => model.backward(weights),
      "STATE",
      "backward needs a step in training before it that succeeded: call forward(weights) first",
    ],
  ];
  for (const [call, code, message] of refusals) expect(caught(call)).toMatchObject({ code, message });
  expect(model.state).toEqual({ "conv.weight": undefined, "fc.weight": undefined, up: undefined });
  model.free();
  model.free();
  expect(caught(() => model.forward(weights))).toMatchObject({ code: "DISPOSED" });
  await expect(createModelNormalization({ a: [2, 2], b: [0, 2] }, { engine })).rejects.toMatchObject({
    code: "SHAPE",
    message: expect.stringMatching(/^b: /),
  });
  await expect(createModelNormalization([2, 2] as never)).rejects.toMatchObject({ code: "TYPE" });
  expectEngineIntact();
});

test("a weight may be called what every object has", async () => {
  const model = await createModelNormalization({ constructor: [1, 2], toString: [1, 2] }, { engine });
  const [one, other] = [Float32Array.of(3, 4), Float32Array.of(6, 8)];
  const found = model.forward({ constructor: one, toString: other } as never, {
    out: {} as never,
  }) as unknown as Record<string, { readonly sigma: number }>;
  expect(found["constructor"]?.sigma).toBeCloseTo(5, 12);
  expect(found["toString"]?.sigma).toBeCloseTo(10, 12);
  model.free();
});

test("norms of a list come in its order, and say which of it was wrong", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }), async (sides) => {
      const list = sides.map((side, seed) => ({
        data: Float32Array.from({ length: side * 3 }, normals(seed)),
        shape: [side, 3],
      }));
      expect(await spectralNorms(list, { engine })).toEqual(Float64Array.from(list, (one) => engine.spectralNorm(one)));
    }),
  );
  await expect(spectralNorms([[[1]], [[Number.NaN]]], { engine })).rejects.toMatchObject({
    code: "NON_FINITE",
    message: expect.stringMatching(/^list\[1\]: /),
  });
  await expect(spectralNorms(3 as never)).rejects.toMatchObject({ code: "TYPE" });
});
