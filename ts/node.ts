/**
 * The entry for Node and Bun: the same as the default one, but for reading the WebAssembly from the file beside it, so
 * that programs start sooner.
 *
 * @module
 */
import { moduleBeside } from "./engine/beside.js";
import { type Api, connect } from "./engine/load.js";
import type { AsyncSpectral, Engine } from "./types.js";

export * from "./engine/errors.js";
export * from "./operators.js";
export type * from "./types.js";

const api: Api = connect(moduleBeside);

/**
 * Loads the engine, or gives the one that was loaded: there is one for each process, page or worker. After a failure the
 * next call makes a new attempt.
 *
 * @throws {LoadError} `LOAD`: no WebAssembly, no SIMD, or a Content Security Policy that forbids it.
 * @example const engine = await load(); engine.spectralNorm([[3, 0], [0, 4]]) // 4
 */
export const load: () => Promise<Engine> = api.load;

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
