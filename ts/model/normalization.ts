/**
 * The weights of a model, normalized together.
 *
 * @module
 */
import { DisposedError, OptionError, StateError, TypeMismatchError } from "../engine/errors.js";
import { checkKeys, complaint, complaintOf, readFlag, readOptions } from "../engine/validate.js";
import type { FloatArray, PeerState, SpectralNormalizationState } from "../types.js";
import type { Layer } from "./layer.js";
import { titled } from "./titled.js";
import type { ModelForwardOptions, ModelNormalization, ModelPeerOptions, Outs, Weights } from "./types.js";

type States = Readonly<Record<string, SpectralNormalizationState | undefined>>;

/** `Symbol.dispose`, or what polyfills agree on where it is missing, as in Safari. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);

/** The weights of a model, together. */
export function together(layers: ReadonlyMap<string, Layer>): ModelNormalization {
  return new Model(layers) as unknown as ModelNormalization;
}

class Model {
  readonly names: readonly string[];
  /** Undefined once freed. */
  #layers: ReadonlyMap<string, Layer> | undefined;
  /** Whether all weights have the same step in training behind them. */
  #isTrained = false;

  constructor(layers: ReadonlyMap<string, Layer>) {
    this.names = [...layers.keys()];
    this.#layers = layers;
  }

  forward(weights: Weights<string>, options?: ModelForwardOptions<Outs<string>>): Record<string, unknown> {
    const given = readOptions<ModelForwardOptions<Outs<string>>>(options, ["training", "out"]);
    const training = readFlag("options.training", given.training, true);
    this.#check("weights", weights);
    const outs = given.out ?? {};
    this.#checkNames("options.out", outs);
    // What every object inherits is no place for a result.
    const outOf = (name: string) => (Object.hasOwn(outs, name) ? outs[name] : undefined);
    this.#each((layer, name) => {
      const out = outOf(name);
      if (out !== undefined) layer.checkOut(out);
    });
    if (training) this.#isTrained = false;
    const sigmas = this.#allOrNone((layer, name) => layer.step(weights[name] as FloatArray, training));
    if (training) this.#isTrained = true;
    return this.#each((layer, name) => ({ data: layer.handOut(outOf(name)), sigma: sigmas[name] }));
  }

  backward(gradients: Readonly<Record<string, FloatArray>>): Record<string, FloatArray> {
    this.#check("gradients", gradients);
    if (!this.#isTrained) {
      throw new StateError("backward needs a step in training before it that succeeded: call forward(weights) first");
    }
    return this.#each((layer, name) => layer.normalization.backward(gradients[name] as FloatArray));
  }

  get state(): States {
    return this.#each((layer) => layer.normalization.state);
  }

  restore(state: States): void {
    this.#check("state", state);
    this.#allOrNone((layer, name) => layer.rewind(state[name]));
  }

  toPeerState(weights: Weights<string>, options: ModelPeerOptions = {}): PeerState {
    this.#check("weights", weights);
    const records = this.#each((layer, name) =>
      layer.normalization.toPeerState(weights[name] as FloatArray, { ...options, ...layer.place }),
    );
    return Object.assign({}, ...Object.values(records));
  }

  fromPeerState(record: PeerState, options: ModelPeerOptions = {}): Record<string, FloatArray> {
    return this.#allOrNone((layer) => layer.normalization.fromPeerState(record, { ...options, ...layer.place }));
  }

  free(): void {
    for (const layer of this.#layers?.values() ?? []) layer.free();
    this.#layers = undefined;
  }

  [dispose](): void {
    this.free();
  }

  /** Does the same with every weight; if it fails for one, all are as before. */
  #allOrNone<T>(act: (layer: Layer, name: string) => T): Record<string, T> {
    const before = this.state;
    try {
      return this.#each(act);
    } catch (thrown) {
      this.#each((layer, name) => layer.rewind(before[name]));
      throw thrown;
    }
  }

  #each<T>(act: (layer: Layer, name: string) => T): Record<string, T> {
    if (this.#layers === undefined) {
      throw new DisposedError("This ModelNormalization was freed. Make another by createModelNormalization");
    }
    const entries = [...this.#layers].map(([name, layer]) => [name, titled(name, () => act(layer, name))] as const);
    return Object.fromEntries(entries);
  }

  /** There has to be one of each name, and nothing else. */
  #check(title: string, given: unknown): void {
    this.#checkNames(title, given);
    const missing = this.names.find((name) => !Object.hasOwn(given as object, name));
    if (missing === undefined) return;
    throw new OptionError(complaintOf(title, "one for each weight", `none for ${missing}`));
  }

  #checkNames(title: string, given: unknown): void {
    if (typeof given !== "object" || given === null) throw new TypeMismatchError(complaint(title, "an object", given));
    checkKeys(title, given, this.names);
  }
}
