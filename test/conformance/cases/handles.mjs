/** Weights that live in the engine's memory give the bits that typed arrays give. */
import { biased, DTYPES, noise, SHORT, vector } from "../data.mjs";

function withHandle(engine, { data, shape, axis }, dtype, use) {
  const handle = engine.matrix(shape, axis === undefined ? { dtype } : { dtype, axis });
  try {
    handle.set(data);
    return use(handle);
  } finally {
    handle.free();
  }
}

function* ofWeight(dtype, name, w) {
  const at = `${SHORT[dtype]} ${name}`;
  const on = (call) => (engine) => withHandle(engine, w, dtype, (handle) => call(engine, handle));
  yield [`handle triplet ${at}`, on((engine, handle) => engine.dominantTriplet(handle))];
  yield [`handle powerIteration ${at}`, on((engine, handle) => engine.powerIteration(handle, { form: "gram" }))];
  yield [`handle frobeniusNorm ${at}`, on((engine, handle) => engine.frobeniusNorm(handle))];
  yield [`handle stableRank ${at}`, on((engine, handle) => engine.stableRank(handle))];
  yield [`handle spectralNormalize ${at}`, on((engine, handle) => engine.spectralNormalize(handle))];
  yield [
    `handle spectralNormalize in place ${at}`,
    on((engine, handle) => {
      const { sigma } = engine.spectralNormalize(handle, { out: handle });
      return { sigma, data: handle.view.slice() };
    }),
  ];
  yield [
    `handle clipWeights in place ${at}`,
    on((engine, handle) => {
      const { clipped } = engine.clipWeights(handle, 0.25, { out: handle });
      return { clipped, data: handle.view.slice() };
    }),
  ];
}

export function* handles() {
  for (const dtype of DTYPES) {
    yield* ofWeight(dtype, "1x1", noise(dtype, [1, 1], 160));
    yield* ofWeight(dtype, "19x23", biased(dtype, [19, 23], 161));
    yield* ofWeight(dtype, "4x5x6 axis 1", biased(dtype, [4, 5, 6], 162, 1));
    const w = biased(dtype, [8, 31], 163);
    const [u, v] = [vector(dtype, 8, 164), vector(dtype, 31, 165)];
    yield [
      `handle bilinearForm ${SHORT[dtype]}`,
      (engine) => withHandle(engine, w, dtype, (handle) => engine.bilinearForm(handle, u, v)),
    ];
  }
}
