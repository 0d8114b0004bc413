/**
 * One method's training, as the page wants it: orders are obeyed one at a time, between steps.
 *
 * @module
 */
import { digitImages, distributions, drawing, readDigits } from "../../shared/data.mjs";
import { seeded } from "../../shared/random.mjs";
import { createTrainer } from "../../shared/train.mjs";
import { centerOf } from "./cells.ts";
import type { Command, Look, Report, Settings } from "./protocol.ts";
import { buffersOf, IMAGES, SAMPLES, takeSnapshot } from "./snapshot.ts";
import { inTurn } from "./turns.ts";

type Trainer = ReturnType<typeof createTrainer>;
type Distribution = Trainer["settings"]["data"];
type Body<R> = R extends unknown ? Omit<R, "id"> : never;

/** Steps between measurements, which are at the same steps in every run of the same settings. */
export const EVERY = 10;
/** Samples that are measured. */
export const MEASURED = 512;
/** Milliseconds between snapshots at least: more are not seen. */
const PAUSE = 150;
/** Of the time of training that snapshots may take besides, at most. */
const SHARE = 1 / 3;

/** What is learned. */
export async function distributionOf({ data, own }: Pick<Settings, "data" | "own">): Promise<Distribution> {
  if (data === "own") return drawing(own.map(centerOf));
  if (data !== "digits") return distributions[data];
  const { default: text } = await import("../../data/digits.csv?raw");
  return digitImages(readDigits(text));
}

/** A trainer of these settings: that of examples/shared, as Node runs it. */
export async function trainerOf(settings: Settings): Promise<Trainer> {
  const { own: _, ...rest } = settings;
  return createTrainer({ ...rest, data: await distributionOf(settings) });
}

/** Obeys orders, and tells what it did. */
export class Runner {
  readonly #post: (report: Report, transfer: ArrayBuffer[]) => void;
  readonly #inbox: Command[] = [];
  #trainer: Trainer | undefined;
  #id = 0;
  #look: Look = { field: "none", layers: [] };
  #pace = 0;
  #until = 0;
  #isBusy = false;
  #wake: () => void = () => {};
  /** Milliseconds of training so far, the steps that they are of, and both at the last measurement. */
  #trained = 0;
  #timed = 0;
  #since = { step: -1, trained: 0, timed: 0 };
  #lastSnapshot = { step: -1, end: 0, cost: 0 };

