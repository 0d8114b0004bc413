/**
 * The norm of one matrix by all workers.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import { complaintOf, readOptions } from "../engine/validate.js";
import type { DominantTriplet, DominantTripletOptions, WeightLike } from "../types.js";
import { workerError } from "./crew.js";
import { findNorm, findTriplet } from "./legs.js";
import type { Office } from "./office.js";
import { type Plan, planOf, withParts } from "./split.js";
import { all, gather } from "./team.js";
import { Death } from "./thread.js";
import type { JobOptions } from "./types.js";

/** As ts/engine/search.ts has them. */
const keys: readonly string[] = ["method", "tolerance", "maxIterations", "start", "seed"];

/**
 * `spectralNorm` or `dominantTriplet` of a matrix whose rows are shared out.
 *
 * @throws {SpectralNormError} `OPTION`: for any other function. `WORKER`: workers died twice.
 */
export async function findSplit(
  office: Office,
  job: JobOptions,
  name: string,
  given: readonly unknown[],
): Promise<unknown> {
  if (name !== "spectralNorm" && name !== "dominantTriplet") {
    throw new OptionError(complaintOf("options.split", `false for ${name}`, "true"));
  }
  const [w, options] = given as [WeightLike, DominantTripletOptions | undefined];
  readOptions(options, name === "spectralNorm" ? keys : [...keys, "gap"]);
  const plan = planOf(w);
  try {
    return await attempt(office, job, plan, name, options);
  } catch (thrown) {
    if (!(thrown instanceof Death)) throw thrown;
  }
  try {
    return await attempt(office, job, plan, name, options);
  } catch (thrown) {
    if (!(thrown instanceof Death)) throw thrown;
    throw workerError(`workers that had the matrix died 2 times: ${thrown.message}`);
  }
}

function attempt(
  { crew, start }: Office,
  { signal }: JobOptions,
  plan: Plan,
  name: "spectralNorm" | "dominantTriplet",
  options: DominantTripletOptions | undefined,
): Promise<unknown> {
  return gather(crew, Math.min(crew.size, plan.count), signal, async (threads) => {
    await all(threads, start);
    return await withParts(plan, threads, async (shared) => {
      if (name === "spectralNorm") return await findNorm(shared, options);
      return inType(await findTriplet(shared, options), plan);
    });
  });
}

/** Vectors in the type of the weight, as they are of a weight in one piece. */
function inType(found: DominantTriplet, { data }: Plan): DominantTriplet {
  if (data.BYTES_PER_ELEMENT === Float64Array.BYTES_PER_ELEMENT) return found;
  return { ...found, u: Float32Array.from(found.u), v: Float32Array.from(found.v) };
}
