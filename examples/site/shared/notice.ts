import { find } from "./dom.ts";
import { Refusal } from "./worker-client.ts";

/** Says what went wrong, where the page has room for it, or takes it back. */
export function notice(error: unknown): void {
  const place = find("notice", HTMLElement);
  place.hidden = error === undefined;
  if (error === undefined) return;
  const { message } = error as Error;
  place.textContent =
    error instanceof Refusal && error.code !== "LOAD"
      ? `The engine refused: ${message}`
      : `The engine did not start: ${message}. It needs a browser with WebAssembly SIMD and module workers: Chromium 91, Firefox 114 or Safari 16.4.`;
}
