/**
 * Regularizers in the idiom of Keras: penalties on norms, or on what they exceed a threshold by (article, items 3, 8, 12).
 *
 * @module
 */
import type { regularizers, Scalar, serialization, Tensor } from "@tensorflow/tfjs";
import { readNonNegative, readOptions, readPositive } from "../engine/validate.js";
import type { Engine } from "../index.js";
import { checkWeight, readAxis, weightOf } from "./constraints.js";
import { configOf, withoutCustomObjects } from "./serialized.js";
import type { RegularizerArgs, Regularizers, TensorFlow } from "./types.js";
import { oneIfZero, untaped } from "./untaped.js";

type Regularizer = ReturnType<typeof regularizers.l2>;

/** Makes the regularizers for a TensorFlow.js, and registers their classes. */
export function makeRegularizers(tf: TensorFlow, engine: Engine): Regularizers {
  // TensorFlow.js does not export the base class, but asks whether a regularizer is one of it.
  const Base = Object.getPrototypeOf(tf.regularizers.l2().constructor) as abstract new () => Regularizer;

  abstract class NormPenalty extends Base {
    readonly #lambda: number;
    readonly #above: number | undefined;
    protected readonly axis: number;

    constructor(args: RegularizerArgs = {}) {
      super();
      const read = readOptions<RegularizerArgs>(args, ["lambda", "above", "axis"]);
      this.#lambda = readNonNegative("args.lambda", read.lambda, 0.01);
      this.#above = read.above === undefined ? undefined : readPositive("args.above", read.above, 0);
      this.axis = readAxis(read.axis);
    }

    protected abstract norm(w: Tensor): Tensor;

    override apply(w: Tensor): Scalar {
      checkWeight("w", w);
      return tf.tidy(() => {
        const norm = this.norm(w);
        // The rectifier has a gradient of every order, a maximum of two has not.
        const excess = this.#above === undefined ? norm : tf.relu(tf.sub(norm, this.#above));
        return tf.mul(tf.square(excess), this.#lambda).asScalar();
      });
    }

    override getConfig(): serialization.ConfigDict {
      return configOf({ lambda: this.#lambda, above: this.#above, axis: this.axis });
    }

    static fromConfig<T extends serialization.Serializable>(
      cls: serialization.SerializableConstructor<T>,
      config: serialization.ConfigDict,
    ): T {
      return new cls(withoutCustomObjects(config));
    }
  }

  /** λσ(W)², with the gradient 2λσuvᵀ. */
  class SpectralNormRegularizer extends NormPenalty {
    static readonly className: string = "SpectralNormRegularizer";

    protected override norm(w: Tensor): Tensor {
      // σ = ⟨W, uvᵀ⟩, and uvᵀ is its gradient: one product says both.
      return tf.sum(
        tf.mul(
          w,
          untaped(tf, () => this.#gradient(w)),
        ),
      );
    }

    #gradient(w: Tensor): Tensor {
      if (w.rank === 1) {
        const place = tf.argMax(tf.abs(w));
        return tf.mul(tf.oneHot(place, w.size), tf.sign(w)).reshape(w.shape);
      }
      const { gradient } = engine.spectralNormGradient(weightOf(w, this.axis));
      return tf.tensor(gradient as Float32Array, w.shape);
    }
  }

  /** λ‖W‖_F², with the gradient 2λW. */
  class FrobeniusNormRegularizer extends NormPenalty {
    static readonly className: string = "FrobeniusNormRegularizer";

    protected override norm(w: Tensor): Tensor {
      const squares = tf.sum(tf.square(w));
      const zero = oneIfZero(tf, squares);
      return tf.sub(tf.sqrt(tf.add(squares, zero)), zero);
    }
  }

  for (const regularizer of [SpectralNormRegularizer, FrobeniusNormRegularizer]) {
    tf.serialization.registerClass(regularizer as never);
  }
  return {
    spectralNorm: (args) => new SpectralNormRegularizer(args),
    frobeniusNorm: (args) => new FrobeniusNormRegularizer(args),
  };
}
