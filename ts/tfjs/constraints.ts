/**
 * Constraints in the idiom of Keras: what a weight becomes after each update (article, items 10, 11, 18 and 19).
 *
 * @module
 */
import type { constraints, serialization, Tensor } from "@tensorflow/tfjs";
import { complaint, readChoice, readInteger, readOptions, readPositive } from "../engine/validate.js";
import { type Engine, type FloatArray, ShapeError } from "../index.js";
import { configOf, withoutCustomObjects } from "./serialized.js";
import type { ClipArgs, Constraints, SpectralConstraintArgs, TensorFlow } from "./types.js";

type Constraint = ReturnType<typeof constraints.nonNeg>;
type Constructor<T extends serialization.Serializable> = serialization.SerializableConstructor<T>;

/** A weight for the engine. */
export interface Weight {
  readonly data: FloatArray;
  readonly shape: readonly number[];
  readonly axis: number;
}

/** Copies a tensor of at least two dimensions out of its backend. */
export function weightOf(w: Tensor, axis: number): Weight {
  return { data: Float32Array.from(w.dataSync()), shape: w.shape, axis: w.rank === 2 ? -1 : axis };
}

/** Refuses scalars: vectors are diagonals, as the γ of normalization layers are, and the rest are matrices. */
export function checkWeight(title: string, w: Tensor): void {
  if (w.rank === 0) {
    throw new ShapeError(complaint(title, "a weight of at least one dimension", w.shape));
  }
}

/** Reads `axis`, which is checked against a weight when there is one. */
export function readAxis(axis: number | undefined): number {
  return readInteger("args.axis", axis, -1, -6, 5);
}

/** Makes the constraints for a TensorFlow.js, and registers their classes. */
export function makeConstraints(tf: TensorFlow, engine: Engine): Constraints {
  // TensorFlow.js does not export the base class, but asks whether a constraint is one of it.
  const Base = Object.getPrototypeOf(tf.constraints.nonNeg().constructor) as abstract new () => Constraint;

  /** W · target/σ(W). */
  class SpectralConstraint extends Base {
    static readonly className: string = "SpectralNormalizationConstraint";
    readonly #args: Partial<SpectralConstraintArgs>;
    readonly #target: number;
    readonly #shrink: boolean;
    readonly #axis: number;

    constructor(args: SpectralConstraintArgs = {}) {
      super();
      const read = readOptions<SpectralConstraintArgs>(args, ["target", "mode", "axis", "iterations"]);
      this.#target = readPositive("args.target", read.target ?? 1, 0);
      this.#shrink = readChoice("args.mode", read.mode, ["scale", "shrink"]) === "shrink";
      this.#axis = readAxis(read.axis);
      readInteger("args.iterations", read.iterations, 1, 1, 2 ** 31 - 1);
      this.#args = read;
    }

    override apply(w: Tensor): Tensor {
      checkWeight("w", w);
      const sigma = this.#norm(w);
      return sigma === 0 || (this.#shrink && sigma <= this.#target) ? w.clone() : tf.mul(w, this.#target / sigma);
    }

    #norm(w: Tensor): number {
      if (w.rank === 1) {
        return largest(engine, w);
      }
      const weight = weightOf(w, this.#axis);
      const { iterations } = this.#args;
      return iterations === undefined
        ? engine.spectralNorm(weight)
        : engine.powerIteration(weight, { iterations }).sigma;
    }

    override getConfig(): serialization.ConfigDict {
      return configOf(this.#args);
    }

    static fromConfig<T extends serialization.Serializable>(cls: Constructor<T>, config: serialization.ConfigDict): T {
      return new cls(withoutCustomObjects(config));
    }
  }

  /** What the three clips have in common. */
  abstract class Clip extends Base {
    protected readonly c: number;
    protected readonly axis: number;

    constructor(args: ClipArgs) {
      super();
      const read = readOptions<ClipArgs>(args, ["c", "axis"]);
      this.c = readPositive("args.c", read.c, 0);
      this.axis = readAxis(read.axis);
    }

    override getConfig(): serialization.ConfigDict {
      return { c: this.c, axis: this.axis };
    }

    static fromConfig<T extends serialization.Serializable>(cls: Constructor<T>, config: serialization.ConfigDict): T {
      return new cls(withoutCustomObjects(config));
    }
  }

  class ClipSpectral extends Clip {
    static readonly className: string = "SpectralClip";

    override apply(w: Tensor): Tensor {
      checkWeight("w", w);
      if (w.rank === 1) {
        largest(engine, w);
        return tf.clipByValue(w, -this.c, this.c);
      }
      const { data, clipped } = engine.clipSpectral(weightOf(w, this.axis), this.c);
      return clipped === 0 ? w.clone() : tf.tensor(data as Float32Array, w.shape);
    }
  }

  class WeightClip extends Clip {
    static readonly className: string = "WeightClip";

    override apply(w: Tensor): Tensor {
      checkWeight("w", w);
      engine.frobeniusNorm(rowOf(w));
      return tf.clipByValue(w, -this.c, this.c);
    }
  }

  class FrobeniusClip extends Clip {
    static readonly className: string = "FrobeniusClip";

    override apply(w: Tensor): Tensor {
      checkWeight("w", w);
      const norm = engine.frobeniusNorm(rowOf(w));
      return norm <= this.c ? w.clone() : tf.mul(w, this.c / norm);
    }
  }

  for (const constraint of [SpectralConstraint, ClipSpectral, WeightClip, FrobeniusClip]) {
    tf.serialization.registerClass(constraint as never);
  }
  return {
    spectralNormalization: (args) => new SpectralConstraint(args),
    clipSpectral: (args) => new ClipSpectral(args),
    weightClip: (args) => new WeightClip(args),
    frobeniusClip: (args) => new FrobeniusClip(args),
  };
}

/** max |γ|, the norm of the diagonal: that of the embedding of two rows would be another. Refuses NaN. */
function largest(engine: Engine, w: Tensor): number {
  const { data } = rowOf(w);
  // The Frobenius norm of a vector is finite only if the vector is, and its message says where it is not.
  engine.frobeniusNorm({ data, shape: [1, data.length] });
  return data.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
}

/** All entries as one row, for norms that know no shape. */
function rowOf(w: Tensor): { readonly data: Float32Array; readonly shape: readonly [number, number] } {
  const data = Float32Array.from(w.dataSync());
  return { data, shape: [1, data.length] };
}
