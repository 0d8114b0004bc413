/**
 * Arithmetic of numbers of at least 0 that rounds up, so that bounds made of bounds are bounds.
 *
 * @module
 */

/** Above `x` by at least half a unit in its last place, and hence at least what `x` was before it was rounded to nearest. */
const above = (x: number): number => x * (1 + 2 ** -52) + 2 ** -1074;

/** The same, but for 0, which stands for itself. */
export function up(x: number): number {
  return x === 0 ? 0 : above(x);
}

/** At least a·b. A layer that is constant makes the network constant, whatever the others are. */
export function times(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  return b === 1 ? a : above(a * b);
}

/** At least a + b, and just that where it needs no rounding. */
export function plus(a: number, b: number): number {
  const sum = a + b;
  // What rounding left over (Knuth's two-sum), NaN for an infinite sum.
  const rest = sum - a;
  return a - (sum - rest) + (b - rest) <= 0 ? sum : up(sum);
}

/** At least √x, and just that for squares of integers. */
export function root(x: number): number {
  const result = Math.sqrt(x);
  return Number.isInteger(result) && result * result === x ? result : up(result);
}
