/**
 * Limits that a checkpoint is held to, for instance before it is published: each passes on proof, or fails with a sentence.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import { complaint } from "../engine/validate.js";
import type { Audit } from "./audit.js";
import type { Architecture } from "./layers.js";
import type { AuditedTensor } from "./weight.js";

/** The limits. */
export interface GateOptions {
  /** What no weight's norm may exceed: see {@link normInUse}. */
  readonly maxNorm?: number | undefined;
  /** What the network's Lipschitz constant may not exceed. It takes an architecture that lists the whole network. */
  readonly maxLipschitz?: number | undefined;
}

/** A limit, and whether it is kept. */
export interface Gate {
  readonly gate: "max-norm" | "max-lipschitz";
  readonly limit: number;
  readonly passed: boolean;
  /** Why not, a sentence each; empty when it passed. */
  readonly failures: readonly string[];
}

/**
 * Checks the limits before anything is read.
 *
 * @throws {OptionError} For what is no limit, and for a limit that nothing can be proved of.
 */
export function checkGates({ maxNorm, maxLipschitz }: GateOptions, architecture: Architecture | undefined): void {
  for (const [name, limit] of Object.entries({ maxNorm, maxLipschitz })) {
    if (limit === undefined || (typeof limit === "number" && limit >= 0 && limit < Number.POSITIVE_INFINITY)) continue;
    throw new OptionError(complaint(name, "a finite number of at least 0", limit));
  }
  if (maxLipschitz === undefined || architecture?.network) return;
  // Neither activations nor residual connections nor even the order of layers are in a checkpoint.
  const expected = '--layers with a "network": a checkpoint does not say what stands between its weights';
  throw new OptionError(complaint("maxLipschitz", expected, architecture ? "layers without order" : undefined));
}

/** Whether each limit that was given is kept. */
export function gatesOf(audit: Audit, { maxNorm, maxLipschitz }: GateOptions): readonly Gate[] {
  const gates: Gate[] = [];
  const add = (gate: Gate["gate"], limit: number, failures: readonly string[]) =>
    gates.push({ gate, limit, passed: failures.length === 0, failures });
  if (maxNorm !== undefined) add("max-norm", maxNorm, normFailures(audit, maxNorm));
  if (maxLipschitz !== undefined) add("max-lipschitz", maxLipschitz, lipschitzFailures(audit, maxLipschitz));
  return gates;
}

function normFailures({ tensors, adapters }: Audit, limit: number): readonly string[] {
  // Of a LoRA pair the product counts: its factors by themselves say nothing.
  const factors = new Set(adapters.flatMap(({ adapter }) => (adapter === null ? [] : [adapter.down, adapter.up])));
  const rows = [...tensors.filter(({ name }) => !factors.has(name)), ...adapters];
  return rows.flatMap((row) => {
    if (row.adapter !== null && row.adapter.scale === null) {
      return [`${row.name} is multiplied by α/rank, and its file does not say α: give --lora-alpha`];
    }
    const known = normInUse(row);
    if (known === null) return [`${row.name} has no norm that could be held to ${limit}`];
    const { upper, of } = known;
    return upper <= limit ? [] : [`${row.name}: its ${of} may be ${upper.toPrecision(7)}, above ${limit}`];
  });
}

/**
 * The bound that a weight is judged by: of the convolution as it runs where the layer is known, else of the weight as the
 * network uses it, divided by the stored σ̂ where PyTorch or Flax divide by it.
 */
export function normInUse(row: AuditedTensor): { readonly upper: number; readonly of: string } | null {
  const { upper, operator, normalization, storedSigma } = row;
  if (operator !== null && operator.layer !== null) return { upper: operator.upper, of: "norm as a convolution" };
  if (upper === null) return null;
  if (normalization === null || normalization === "keras") return { upper, of: "spectral norm" };
  if (storedSigma === null || storedSigma === 0) return null;
  return { upper: (upper / Math.abs(storedSigma)) * (1 + 2 ** -50), of: "spectral norm in use" };
}

function lipschitzFailures({ network }: Audit, limit: number): readonly string[] {
  if (network === null) return ["the network has weights whose value in use is not known"];
  if (network.upper === null) {
    const why = network.layers.find(({ upper }) => upper === Number.POSITIVE_INFINITY)?.note;
    return [`the network has no Lipschitz constant that is known${why === undefined ? "" : `: ${why}`}`];
  }
  if (network.upper <= limit) return [];
  return [`the Lipschitz constant of the network may be ${network.upper.toPrecision(7)}, above ${limit}`];
}
