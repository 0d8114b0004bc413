/**
 * The functions of a pool: what is asked is sent to a worker, and what it answers comes back.
 *
 * @module
 */
import { OptionError, SpectralNormError, TypeMismatchError } from "../engine/errors.js";
import { complaint, complaintOf } from "../engine/validate.js";
import type { Engine, FloatArray, WeightLike } from "../types.js";
import type { Called } from "./answer.js";
import { employ } from "./employ.js";
import type { Office } from "./office.js";
import { numbersIn, Parcel } from "./parcel.js";
import { findSplit } from "./search.js";
import { all } from "./team.js";
import { Death, type Thread } from "./thread.js";
import { heard, type ToldError } from "./told.js";
import type { JobOptions, PoolFunctions } from "./types.js";

/** Those that take functions, or give what lives in the memory of one engine. */
const apart: readonly string[] = ["matrix", "createSpectralNormalization", "empiricalLipschitz"];

/** Weights that together have no more numbers than this go in one message. */
const MESSAGE = 2 ** 16;

/** How many workers may die of a job whose arguments are still there. */
const ATTEMPTS = 2;

/** The functions, as `job` says how. */
export function functionsOf(engine: Engine, office: Office, job: JobOptions): PoolFunctions {
  const names = Object.keys(engine).filter((name) => !apart.includes(name));
  const lifted = names.map((name) => {
    return [
      name,
      async (...given: unknown[]) =>
        job.split ? findSplit(office, job, name, given) : callOne(office, job, name, given),
    ];
  });
  return {
    ...Object.fromEntries(lifted),
    spectralNorms: (list: readonly WeightLike[], options?: unknown) => callEach(office, job, list, options),
  };
}

async function callOne(office: Office, job: JobOptions, name: string, given: readonly unknown[]): Promise<unknown> {
  const [value] = await call(office, job, name, [given], []);
  return placed(value, given.at(-1));
}

/** A result in the place that the caller has for it. */
function placed(value: unknown, options: unknown): unknown {
  const out = Object(options)["out"] as { set(data: FloatArray): void } | undefined;
  if (out === undefined) return value;
  const result = value as { readonly data: FloatArray };
  out.set(result.data);
  return { ...result, data: out };
}

async function callEach(office: Office, job: JobOptions, list: unknown, options: unknown): Promise<Float64Array> {
  if (!Array.isArray(list)) throw new TypeMismatchError(complaint("list", "an array of weights", list));
  if (job.split) throw new OptionError(complaintOf("options.split", "false for spectralNorms", "true"));
  const norms = new Float64Array(list.length);
  await all(groupsOf(list), async (places) => {
    const calls = places.map((place) => [list[place], options]);
    const titles = places.map((place) => `list[${place}]`);
    for (const [index, norm] of (await call(office, job, "spectralNorm", calls, titles)).entries()) {
      norms[places[index] as number] = norm as number;
    }
  });
  return norms;
}

/** The places of weights in groups, a message each: the largest weights first, alone, and small ones together. */
function groupsOf(list: readonly unknown[]): number[][] {
  const sizes = list.map(numbersIn);
  const order = [...list.keys()].sort((one, other) => (sizes[other] as number) - (sizes[one] as number));
  const groups: number[][] = [];
  let room = 0;
  for (const place of order) {
    const size = sizes[place] as number;
    if (size > room || groups.length === 0) {
      groups.push([]);
      room = MESSAGE;
    }
    groups.at(-1)?.push(place);
    room -= size;
  }
  return groups;
}

/**
 * Calls of one function, in one message.
 *
 * @param titles What messages of errors call the weights, if not `w`.
 */
function call(
  { crew, start }: Office,
  { signal, transfer = false }: JobOptions,
  name: string,
  calls: readonly (readonly unknown[])[],
  titles: readonly string[],
): Promise<readonly unknown[]> {
  const work = {
    size: numbersIn(calls),
    attempts: transfer ? 1 : ATTEMPTS,
    who: "the worker that had the job",
    signal,
  };
  return employ(crew, work, async (thread) => {
    await start(thread);
    const parcel = parcelOf(calls, transfer);
    const answer = await send(thread, { kind: "call", name, calls: parcel.contents, lent: parcel.lent }, parcel);
    parcel.giveBack(answer.lent);
    if (answer.error === undefined) return answer.values as readonly unknown[];
    // After a trap there is no telling what its memory is like.
    if (answer.error.code === "INTERNAL") await thread.end();
    throw heard(entitled(answer.error, titles[answer.failed ?? 0]));
  });
}

/** The error with another name for the weight, which is one of many. */
function entitled(error: ToldError, title: string | undefined): ToldError {
  if (title === undefined) return error;
  const rename = (text: string): string => text.replace(/"w(?=["[.])/, `"${title}`);
  return { ...error, message: rename(error.message), stack: error.stack && rename(error.stack) };
}

function parcelOf(calls: unknown, transfer: boolean): Parcel {
  try {
    return new Parcel(calls, transfer);
  } catch (thrown) {
    throw unsendable(thrown);
  }
}

async function send(thread: Thread, question: unknown, parcel: Parcel): Promise<Called> {
  try {
    return (await thread.ask(question, parcel.moved)) as Called;
  } catch (thrown) {
    throw unsendable(thrown);
  }
}

/** What engines throw of arrays that are detached, and of values that have no clone. */
function unsendable(thrown: unknown): unknown {
  if (thrown instanceof Death || thrown instanceof SpectralNormError) return thrown;
  return new TypeMismatchError(`The arguments cannot be sent to a worker: ${(thrown as Error).message}`, {
    cause: thrown,
  });
}
