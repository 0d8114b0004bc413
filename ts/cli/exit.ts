/**
 * How commands end.
 *
 * @module
 */

/** The exit codes of every command. */
export const exitCodes = {
  /** Everything was done. */
  ok: 0,
  /** The work was done, and found something wrong, such as NaN in a weight. */
  findings: 1,
  /** The command line or a file is wrong. */
  usage: 2,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const;

/** One line on standard error. */
export function complain(message: string): void {
  process.stderr.write(`spectral-norm: ${message}\n`);
}
