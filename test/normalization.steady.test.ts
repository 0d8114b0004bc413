import { expect, test } from "vitest";
import { engine, normals } from "./engine/support.js";

const presets = ["article", "torch", "keras", "flax"] as const;

/** Bytes of WebAssembly memory, which never shrinks: what grows is what was not given back, or not found again. */
function bytes(): number {
  const probe = engine.matrix([1, 1]);
  const { byteLength } = probe.view.buffer;
  probe.free();
  return byteLength;
}

test.each(presets)("a training loop with preset %s leaves WebAssembly memory as its first steps made it", (preset) => {
  const next = normals(5);
  const shapes = [
    [64, 48],
    [32, 16, 3, 3],
    [10, 300],
  ];
  const axis = preset === "keras" || preset === "flax" ? -1 : 0;
  const layers = shapes.map((shape) => engine.createSpectralNormalization(shape, { preset, axis }));
  const weights = shapes.map((shape) => {
    const handle = engine.matrix(shape, { axis });
    handle.set(Float32Array.from(handle.view, next));
    return handle;
  });
  const step = () => {
    for (const [index, layer] of layers.entries()) {
      const { data } = layer.forward(weights[index] as (typeof weights)[number]);
      layer.backward(data);
    }
  };
  for (let warm = 0; warm < 3; warm += 1) step();
  const before = bytes();
  for (let steps = 0; steps < 300; steps += 1) step();
  expect(bytes()).toBe(before);
  for (const handle of [...layers, ...weights]) handle.free();
});

test("norms of weights in place, and of arrays, leave WebAssembly memory as it is", () => {
  const next = normals(6);
  const handle = engine.matrix([200, 150]);
  handle.set(Float32Array.from(handle.view, next));
  const w = { data: handle.view.slice(), shape: [200, 150] };
  const step = () => {
    engine.spectralNorm(handle);
    engine.spectralNormalize(handle, { out: handle });
    engine.dominantTriplet(w);
  };
  step();
  const before = bytes();
  for (let steps = 0; steps < 100; steps += 1) step();
  expect(bytes()).toBe(before);
  handle.free();
});

test.each(["torch", "keras", "flax"] as const)(
  "with preset %s and `out` a training loop takes no array buffers",
  (preset) => {
    const next = normals(7);
    const sides = [
      [64, 80],
      [12, 20],
    ];
    const cases = sides.map((shape) => {
      const layer = engine.createSpectralNormalization(shape, { preset });
      const w = new Float32Array((shape[0] as number) * (shape[1] as number)).map(next);
      return { layer, w, out: new Float32Array(w.length) };
    });
    const step = () => {
      for (const { layer, w, out } of cases) layer.forward(w, { out });
    };
    for (let warm = 0; warm < 3; warm += 1) step();
    // Collections take away what is older in between, but do not hide what steps take.
    let taken = 0;
    for (let steps = 0; steps < 1000; steps += 1) {
      const before = process.memoryUsage().arrayBuffers;
      step();
      taken += Math.max(0, process.memoryUsage().arrayBuffers - before);
    }
    expect(taken).toBe(0);
    for (const { layer } of cases) layer.free();
  },
);
