/**
 * What the numbers of a run mean, in words.
 *
 * @module
 */
import { number } from "../shared/format.ts";
import type { Measured, Trouble } from "./protocol.ts";

/** Three significant digits, cut off downward or upward, so that what is read is still true. */
function outward(value: number, isUp: boolean): string {
  if (!(value > 0 && Number.isFinite(value))) return number(value, 3);
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return number((isUp ? Math.ceil : Math.floor)(value / unit) * unit, 3);
}

/** The interval that holds the critic's Lipschitz constant. */
export function constantWords({ lower, upper }: Measured): string {
  return `between ${outward(lower, false)} and ${outward(upper, true)}`;
}

/** What the interval says of the critic as a measure of distance. */
export function meaningOf({ lower, upper }: Measured): string {
  if (!(Number.isFinite(lower) && Number.isFinite(upper))) return "Its constant is beyond float32.";
  if (lower < 0.05) return "Almost flat where it was asked: little to learn from.";
  if (upper <= 1.05) return `Certified: moving a point by 1 moves its score by ${outward(upper, true)} at most.`;
  if (lower > 2) return `Somewhere, moving a point by 0.1 moves its score by ${number(0.1 * lower, 2)}.`;
  return `Moving a point by 1 may move its score by ${outward(upper, true)} for all that is certified.`;
}

/** Modes covered, where the data has some. */
export function modesWords({ covered, modes }: Measured): string {
  return modes === 0 ? "" : `${covered} of ${modes} modes`;
}

/** What happened to a run that failed, and what is shown now. */
export function troubleWords({ step, code, message }: Trouble): string {
  if (code === "NON_FINITE") {
    return `The loss was no number after step ${step}, so that training stopped here. What is drawn is the state before, the last good one; a lower learning rate may help.`;
  }
  if (code === "LOAD") {
    return `Its worker did not start: ${message}. It needs a browser with WebAssembly SIMD and module workers: Chromium 91, Firefox 114 or Safari 16.4.`;
  }
  return `Training stopped after step ${step}: ${message}`;
}
