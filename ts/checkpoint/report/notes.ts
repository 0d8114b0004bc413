/**
 * What stands above and below the table of an audit.
 *
 * @module
 */
import type { Audit, SkippedTensor, SkipReason } from "../audit.js";
import { formatBound, rowsOf } from "./fields.js";
import { plural, printable } from "./text.js";

/** A paragraph below the table. */
export interface Note {
  readonly isError: boolean;
  readonly text: string;
}

/** What was audited, and what was not. */
export function title({ file, axis, tensors, skipped }: Audit): string {
  const found = `${plural(tensors.length, "weight")} among ${plural(tensors.length + skipped.length, "tensor")}`;
  const passedOver = skipped.length === 0 ? "" : `; skipped ${countReasons(skipped)}`;
  return `${printable(file)}: ${found}, output axis ${axis}${passedOver}`;
}

const reasons: Readonly<Record<SkipReason, string>> = {
  vector: "vector",
  scalar: "scalar",
  integer: "integer tensor",
  empty: "empty tensor",
  unsupported: "tensor",
};

function countReasons(skipped: readonly SkippedTensor[]): string {
  const counts = (Object.keys(reasons) as SkipReason[]).map((reason) => {
    const those = skipped.filter((tensor) => tensor.reason === reason);
    const dtypes = [...new Set(those.map((tensor) => tensor.dtype))].join(", ");
    const words = plural(those.length, reasons[reason]);
    return those.length === 0 ? "" : reason === "unsupported" ? `${words} of type ${dtypes}` : words;
  });
  return counts.filter((text) => text !== "").join(", ");
}

/** What went wrong first, then what the columns mean. */
export function notes(audit: Audit): readonly Note[] {
  const rows = rowsOf(audit);
  const errors = rows.flatMap(({ name, error }) => (error === null ? [] : [`${printable(name)}: ${error.message}`]));
  const unconverged = rows.filter((row) => row.converged === false);
  if (unconverged.length > 0) {
    const words = `${plural(unconverged.length, "weight")} did not reach the tolerance within the passes allowed`;
    errors.push(`${words}: ≥ marks lower bounds, ≤ upper bounds. Raise --max-iterations or --tolerance.`);
  }
  return [
    ...errors.map((text) => ({ isError: true, text })),
    ...explanations(audit).map((text) => ({ isError: false, text })),
  ];
}

function explanations(audit: Audit): readonly string[] {
  const { axis, tensors } = audit;
  const texts: string[] = [];
  for (const row of tensors) {
    if (row.note !== null) texts.push(`${printable(row.name)}: ${row.note}.`);
    const asked = axis === "last" ? row.shape.length - 1 : axis;
    if (row.axis !== asked) texts.push(`${printable(row.name)}: read along axis ${row.axis}, which its stored u fits.`);
  }
  if (tensors.length > 0) texts.push("Stable rank: (Frobenius norm / spectral norm)².");
  if (tensors.some((row) => row.storedSigma !== null)) {
    texts.push(
      "Stored σ: uᵀWv, by which PyTorch divides the weight. σ / stored: the spectral norm of the weight in use.",
    );
  }
  if (tensors.some((row) => row.shape.length > 2)) {
    texts.push(
      "Kernels are read as matrices along the output axis; the norm of the convolution as run is another number.",
    );
  }
  texts.push(...beyondNorms(audit));
  return texts;
}

/** What else was found out, and what it supposes. */
function beyondNorms(audit: Audit): readonly string[] {
  const texts: string[] = [];
  const rows = rowsOf(audit);
  const probable = rows.filter(({ certainty }) => typeof certainty === "number");
  if (probable.length > 0) {
    const words = `${plural(probable.length, "interval")} for σ with a probability of ${probable[0]?.certainty} each`;
    texts.push(`${words}, over seeds. --certainty rigorous proves them.`);
  }
  if (rows.some(({ operator }) => operator?.method === "bracket")) {
    texts.push(
      "As run, without --layers: bounds of the convolution for any stride, dilation, groups and transposition. The upper one supposes padding by zeros or circular padding, the lower one an output that sees the whole kernel.",
    );
  }
  if (audit.adapters.length > 0) {
    const unscaled = audit.adapters.some(({ adapter }) => adapter?.scale === null);
    const remedy = unscaled ? " Where α is not in the file, the numbers are those of B·A; --lora-alpha gives it." : "";
    texts.push(`B·A: what a LoRA pair adds to a weight, times s = α/rank.${remedy}`);
  }
  if (audit.adapters.some(({ adapter }) => adapter?.base !== undefined)) {
    texts.push("W + s·B·A: the weight of the base model with its pair; its interval adds both norms, and may be wide.");
  }
  if (audit.heads.length > 0) {
    texts.push("W_q·W_kᵀ/√d: the largest score of a head, for inputs of unit length, without biases and rotations.");
  }
  if (audit.network !== null) {
    const { upper, inputSize } = audit.network;
    const size = inputSize === null ? "of all sizes" : `of size ${[inputSize].flat().join("×")}`;
    texts.push(
      `Lipschitz constant of the network, on inputs ${size}: at most ${formatBound(upper ?? Number.POSITIVE_INFINITY, 1)}.`,
    );
  }
  return texts;
}
