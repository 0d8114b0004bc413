/**
 * States under the names that peers give their variables, as their checkpoints have them.
 *
 * @module
 */
import { StateError, TypeMismatchError } from "../engine/errors.js";
import type { Layout } from "../engine/layout.js";
import { complaint, readFlag, readOptions, readVector } from "../engine/validate.js";
import type { FloatArray, PeerState, PeerStateOptions, SpectralNormalizationState } from "../types.js";
import type { Peer } from "./peers.js";

/** What a peer calls the raw weight, and which parts of the state it calls what. */
interface Names {
  readonly weight: string;
  readonly parts: readonly (readonly [name: string, part: keyof SpectralNormalizationState])[];
}

/** The names; PyTorch's older ones where the options say so, or else the record does. */
function namesOf(peer: Peer | undefined, options: PeerStateOptions | undefined, record: PeerState): Names {
  if (peer === undefined) {
    throw new StateError('preset "article" keeps nothing between passes, and so has no variables to read or write');
  }
  const isTorch = peer.name === "torch";
  const given = readOptions<PeerStateOptions>(options, ["prefix", "name", ...(isTorch ? ["legacy"] : [])]);
  const prefix = readText("options.prefix", "", given.prefix);
  const name = readText("options.name", isTorch ? "weight" : "kernel", given.name);
  const weight = prefix + name;
  if (peer.name === "keras") {
    return { weight, parts: [[`${prefix}vector_u`, "v"]] };
  }
  if (!isTorch) {
    return {
      weight,
      parts: [
        [`${weight}/u`, "v"],
        [`${weight}/sigma`, "sigma"],
      ],
    };
  }
  const legacy = readFlag("options.legacy", given.legacy, `${weight}_orig` in record);
  const stem = legacy ? `${weight}_` : `${prefix}parametrizations.${name}.0._`;
  const [u, v] = peer.flipped ? (["v", "u"] as const) : (["u", "v"] as const);
  return {
    weight: legacy ? `${weight}_orig` : `${prefix}parametrizations.${name}.original`,
    parts: [
      [`${stem}u`, u],
      [`${stem}v`, v],
    ],
  };
}

function readText(title: string, fallback: string, text: unknown = fallback): string {
  if (typeof text !== "string") {
    throw new TypeMismatchError(complaint(title, "a string", text));
  }
  return text;
}

/** A record of copies: of the raw weight, and of the state in the weight's type. */
export function writePeerState(
  peer: Peer | undefined,
  options: PeerStateOptions | undefined,
  weight: FloatArray,
  state: SpectralNormalizationState | undefined,
): PeerState {
  const names = namesOf(peer, options, {});
  if (state === undefined) {
    throw new StateError("toPeerState needs a state: call forward(w) in training first, or restore one");
  }
  const Type = weight instanceof Float32Array ? Float32Array : Float64Array;
  const entries = names.parts.map(([name, part]) => [name, Type.from(part === "sigma" ? [state.sigma] : state[part])]);
  return Object.fromEntries([[names.weight, weight.slice()], ...entries]);
}

/** The state in a record, zero where the peer keeps none, and the raw weight, which `readWeight` checks. */
export function readPeerState(
  peer: Peer | undefined,
  options: PeerStateOptions | undefined,
  record: PeerState,
  { rows, columns }: Layout,
  readWeight: (title: string, weight: unknown) => FloatArray,
): { readonly weight: FloatArray; readonly state: SpectralNormalizationState } {
  if (typeof record !== "object" || record === null) {
    throw new TypeMismatchError(complaint("record", "an object of float arrays", record));
  }
  const names = namesOf(peer, options, record);
  const weight = readWeight(titleOf(names.weight), record[names.weight]);
  const state = { u: new Float64Array(rows), v: new Float64Array(columns), sigma: 0 };
  for (const [name, part] of names.parts) {
    const target = part === "sigma" ? new Float64Array(1) : state[part];
    target.set(readVector(titleOf(name), record[name], target.length, `as ${part} of this weight`));
    if (part === "sigma") {
      state.sigma = target[0] ?? 0;
    }
  }
  return { weight: weight.slice(), state };
}

function titleOf(name: string): string {
  return `record["${name}"]`;
}
