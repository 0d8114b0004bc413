/**
 * The wrapper layer: a layer whose kernel is divided by its norm each time that it is used (items 20 and 21).
 *
 * @module
 */
import type { LayerVariable, layers, Shape, serialization, Tensor } from "@tensorflow/tfjs";
import { readInteger } from "../engine/validate.js";
import { ShapeError, SpectralNormError } from "../index.js";
import { argumentNames, checkArgs, readScheme } from "./arguments.js";
import { estimate, type Scheme, start, type Vectors } from "./iteration.js";
import { checkRank, holderOf, kindOf, matrixOf, type Place, type Reading, readingOf } from "./readings.js";
import { configOf, fromClassName, withPlainTypes } from "./serialized.js";
import type { SpectralNormalizationArgs, SpectralNormalizationLayer, TensorFlow } from "./types.js";
import { oneIfZero } from "./untaped.js";

type Args = SpectralNormalizationArgs;

/** The layer, with what only this package asks of it. */
interface Wrapper extends SpectralNormalizationLayer {
  /** The weights of the layer inside as inference uses them, copied. */
  bakedWeights(): Tensor[];
}

/** Its class. */
export type WrapperClass = serialization.SerializableConstructor<Wrapper> & (new (args: Args) => Wrapper);

/** A weight of the wrapped layer, with its vectors. */
interface Part {
  readonly place: Place;
  readonly raw: LayerVariable;
  readonly reading: Reading;
  readonly vectors: Vectors;
  /** The data of the raw weight at the last update: another array means that an optimizer came by. */
  seen: object | undefined;
}

