import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caught, engine, normals } from "./engine/support.js";

const presets = ["article", "torch", "keras", "flax"] as const;
const sides = fc.integer({ min: 1, max: 12 });

/** Two layers that have seen the same, and a weight. */
function pair(preset: (typeof presets)[number], shape: readonly number[], dtype: "float32" | "float64", seed: number) {
  const next = normals(seed);
  const length = shape.reduce((product, size) => product * size, 1);
  const weight = dtype === "float32" ? Float32Array.from({ length }, next) : Float64Array.from({ length }, next);
  const make = () => engine.createSpectralNormalization(shape, { preset, dtype });
  return { weight, one: make(), other: make() };
}

describe.each(presets)("forward into out, preset %s", (preset) => {
  test("gives the bits that it gives without, in the array that was passed", () => {
    fc.assert(
      fc.property(sides, sides, fc.constantFrom("float32", "float64"), fc.integer(), (rows, columns, dtype, seed) => {
        const { weight, one, other } = pair(preset, [rows, columns], dtype, seed);
        const out = weight.slice().fill(7);
        for (const training of [true, true, false]) {
          const expected = one.forward(weight, { training });
          const found = other.forward(weight, { training, out });
          expect(found.data).toBe(out);
          expect(found).toEqual(expected);
        }
        one.free();
        other.free();
      }),
      { numRuns: 30 },
    );
  });

  test("is in place where out is the weight, and keeps the raw one for the gradient", () => {
    const { weight, one, other } = pair(preset, [80, 70], "float32", 3);
    const gradient = Float32Array.from(weight, normals(4));
    const expected = one.forward(weight);
    const raw = weight.slice();
    expect(other.forward(weight, { out: weight })).toEqual(expected);
    expect(weight).not.toEqual(raw);
    expect(other.backward(gradient)).toEqual(one.backward(gradient));
    one.free();
    other.free();
  });

  test("fills a handle, of weights in arrays and in handles", () => {
    const { weight, one, other } = pair(preset, [80, 70], "float32", 5);
    const [handle, out] = [engine.matrix([80, 70]), engine.matrix([80, 70])];
    handle.set(weight);
    const { data, sigma } = one.forward(weight);
    for (const source of [weight, handle]) {
      other.restore({ u: new Float64Array(80).fill(1), v: new Float64Array(70).fill(1), sigma: 1 });
      one.restore({ u: new Float64Array(80).fill(1), v: new Float64Array(70).fill(1), sigma: 1 });
      const expected = one.forward(weight);
      const found = other.forward(source, { out });
      expect(found.data).toBe(out);
      expect(found.sigma).toBe(expected.sigma);
      expect(out.view).toEqual(expected.data);
    }
    expect(data).toHaveLength(5600);
    expect(sigma).toBeGreaterThan(0);
    for (const each of [handle, out, one, other]) each.free();
  });

  test("writes nothing when it fails, and works after", () => {
    const { weight, one, other } = pair(preset, [6, 5], "float32", 7);
    const out = new Float32Array(30).fill(7);
    const bad = weight.slice();
    bad[11] = Number.NaN;
    expect(caught(() => other.forward(bad, { out })).code).toBe("NON_FINITE");
    expect(caught(() => other.forward(weight, { out: new Float32Array(29) })).code).toBe("SHAPE");
    expect(caught(() => other.forward(weight, { out: new Float64Array(30) })).code).toBe("TYPE");
    // @ts-expect-error: no array
    expect(caught(() => other.forward(weight, { out: 1 })).code).toBe("TYPE");
    expect(out).toEqual(new Float32Array(30).fill(7));
    expect(other.forward(weight, { out })).toEqual(one.forward(weight));
    one.free();
    other.free();
  });
});

test("a negative estimate, as frozen vectors give one, is negative in out, too", () => {
  const { weight, one, other } = pair("torch", [3, 3], "float64", 9);
  const [handle, out] = [engine.matrix([3, 3], { dtype: "float64" }), weight.slice()];
  for (const layer of [one, other]) layer.forward(weight);
  const turned = weight.map((entry) => -entry);
  const expected = one.forward(turned, { training: false });
  expect(expected.sigma).toBeLessThan(0);
  expect(other.forward(turned, { training: false, out })).toEqual(expected);
  other.forward(turned, { training: false, out: handle });
  expect(handle.view).toEqual(expected.data);
  for (const each of [handle, one, other]) each.free();
});

test.each([
  ["article", [6, 5]],
  ["torch", [6, 5]],
  ["torch", [3, 4, 5]],
  ["keras", [6, 5]],
  ["flax", [6, 5]],
] as const)("evaluation reads a handle where it lies: %s, %j", (preset, shape) => {
  const axis = 1;
  const make = () => engine.createSpectralNormalization(shape, { preset, axis });
  const [one, other] = [make(), make()];
  const count = shape.reduce((product, side) => product * side, 1);
  const weight = Float32Array.from({ length: count }, normals(11));
  for (const layer of [one, other]) layer.forward(weight);
  const changed = weight.map((entry, index) => entry + (index % 3));
  const expected = one.forward(changed, { training: false });
  const [handle, out] = [engine.matrix(shape, { axis }), engine.matrix(shape, { axis })];
  handle.set(changed);
  expect(other.forward(handle, { training: false })).toEqual(expected);
  other.forward(handle, { training: false, out });
  expect(out.view).toEqual(expected.data);
  expect(handle.view).toEqual(changed);
  // Its gradient is still that of the pass in training.
  expect(other.backward(weight)).toEqual(one.backward(weight));
  other.forward(handle, { training: false, out: handle });
  expect(handle.view).toEqual(expected.data);
  for (const each of [handle, out, one, other]) each.free();
});
