import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dot,
  engine,
  expectClose,
  expectVectorClose,
  gaussian,
  mapped,
  normals,
  type Sample,
  samples,
  singularValues,
  weight,
  withNormalization,
} from "./engine/support.js";

const peers = ["torch", "keras", "flax"] as const;
type Peer = (typeof peers)[number];
type Use<R> = (normalization: ReturnType<typeof engine.createSpectralNormalization>) => R;

function withPeer<R>({ rows, columns, data }: Sample, preset: Peer, options: object, use: Use<R>): R {
  const dtype = data instanceof Float32Array ? "float32" : "float64";
  return withNormalization([rows, columns], { preset, dtype, ...options }, use);
}

const seeds = fc.nat();

describe.each(peers)("%s: laws", (preset) => {
  test("σ is homogeneous, and W/σ does not change with the size of W", () => {
    fc.assert(
      fc.property(samples(), fc.integer({ min: -20, max: 20 }), seeds, (sample, exponent, seed) => {
        const scaled = mapped(sample, (entry) => entry * 2 ** exponent);
        // Far below every norm, so that it plays no part: a law of the iteration, not of its guard.
        const options = { seed, epsilon: 1e-60 };
        const [one, other] = [sample, scaled].map((each) =>
          withPeer(each, preset, options, (layer) => layer.forward(each.data)),
        );
        expectClose(other?.sigma ?? 0, (one?.sigma ?? 0) * 2 ** exponent, 1e-12);
        expectVectorClose(other?.data ?? [], one?.data ?? [], 1e-6);
      }),
    );
  });

  test.each([
    ["its own", undefined],
    ["hardly any", 1e-60],
  ] as const)("σ never exceeds the norm, with %s ε", (_, epsilon) => {
    fc.assert(
      fc.property(samples(), seeds, (sample, seed) => {
        withPeer(sample, preset, { seed, epsilon }, (layer) => {
          const [most = 0] = singularValues(sample);
          for (let step = 0; step < 6; step += 1) {
            expect(layer.forward(sample.data).sigma).toBeLessThanOrEqual(most * (1 + 1e-10));
          }
        });
      }),
    );
  });

  test("σ never falls while W stays", () => {
    fc.assert(
      fc.property(samples(), seeds, (sample, seed) => {
        // A law of the iteration, not of its guard: see "ε under the root" below.
        withPeer(sample, preset, { seed, epsilon: 1e-60 }, (layer) => {
          let before = 0;
          for (let step = 0; step < 6; step += 1) {
            const { sigma } = layer.forward(sample.data);
            expect(sigma).toBeGreaterThanOrEqual(before * (1 - 1e-10));
            before = sigma;
          }
        });
      }),
    );
  });

  test("the norm of W/σ approaches 1", () => {
    fc.assert(
      fc.property(samples(8), (sample) => {
        // Of the second direction 400 steps leave 0.98^800 here; how long closer ones stay depends on the start.
        const [first = 0, second = 0] = singularValues(sample);
        fc.pre(second < 0.98 * first);
        withPeer(sample, preset, { iterations: 400, epsilon: 1e-60 }, (layer) => {
          const { data } = layer.forward(sample.data);
          expectClose(engine.spectralNorm({ ...weight(sample), data }), 1, 1e-6);
        });
      }),
    );
  });

  test("a pass in evaluation leaves the state and the gradient alone", () => {
    fc.assert(
      fc.property(samples(), seeds, (sample, seed) => {
        const { data: other } = mapped(sample, normals(seed));
        withPeer(sample, preset, { seed }, (layer) => {
          layer.forward(sample.data);
          const [state, gradient] = [layer.state, layer.backward(other)];
          layer.forward(other, { training: false });
          expect(layer.state).toEqual(state);
          expect(layer.backward(other)).toEqual(gradient);
        });
      }),
    );
  });

  test("a state put back goes on as the layer it came from", () => {
    fc.assert(
      fc.property(samples(), seeds, (sample, seed) => {
        withPeer(sample, preset, { seed }, (layer) => {
          layer.forward(sample.data);
          const { state } = layer;
          withPeer(sample, preset, { seed: 7 }, (copy) => {
            copy.restore(state as NonNullable<typeof state>);
            expect(copy.state).toEqual(state);
            for (const training of [false, true, false]) {
              expect(copy.forward(sample.data, { training })).toEqual(layer.forward(sample.data, { training }));
            }
            expect(copy.state).toEqual(layer.state);
          });
        });
      }),
    );
  });

  test("a state under the peer's names goes on, too", () => {
    fc.assert(
      fc.property(samples(), seeds, (sample, seed) => {
        const options = { prefix: "a.", name: "b" };
        withPeer(sample, preset, { seed, dtype: "float64" }, (layer) => {
          const w = Float64Array.from(sample.data);
          layer.forward(w);
          const record = layer.toPeerState(w, options);
          withPeer(sample, preset, { dtype: "float64" }, (copy) => {
            expect(copy.fromPeerState({ ...record, "a.bias": w }, options)).toEqual(w);
            expect(copy.toPeerState(w, options)).toEqual(record);
            expect(copy.forward(w)).toEqual(layer.forward(w));
          });
        });
      }),
    );
  });

  test("the gradient is at right angles to W", () => {
    fc.assert(
      fc.property(samples(), seeds, (sample, seed) => {
        const { data: g } = mapped(sample, normals(seed));
        withPeer(sample, preset, {}, (layer) => {
          const { sigma } = layer.forward(sample.data);
          const scale = dot(g.map(Math.abs), sample.data.map(Math.abs)) / sigma;
          expect(Math.abs(dot(layer.backward(g), sample.data))).toBeLessThanOrEqual(1e-5 * scale);
        });
      }),
    );
  });

  test.each([0, 1, 2, 3])("the gradient is that of W/(uᵀWv), by central differences, seed %i", (seed) => {
    const [w, g] = [gaussian(4, 5, seed, "float64"), gaussian(4, 5, seed + 10, "float64")];
    withPeer(w, preset, { iterations: 3 }, (layer) => {
      layer.forward(w.data);
      const { u, v } = layer.state ?? { u: new Float64Array(), v: new Float64Array() };
      const value = (x: Sample) => dot(g.data, x.data) / engine.bilinearForm(weight(x), u, v);
      const h = 1e-5;
      const moved = (place: number, step: number) => mapped(w, (entry, i) => (i === place ? entry + step : entry));
      const expected = w.data.map((_, i) => (value(moved(i, h)) - value(moved(i, -h))) / (2 * h));
      expectVectorClose(layer.backward(g.data), expected, 1e-7);
    });
  });

  test("the seed decides the first pass, and nothing else does", () => {
    const w = gaussian(30, 40, 1, "float32");
    const first = (seed?: number) => withPeer(w, preset, { seed }, (layer) => layer.forward(w.data));
    expect(first()).toEqual(first(0));
    expect(first(1)).toEqual(first(1));
    expect(first(1).sigma).not.toBe(first(0).sigma);
  });
});

describe("flax: ε under the root", () => {
  // A vector of length ‖y‖ becomes one of 1/√(1 + ε/‖y‖²): the first one here is longer than 1, and hardly shortened.
  test("makes σ fall after the first pass, to where its vectors are as short as they get", () => {
    const w = 0.03326970711350441;
    const sample = { rows: 1, columns: 1, data: Float64Array.of(-w) };
    const sigmas = withPeer(sample, "flax", { seed: 60895121 }, (layer) =>
      Array.from({ length: 4 }, () => layer.forward(sample.data).sigma),
    );
    expect(sigmas[1]).toBeLessThan(sigmas[0] ?? 0);
    // σ̂ = σ − ε/σ, as docs/numerics.md has it.
    for (const sigma of sigmas.slice(1)) {
      expectClose((w - sigma) / (1e-12 / w), 1, 1e-4);
    }
  });
});
