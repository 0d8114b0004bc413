/**
 * Loading: one engine an entry, made at the first use, tried again after a failure.
 *
 * @module
 */

import { empiricalLater } from "../empirical.js";
import { later } from "../norms.js";
import type {
  AnyOperator,
  ArrayOf,
  AsyncSpectral,
  DominantTriplet,
  DominantTripletOptions,
  Engine,
  StoredMatrix,
  WeightLike,
} from "../types.js";
import { createEngine, memoryOf } from "./engine.js";
import { LoadError, SpectralNormError } from "./errors.js";
import { openMemory } from "./memory.js";
import { isOperator } from "./operator.js";

/** Where an entry gets the module from. */
export type Source = () => Promise<WebAssembly.Module>;

/** A place for the one engine of an entry. */
export interface Slot {
  /** The promise of the engine that is there or under way. */
  current(): Promise<Engine> | undefined;
  /** Makes the engine from `source` unless there is one, or the attempt that is under way succeeds. */
  open(source: Source): Promise<Engine>;
}

/** An empty slot. A failure empties it again, so that a later call makes a new attempt. */
export function createSlot(): Slot {
  let current: Promise<Engine> | undefined;
  return {
    current: () => current,
    open(source) {
      const attempt = current === undefined ? start(source) : current.catch(() => start(source));
      current = attempt;
      attempt.catch(() => {
        if (current === attempt) {
          current = undefined;
        }
      });
      return attempt;
    },
  };
}

/** What an entry exports: the functions, and the one that loads. */
export interface Api extends AsyncSpectral {
  readonly load: () => Promise<Engine>;
}

/** The functions of an entry whose module comes from `source`. Nothing happens before the first call. */
export function connect(source: Source): Api {
  const slot = createSlot();
  const load = () => slot.current() ?? slot.open(source);
  return { load, ...liftAll(load) };
}

/** The functions that take what the engine's take, and give a promise of what they give. */
const names = [
  "powerIteration",
  "frobeniusNorm",
  "stableRank",
  "singularValues",
  "spectralNormBounds",
  "spectralRadius",
  "bilinearForm",
  "multiply",
  "spectralNormalize",
  "clipWeights",
  "clipFrobenius",
  "frobeniusPenalty",
  "spectralPenalty",
  "spectralNormGradient",
  "spectralNormalizeGradient",
  "clipSpectral",
  "convolutionNorm",
  "convolutionNormGradient",
  "convolutionNormalize",
  "batchNormNorm",
  "embeddingNorm",
  "lipschitzBound",
  "createSpectralNormalization",
] as const;

/** Those that also take what answers by promises. */
type Waiting = Omit<AsyncSpectral, (typeof names)[number]>;

/** Every function of the engine, returning a promise, after the engine has loaded. */
export function liftAll(load: () => Promise<Engine>): AsyncSpectral {
  const lifted = names.map((name) => ({
    async [name](...given: unknown[]) {
      const engine = (await load()) as unknown as Record<string, (...given: unknown[]) => unknown>;
      return engine[name]?.(...given);
    },
  }));
  const waiting: Waiting = {
    async spectralNorm(w, options) {
      const engine = await load();
      return isOperator(w) ? later.spectralNorm(memoryOf(engine), w, options) : engine.spectralNorm(w, options);
    },
    async dominantTriplet<const W extends WeightLike | StoredMatrix | AnyOperator>(
      w: W,
      options?: DominantTripletOptions,
    ) {
      const engine = await load();
      const found = isOperator(w)
        ? later.dominantTriplet(memoryOf(engine), w, options)
        : engine.dominantTriplet(w as WeightLike, options);
      return found as unknown as DominantTriplet<ArrayOf<W>>;
    },
    empiricalLipschitz: async (f, samples, options) => empiricalLater(memoryOf(await load()), f, samples, options),
  };
  return Object.assign(waiting, ...lifted) as AsyncSpectral;
}

async function start(source: Source): Promise<Engine> {
  if (typeof WebAssembly !== "object") {
    throw new LoadError(
      "This JavaScript engine has no WebAssembly (React Native's Hermes has none), which spectral-norm needs",
    );
  }
  try {
    return createEngine(await openMemory(await source()));
  } catch (thrown) {
    throw thrown instanceof SpectralNormError ? thrown : explain(thrown);
  }
}

/** The smallest module with a vector instruction: `i32.const 0; i8x16.splat; i8x16.popcnt`. */
const simdProbe: readonly number[] = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

function explain(thrown: unknown): LoadError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (/content security|\bCSP\b|unsafe-eval/i.test(reason)) {
    const message = "The page's Content Security Policy forbids WebAssembly. Allow it by script-src 'wasm-unsafe-eval'";
    return new LoadError(message, { cause: thrown });
  }
  if (!WebAssembly.validate(Uint8Array.from(simdProbe))) {
    const versions = "Chrome 91, Firefox 89, Safari 16.4, Node 16.4, and every version of Deno and Bun";
    return new LoadError(`This engine's WebAssembly lacks SIMD (simd128), which is in ${versions}, or later`, {
      cause: thrown,
    });
  }
  return new LoadError(`The WebAssembly module of spectral-norm could not be loaded: ${reason}`, { cause: thrown });
}
