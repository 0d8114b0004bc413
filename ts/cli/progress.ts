/**
 * One line on the terminal that says what is going on, and goes away.
 *
 * @module
 */
import { shorten } from "../checkpoint/report/text.js";

const CLEAR_LINE = "\r\u001b[K";
// What is over before anybody could read about it is not worth a flicker.
const PATIENCE_MS = 300;

/** A line that shows the last text given, on a terminal; elsewhere nothing. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

/** A progress line on `stream`. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  const start = Date.now();
  let isShown = false;
  return {
    show(text) {
      if (Date.now() - start < PATIENCE_MS) return;
      stream.write(CLEAR_LINE + shorten(text, stream.columns - 1));
      isShown = true;
    },
    clear() {
      if (isShown) stream.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