/** Makes the class for a TensorFlow.js. */
export function makeWrapper(tf: TensorFlow): WrapperClass {
  class SpectralNormalization extends tf.layers.Layer implements Wrapper {
    // The name that Keras has, so that its models find this class.
    static readonly className = "SpectralNormalization";
    readonly layer: layers.Layer;
    readonly #scheme: Scheme;
    readonly #axis: number | undefined;
    #parts: readonly Part[] = [];

    constructor(given: Args) {
      const { layer, powerIterations, preset, epsilon, axis, seed, ...rest } = checkArgs(tf, given);
      const batchInputShape = layer.batchInputShape;
      const takesShape = rest.inputShape === undefined && batchInputShape !== undefined;
      super(takesShape ? { batchInputShape, dtype: layer.dtype, ...rest } : rest);
      this.layer = layer;
      if (rest.trainable !== undefined) {
        layer.trainable = rest.trainable;
      }
      this.#scheme = readScheme({ layer, powerIterations, preset, epsilon, seed });
      this.#axis = axis === undefined ? undefined : readInteger("args.axis", axis, 0, -5, 4);
      this.supportsMasking = layer.supportsMasking;
    }

    override build(inputShape: Shape | Shape[]): void {
      checkRank(this.layer, inputShape);
      if (!this.layer.built) {
        this.layer.build(inputShape);
        this.layer.built = true;
      }
      const holder = holderOf(this.layer);
      this.#parts = kindOf(this.layer).places.map((place) =>
        this.#part(place, holder[place.property] as LayerVariable),
      );
      super.build(inputShape);
    }

    #part(place: Place, raw: LayerVariable): Part {
      const { preset, seed } = this.#scheme;
      const reading = readingOf(this.layer, place, raw.shape as number[], preset, this.#axis);
      // TensorFlow.js takes the seed 0 for none.
      const options = { mean: 0, seed: seed + 1 };
      const normal =
        preset === "keras"
          ? tf.initializers.truncatedNormal({ ...options, stddev: 0.02 })
          : tf.initializers.randomNormal({ ...options, stddev: 1 });
      const variable = (name: string, shape: number[], initializer: typeof normal) =>
        this.addWeight(`${place.prefix}${name}`, shape, "float32", initializer, undefined, false);
      const vectors = {
        u: variable("vector_u", [1, reading.columns], normal),
        v: variable("vector_v", [1, reading.rows], normal),
        sigma: variable("sigma", [], tf.initializers.zeros()),
      };
      tf.tidy(() => start(tf, this.#scheme, matrixOf(tf, raw.read(), reading), vectors));
      return { place, raw, reading, vectors, seen: undefined };
    }

    override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor | Tensor[] {
      const first = Array.isArray(inputs) ? inputs[0] : inputs;
      checkRank(this.layer, first?.shape ?? []);
      return tf.tidy(() => {
        this.invokeCallHook(inputs, kwargs);
        const holder = holderOf(this.layer);
        try {
          for (const part of this.#parts) {
            const normalized = this.#normalized(part, kwargs?.["training"] === true);
            holder[part.place.property] = Object.create(part.raw, { read: { value: () => normalized } });
          }
          return this.layer.call(inputs, kwargs);
        } finally {
          for (const { place, raw } of this.#parts) holder[place.property] = raw;
        }
      });
    }

    /** W/σ̂; or W where the preset evaluates with it. */
    #normalized(part: Part, training: boolean): Tensor {
      const weight = part.raw.read();
      if (!training && this.#scheme.preset === "keras") {
        return weight;
      }
      // Once a step: whoever calls the layer twice between two updates, as critics do, computes with one and the same σ̂.
      const update = training && part.seen !== weight.dataId;
      const sigma = estimate(tf, this.#scheme, matrixOf(tf, weight, part.reading), part.vectors, update);
      if (update) {
        part.seen = weight.dataId;
      }
      return tf.div(weight, tf.add(sigma, oneIfZero(tf, sigma)));
    }

    /** The vectors that are weights of the layer: Keras keeps only one, and its files have no other. */
    get #visible(): LayerVariable[] {
      const keras = this.#scheme.preset === "keras";
      return this.#parts.flatMap(({ vectors: { u, v, sigma } }) => (keras ? [u] : [u, v, sigma]));
    }

    bakedWeights(): Tensor[] {
      const raws = new Map(this.#parts.map((part) => [part.raw, part]));
      return this.layer.weights.map((weight) => {
        const part = raws.get(weight);
        return part === undefined ? weight.read().clone() : this.#normalized(part, false).clone();
      });
    }

    override get trainable(): boolean {
      return this.layer?.trainable ?? true;
    }

    override set trainable(trainable: boolean) {
      this.layer.trainable = trainable;
    }

    override get trainableWeights(): LayerVariable[] {
      return this.layer.trainableWeights;
    }

    override get nonTrainableWeights(): LayerVariable[] {
      return [...this.layer.nonTrainableWeights, ...this.#visible];
    }

    override get losses(): layers.Layer["losses"] {
      return this.layer.losses;
    }

    override get stateful(): boolean {
      return this.layer?.stateful ?? false;
    }

    override resetStates(): void {
      this.layer.resetStates();
    }

    override setFastWeightInitDuringBuild(fast: boolean): void {
      super.setFastWeightInitDuringBuild(fast);
      this.layer.setFastWeightInitDuringBuild(fast);
    }

    override setWeights(values: Tensor[]): void {
      const names = this.weights.map(({ name, shape }) => `${name} [${shape}]`).join(", ");
      const fits = values.length === this.weights.length;
      if (!(fits && this.weights.every(({ shape }, index) => `${shape}` === `${values[index]?.shape}`))) {
        const got = values.map(({ shape }) => `[${shape}]`).join(", ");
        throw new ShapeError(`the state of "${this.name}" expected ${names}, got ${got}; nothing was changed`);
      }
      super.setWeights(values);
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
      checkRank(this.layer, inputShape);
      return this.layer.computeOutputShape(inputShape);
    }

    override computeMask(inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
      return this.layer.computeMask(inputs, mask);
    }

    protected override disposeWeights(): number {
      const count = super.disposeWeights();
      const shown = new Set(this.#visible);
      for (const { vectors } of this.#parts) {
        for (const variable of Object.values(vectors)) if (!shown.has(variable)) variable.dispose();
      }
      return count;
    }

    override getConfig(): serialization.ConfigDict {
      const { preset, iterations, epsilon, seed } = this.#scheme;
      const layer = { className: this.layer.getClassName(), config: this.layer.getConfig() };
      return configOf({
        ...super.getConfig(),
        layer,
        powerIterations: iterations,
        preset,
        epsilon,
        seed,
        axis: this.#axis,
      });
    }

    static override fromConfig<T extends serialization.Serializable>(
      cls: serialization.SerializableConstructor<T>,
      config: serialization.ConfigDict,
    ): T {
      if ("goBackwards" in config) {
        // What tf.layers.bidirectional asks of its copies; it would be lost, for it is the layer inside that goes backwards.
        throw new SpectralNormError(
          "UNSUPPORTED",
          "tf.layers.bidirectional cannot hold a layer of spectralNormalization",
        );
      }
      const known = Object.entries(config).filter(([key]) => argumentNames.includes(key));
      const args = withPlainTypes(configOf(Object.fromEntries(known)));
      // Keras knows but one preset, and so does not name it.
      return new cls({ preset: "keras", ...args, layer: fromClassName(tf, "config.layer", config["layer"]) });
    }
  }
  return SpectralNormalization as unknown as WrapperClass;
}
