/**
 * Ten scores, one for each digit, and lengths of changes. Nothing here needs a model, so that the page can have it, too.
 *
 * @module
 */

/** The answer: the class with the largest score, the first of them. */
export function answerOf(scores: ArrayLike<number>): number {
  let best = 0;
  for (let label = 1; label < scores.length; label++) if ((scores[label] ?? 0) > (scores[best] ?? 0)) best = label;
  return best;
}

/** Scores as shares of 1 (softmax). */
export function sharesOf(scores: ArrayLike<number>): number[] {
  const most = scores[answerOf(scores)] ?? 0;
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The L2 distance of two images. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += ((a[index] ?? 0) - (b[index] ?? 0)) ** 2;
  return Math.sqrt(sum);
}
