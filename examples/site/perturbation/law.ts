/**
 * The law, put to the test by whatever the visitor does: within its certified radius no answer changes.
 *
 * @module
 */
import { find } from "../shared/dom.ts";
import { counted, show } from "../shared/format.ts";
import type { Reading } from "./tasks.ts";

/** Whether a change kept within the radius, and if so, whether the answer held. */
export function ruling({ before, after, size, radius }: Reading): "held" | "broken" | undefined {
  if (size === 0 || size >= radius) return;
  return before === after ? "held" : "broken";
}

/** Counts since the page was opened. */
export class Law {
  #inside = 0;
  #broken = 0;

  /** Counts answers, and says how many kept the law. */
  check(answers: readonly Reading[]): void {
    for (const answer of answers) {
      const found = ruling(answer);
      if (found === undefined) continue;
      this.#inside += 1;
      if (found === "broken") this.#broken += 1;
    }
    show(find("law-inside", HTMLDataElement), this.#inside, counted(this.#inside, "answer"));
    show(find("law-broken", HTMLDataElement), this.#broken, this.#broken === 0 ? "none" : String(this.#broken));
  }
}
