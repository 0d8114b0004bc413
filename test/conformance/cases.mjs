/**
 * The conformance suite: what every function of the package gives for fixed inputs. It imports nothing but itself, so
 * that any runtime can run it.
 *
 * @module
 */
import { constraints } from "./cases/constraints.mjs";
import { convolutions } from "./cases/convolutions.mjs";
import { extremes } from "./cases/extremes.mjs";
import { handles } from "./cases/handles.mjs";
import { network } from "./cases/network.mjs";
import { normalization } from "./cases/normalization.mjs";
import { norms } from "./cases/norms.mjs";
import { solvers } from "./cases/solvers.mjs";

/** Pairs of a name and a function of a synchronous engine, made one by one so that their inputs can be collected. */
export function* cases() {
  yield* norms();
  yield* extremes();
  yield* constraints();
  yield* normalization();
  yield* convolutions();
  yield* handles();
  yield* solvers();
  yield* network();
}
