/**
 * The entry without the WebAssembly, for applications that bring it: pass it to {@link load} before anything else.
 *
 * @module
 */
import { LoadError } from "./engine/errors.js";
import { createSlot, liftAll, type Slot } from "./engine/load.js";
import { moduleFrom } from "./engine/source.js";
import type { AsyncSpectral, Engine, WasmSource } from "./types.js";

export * from "./engine/errors.js";
export * from "./operators.js";
export type * from "./types.js";

const slot: Slot = createSlot();
const api: AsyncSpectral = liftAll(load);

/**
 * Loads the engine; later calls resolve to the same one, whatever they pass. After a failure the next call with a source
 * makes a new attempt.
 *
 * @param source A `WebAssembly.Module`, its bytes, a `Response`, a URL (in Node also of a file), or a promise of one of
 *   these. The file is `spectral-norm/spectral_norm.wasm`.
 * @throws {LoadError} `LOAD`, also when nothing was passed yet.
 * @example await load(fetch("/spectral_norm.wasm"))
 */
export async function load(source?: WasmSource): Promise<Engine> {
  if (source !== undefined) {
    // Whether or not it is its turn, a promise that is rejected counts as handled; where it is, load() rejects with it.
    Promise.resolve(source).catch(() => undefined);
    return slot.open(() => moduleFrom(source));
  }
  const current = slot.current();
  if (current === undefined) {
    throw new LoadError(
      'spectral-norm/slim carries no WebAssembly: call load(source) first, e.g. load(fetch("/spectral_norm.wasm"))',
    );
  }
  return current;
}

export const spectralNorm: AsyncSpectral["spectralNorm"] = api.spectralNorm;
export const dominantTriplet: AsyncSpectral["dominantTriplet"] = api.dominantTriplet;
export const powerIteration: AsyncSpectral["powerIteration"] = api.powerIteration;
export const frobeniusNorm: AsyncSpectral["frobeniusNorm"] = api.frobeniusNorm;
export const stableRank: AsyncSpectral["stableRank"] = api.stableRank;
export const singularValues: AsyncSpectral["singularValues"] = api.singularValues;
export const spectralNormBounds: AsyncSpectral["spectralNormBounds"] = api.spectralNormBounds;
export const spectralRadius: AsyncSpectral["spectralRadius"] = api.spectralRadius;
export const bilinearForm: AsyncSpectral["bilinearForm"] = api.bilinearForm;
export const multiply: AsyncSpectral["multiply"] = api.multiply;
export const spectralNormalize: AsyncSpectral["spectralNormalize"] = api.spectralNormalize;
export const clipWeights: AsyncSpectral["clipWeights"] = api.clipWeights;
export const clipFrobenius: AsyncSpectral["clipFrobenius"] = api.clipFrobenius;
export const frobeniusPenalty: AsyncSpectral["frobeniusPenalty"] = api.frobeniusPenalty;
export const spectralPenalty: AsyncSpectral["spectralPenalty"] = api.spectralPenalty;
export const spectralNormGradient: AsyncSpectral["spectralNormGradient"] = api.spectralNormGradient;
export const spectralNormalizeGradient: AsyncSpectral["spectralNormalizeGradient"] = api.spectralNormalizeGradient;
export const clipSpectral: AsyncSpectral["clipSpectral"] = api.clipSpectral;
export const convolutionNorm: AsyncSpectral["convolutionNorm"] = api.convolutionNorm;
export const convolutionNormGradient: AsyncSpectral["convolutionNormGradient"] = api.convolutionNormGradient;
export const convolutionNormalize: AsyncSpectral["convolutionNormalize"] = api.convolutionNormalize;
export const batchNormNorm: AsyncSpectral["batchNormNorm"] = api.batchNormNorm;
export const embeddingNorm: AsyncSpectral["embeddingNorm"] = api.embeddingNorm;
export const lipschitzBound: AsyncSpectral["lipschitzBound"] = api.lipschitzBound;
export const empiricalLipschitz: AsyncSpectral["empiricalLipschitz"] = api.empiricalLipschitz;
export const createSpectralNormalization: AsyncSpectral["createSpectralNormalization"] =
  api.createSpectralNormalization;
