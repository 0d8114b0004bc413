/**
 * What a model promises and what became of it, in words.
 *
 * @module
 */
import { number } from "../shared/format.ts";
import type { Progress } from "./contestant.ts";
import { STEPS } from "./models.ts";
import type { Reading } from "./tasks.ts";

/** The length of the longest change within the range of pixels: from corner to corner. */
const LONGEST = 16;

/** A length rounded down, so that what is promised is still true as it is written. */
export function roundedDown(length: number): string {
  if (!(length > 0 && Number.isFinite(length))) return number(length);
  const unit = 10 ** (Math.floor(Math.log10(length)) - 2);
  return number(Math.floor(length / unit) * unit, 3);
}

/** What is certain of an answer. */
export function promiseOf({ radius, found }: Reading): string {
  if (radius === 0) return "Two answers are level: nothing is promised.";
  if (radius > LONGEST) return "No change of any pixels can alter this answer.";
  const promised = `No change shorter than ${roundedDown(radius)} can alter this answer`;
  if (found === undefined) return `${promised}.`;
  return Number.isFinite(found)
    ? `${promised}; one of ${number(found, 3)} is known to.`
    : `${promised}; the attack finds none that does.`;
}

/** What became of an answer. */
export function verdictOf({ before, after, radius, size }: Reading): string {
  if (size === 0) return "Nothing is changed.";
  const made = `This change of ${number(size, 3)} is`;
  if (size < radius) return `${made} within the radius: the answer cannot change.`;
  const where = radius > 0 ? `${number(size / radius, 2)} times the radius` : "beyond what is promised";
  return before === after
    ? `${made} ${where}: not promised, and yet it stayed ${before}.`
    : `${made} ${where}: ${before} became ${after}.`;
}

/** What went wrong with a training, if anything did. */
export function troubleOf({ failure, step, only, upper }: Progress): string | undefined {
  if (failure !== undefined) {
    return `The loss was no finite number in step ${step + 1}, so this model stopped there: a smaller λ helps. The others go on.`;
  }
  if (only === undefined || step < STEPS / 4) return;
  return `It answers ${only} to every digit, with L = ${number(upper, 2)}: λ leaves no room to learn. A smaller one helps.`;
}

/** How far the trainings have come. */
export function progressOf(all: readonly Progress[]): string {
  const least = Math.min(...all.map(({ step }) => step));
  const running = all.filter(({ failure }) => failure === undefined);
  if (running.every(({ step }) => step >= STEPS)) return `Trained, ${STEPS} steps each`;
  const most = Math.max(...all.map(({ step }) => step));
  return least === most ? `Step ${least} of ${STEPS}` : `Steps ${least} to ${most} of ${STEPS}`;
}

/** A model's worth on images that it has not seen; a share of 500 has three digits. */
export function accuracyOf({ accuracy, step }: Progress): string {
  return step === 0 ? "–" : `${number(100 * accuracy, 3)}%`;
}