  constructor(post: (report: Report, transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  receive(command: Command): void {
    // What was asked of a run that is to begin anew is of no more interest, such as what it began with a key press ago.
    if (command.kind === "begin") this.#inbox.length = 0;
    this.#inbox.push(command);
    this.#wake();
    if (!this.#isBusy) void this.#work();
  }

  #tell(body: Body<Report>, transfer: ArrayBuffer[] = []): void {
    this.#post({ ...body, id: this.#id } as Report, transfer);
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (;;) {
      const command = this.#inbox.shift();
      if (command === undefined && this.#pace === 0) break;
      try {
        await inTurn(this.#id, () => (command === undefined ? this.#advance() : this.#obey(command)));
      } catch (error) {
        await this.#fail(error);
      }
      if (this.#inbox.length === 0 && this.#pace > 0) await this.#rest();
    }
    this.#isBusy = false;
  }

  async #obey(command: Command): Promise<void> {
    if (command.kind === "begin") return this.#begin(command);
    if (this.#trainer === undefined) return;
    if (command.kind === "look") {
      this.#look = command.look;
      return this.#snapshot();
    }
    if (command.kind === "run") {
      this.#until = command.until;
      this.#pace = command.until > 0 && this.#trainer.steps >= command.until ? 0 : command.pace;
      if (this.#pace === 0) this.#tell({ kind: "paused", isAsked: false });
      return;
    }
    if (command.kind === "step") await this.#train();
    await this.#pauseHere(true);
  }

  async #begin({ id, settings, look }: Extract<Command, { kind: "begin" }>): Promise<void> {
    this.#trainer?.dispose();
    this.#trainer = undefined;
    this.#id = id;
    this.#look = look;
    [this.#pace, this.#trained, this.#timed] = [0, 0, 0];
    this.#since = { step: -1, trained: 0, timed: 0 };
    const trainer = await trainerOf(settings);
    this.#trainer = trainer;
    const { data, seed } = trainer.settings;
    const real = data.sample(data.dimensions === 2 ? SAMPLES : IMAGES, seeded(seed + 1_000_003));
    this.#tell({ kind: "began", real, dimensions: data.dimensions }, [real.buffer]);
    await this.#measure();
    await this.#snapshot();
  }

  async #train(): Promise<void> {
    if (this.#trainer === undefined) return;
    // The first step compiles, which is no part of what a step costs.
    const isTimed = this.#trainer.steps > 0;
    const start = performance.now();
    await this.#trainer.step();
    if (!isTimed) return;
    this.#trained += performance.now() - start;
    this.#timed += 1;
  }

  async #advance(): Promise<void> {
    const trainer = this.#trainer;
    if (trainer === undefined) return;
    await this.#train();
    if (trainer.steps === this.#until) return this.#pauseHere(false);
    if (trainer.steps % EVERY === 0) await this.#measure();
    const { end, cost } = this.#lastSnapshot;
    if (performance.now() - end >= Math.max(PAUSE, cost / SHARE)) await this.#snapshot();
  }

  /** What is shown at a pause is all of one step. */
  async #pauseHere(isAsked: boolean): Promise<void> {
    this.#pace = 0;
    if (this.#since.step !== this.#trainer?.steps) await this.#measure();
    await this.#snapshot();
    this.#tell({ kind: "paused", isAsked });
  }

  async #measure(): Promise<void> {
    if (this.#trainer === undefined) return;
    const { steps: step, settings } = this.#trainer;
    const { distance, covered, lower, upper } = await this.#trainer.measure(MEASURED);
    // NaN where no step was timed.
    const milliseconds = (this.#trained - this.#since.trained) / (this.#timed - this.#since.timed);
    this.#since = { step, trained: this.#trained, timed: this.#timed };
    const [time, modes] = [this.#trained / 1000, settings.data.modes.length];
    this.#tell({ kind: "measured", measured: { step, time, milliseconds, distance, covered, modes, lower, upper } });
  }

  async #snapshot(): Promise<void> {
    if (this.#trainer === undefined) return;
    const start = performance.now();
    const snapshot = await takeSnapshot(this.#trainer, this.#look);
    this.#tell({ kind: "snapshot", snapshot }, buffersOf(snapshot));
    const end = performance.now();
    this.#lastSnapshot = { step: snapshot.step, end, cost: end - start };
  }

  /** The trainer is as before the update that failed, and is shown so before the failure is told. */
  async #fail(error: unknown): Promise<void> {
    this.#pace = 0;
    const { code = "INTERNAL", message } = error as { code?: string; message: string };
    const step = this.#trainer?.steps ?? 0;
    try {
      await this.#snapshot();
    } catch {
      // Where not even that can be drawn, what was drawn before stays.
    }
    this.#tell({ kind: "failed", trouble: { step, code, message } });
    this.#trainer?.dispose();
    this.#trainer = undefined;
  }

  /** Until the next step is due, and at least until messages had their turn; a message ends it. */
  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(this.#pace) ? setTimeout(() => this.#wake(), 1000 / this.#pace) : undefined;
      const { port1, port2 } = new MessageChannel();
      this.#wake = () => {
        clearTimeout(timer);
        port1.close();
        resolve();
      };
      // A timer of 0 ms would be one of 4, after a few.
      port1.onmessage = () => {
        if (timer === undefined) this.#wake();
      };
      port2.postMessage(undefined);
    });
  }
}
