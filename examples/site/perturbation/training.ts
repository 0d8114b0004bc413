/**
 * The training in the page: some steps at a time, so that answers are given between.
 *
 * @module
 */
import { type Ask, newest } from "../shared/worker-client.ts";
import type { Progress } from "./contestant.ts";
import { type Settings, STEPS } from "./models.ts";
import type { PageTasks } from "./tasks.ts";

/** Steps of each model between two looks at it; fewer looks where motion is not wanted. */
const STRIDE = { lively: 20, calm: 100 };

/** What the page does meanwhile. */
export interface Watch {
  /** After each part of the training; it waits for what this returns. */
  progress(all: readonly Progress[]): Promise<void>;
  /** When it rests or goes on. */
  state(isRunning: boolean): void;
  fail(error: unknown): void;
}

const isOver = (all: readonly Progress[]): boolean =>
  all.every(({ step, failure }) => step >= STEPS || failure !== undefined);

/** The training of all models. */
export class Trainer {
  readonly #ask: Ask<PageTasks>;
  readonly #watch: Watch;
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #begin: (settings: Settings) => void;
  #isWanted = true;
  #isRunning = false;

  constructor(ask: Ask<PageTasks>, watch: Watch) {
    this.#ask = ask;
    this.#watch = watch;
    this.#begin = newest(async (settings: Settings) => {
      try {
        await ask("begin", settings);
        await watch.progress(await ask("learn", 0));
        void this.#run();
      } catch (error) {
        watch.fail(error);
      }
    });
  }

  /** Trains what the settings change anew. */
  set(settings: Settings): void {
    this.#begin(settings);
  }

  /** Pauses, or goes on. */
  toggle(): void {
    this.#isWanted = !this.#isWanted;
    if (this.#isWanted) void this.#run();
    else this.#watch.state(false);
  }

  async #run(): Promise<void> {
    if (this.#isRunning || !this.#isWanted) return;
    this.#isRunning = true;
    this.#watch.state(true);
    try {
      let isDone = false;
      while (this.#isWanted && !isDone) {
        const all = await this.#ask("learn", this.#calm.matches ? STRIDE.calm : STRIDE.lively);
        isDone = isOver(all);
        await this.#watch.progress(all);
      }
    } catch (error) {
      this.#watch.fail(error);
    }
    this.#isRunning = false;
    this.#watch.state(false);
  }
}
