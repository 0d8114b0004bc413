/**
 * The checkpoint, normalized or baked, as a download.
 *
 * @module
 */
import { find } from "../shared/dom.ts";
import { save } from "../shared/download.ts";
import type { RepairKind, RepairProgress, Written } from "./repairs.ts";
import { hire } from "./session.ts";
import type { Source } from "./sources.ts";
import type { Settings } from "./state.ts";
import { shortened, visible } from "./words.ts";

/** What is to be written anew. */
export interface Original {
  readonly source: Source;
  readonly settings: Settings;
  /** Whether the checkpoint keeps spectral normalization. */
  readonly isStored: boolean;
}

/** `model.safetensors` gives `model.normalized.safetensors`; shards keep the names that their index has. */
export function writtenName(path: string, kind: RepairKind, count: number): string {
  if (count > 1) return path.slice(path.lastIndexOf("/") + 1);
  return path.replace(/(?:\.weights)?\.[^./]*$/, (suffix) => `.${kind}${suffix}`);
}

/** Writing in a worker of its own, which ends with it. */
class Writing {
  readonly #hand = hire();
  #isStopped = false;

  async run({ source, settings, isStored }: Original, kind: RepairKind, tell: (words: string) => void) {
    this.#hand.worker.addEventListener("message", ({ data }: MessageEvent<Partial<RepairProgress>>) => {
      const { repairing, index = 0, count } = data;
      if (repairing !== undefined && !this.#isStopped) tell(`${index + 1} of ${count}: ${shortened(repairing, 60)}`);
    });
    try {
      return await this.#hand.ask("repaired", source, settings, kind, isStored);
    } finally {
      this.stop();
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#hand.worker.terminate();
  }
}

function saveAll(files: readonly Written[], kind: RepairKind): string {
  for (const { path, blob } of files) save(blob, writtenName(path, kind, files.length));
  return files.length === 1 ? "Written." : `Written: ${files.length} files that belong together.`;
}

/** Makes the buttons write what `original` gives; returns what shows which of them there is use for. */
export function offerCheckpoints(original: () => Original | undefined): (isThere: boolean, isStored: boolean) => void {
  const buttons = Array.from(document.querySelectorAll<HTMLButtonElement>("[data-repair]"));
  const stop = find("stop-writing", HTMLButtonElement);
  const words = find("writing", HTMLElement);
  let writing: Writing | undefined;
  const end = (said: string) => {
    writing?.stop();
    writing = undefined;
    words.textContent = said;
    stop.hidden = true;
  };
  const write = async (given: Original, kind: RepairKind) => {
    end("Beginning");
    stop.hidden = false;
    const mine = new Writing();
    writing = mine;
    try {
      const files = await mine.run(given, kind, (said) => {
        words.textContent = said;
      });
      if (writing === mine) end(saveAll(files, kind));
    } catch (error) {
      if (writing !== mine) return;
      end(`Nothing was written: ${visible((error as Error).message)}`);
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const given = original();
      if (given !== undefined) void write(given, button.dataset["repair"] as RepairKind);
    });
  }
  stop.addEventListener("click", () => end("Stopped. Nothing was written."));
  return (isThere, isStored) => {
    for (const button of buttons) button.disabled = !isThere || (button.dataset["repair"] === "baked" && !isStored);
  };
}
