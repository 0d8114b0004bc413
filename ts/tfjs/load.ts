/**
 * The adapter for one TensorFlow.js: its classes derive from that library's, so that they are made when it is known.
 *
 * @module
 */
import { complaint } from "../engine/validate.js";
import { LoadError, load as loadEngine, TypeMismatchError } from "../index.js";
import { makeBake } from "./bake.js";
import { makeConstraints } from "./constraints.js";
import { makeGan } from "./gan.js";
import { makeGuard } from "./guard.js";
import { addKernels } from "./kernels.js";
import { makeRegularizers } from "./regularizers.js";
import type { TensorFlow, Tfjs } from "./types.js";
import { makeWrapper } from "./wrapper.js";

/** One adapter for each TensorFlow.js, for classes of the same name may be registered only once. */
const adapters = new WeakMap<object, Tfjs>();

/** Gives the adapter for a TensorFlow.js, or for the one that is installed. */
export async function loadAdapter(given?: TensorFlow): Promise<Tfjs> {
  const tf = given === undefined ? await importTensorFlow() : given;
  if (typeof tf?.layers?.Layer !== "function" || typeof tf.customGrad !== "function") {
    throw new TypeMismatchError(complaint("tf", "the module @tensorflow/tfjs", tf));
  }
  const engine = await loadEngine();
  // One import of a library may differ from another, but not the classes in it.
  const known = adapters.get(tf.layers.Layer);
  if (known !== undefined) {
    return known;
  }
  addKernels(tf);
  const Wrapper = makeWrapper(tf);
  tf.serialization.registerClass(Wrapper);
  const adapter: Tfjs = {
    constraints: makeConstraints(tf, engine),
    regularizers: makeRegularizers(tf, engine),
    layers: { spectralNormalization: (args) => new Wrapper(args) },
    bake: makeBake(tf, Wrapper),
    guard: makeGuard(tf),
    ...makeGan(tf),
  };
  adapters.set(tf.layers.Layer, adapter);
  return adapter;
}

async function importTensorFlow(): Promise<TensorFlow> {
  try {
    return await import("@tensorflow/tfjs");
  } catch (cause) {
    throw new LoadError(
      "spectral-norm/tfjs needs the package @tensorflow/tfjs 4.22, which could not be imported: install it, or pass " +
        "yours to load(tf)",
      { cause },
    );
  }
}
