/** What `spectral-norm/model` promises, as a consumer would use it. It is compiled, never run. */
import type { FloatArray, PeerState, WasmMatrix } from "spectral-norm";
import { createModelNormalization, type ModelNormalization, spectralNorms } from "spectral-norm/model";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

export async function train(data: Float32Array, handle: WasmMatrix): Promise<PeerState> {
  const model = await createModelNormalization({ a: [2, 2], b: { shape: [2, 2], axis: 1 } }, { preset: "torch" });
  holds<Same<typeof model, ModelNormalization<"a" | "b">>>();
  const weights = { a: data, b: handle };
  const { a, b } = model.forward(weights, { out: { b: handle } });
  holds<Same<typeof a.data, FloatArray>>();
  holds<Same<typeof b.data, WasmMatrix>>();
  holds<Same<typeof b.sigma, number>>();
  // @ts-expect-error: a weight is missing
  model.forward({ a: data });
  // @ts-expect-error: there is no such weight
  model.forward(weights, { out: { c: data } });
  const gradients = model.backward({ a: data, b: data });
  holds<Same<typeof gradients.a, FloatArray>>();
  model.restore(model.state);
  model.fromPeerState(model.toPeerState(weights, { legacy: true }));
  return model.toPeerState(weights);
}

export async function norms(data: Float32Array): Promise<Float64Array> {
  return await spectralNorms([{ data, shape: [2, 2] }, [[1]]], { tolerance: 1e-3 });
}
