/**
 * The runs side by side: a worker for each method, and the newest that each has told.
 *
 * @module
 */
import { type MethodName, MOST } from "./methods.ts";
import {
  type Command,
  type Look,
  type Measured,
  type Report,
  type Snapshot,
  settingsOf,
  type Trouble,
} from "./protocol.ts";
import { PACES, type State } from "./state.ts";

type Floats = Float32Array<ArrayBuffer>;

/** One method's run as the page knows it. */
export interface Run {
  readonly method: MethodName;
  readonly status: "starting" | "paused" | "running" | "failed";
  /** Real samples to compare with, and how many numbers each has. */
  readonly real: Floats;
  readonly dimensions: number;
  readonly snapshot: Snapshot | undefined;
  readonly history: readonly Measured[];
  readonly trouble: Trouble | undefined;
}

interface Seat {
  readonly worker: Worker;
  id: number;
  run: Run;
}

const NOTHING = new Float32Array();

const startOf = (method: MethodName): Run => ({
  method,
  status: "starting",
  real: NOTHING,
  dimensions: 2,
  snapshot: undefined,
  history: [],
  trouble: undefined,
});

/** The run after a report. */
export function after(run: Run, report: Report): Run {
  switch (report.kind) {
    case "began":
      return {
        ...run,
        real: report.real,
        dimensions: report.dimensions,
        status: run.status === "running" ? "running" : "paused",
      };
    case "snapshot":
      return { ...run, snapshot: report.snapshot };
    case "measured":
      return { ...run, history: [...run.history, report.measured] };
    case "paused":
      return report.isAsked ? run : { ...run, status: "paused" };
    case "failed":
      return { ...run, status: "failed", trouble: report.trouble };
  }
}

/** Owns the workers. */
export class Session {
  readonly #seats: (Seat | undefined)[] = Array.from({ length: MOST }, () => undefined);
  readonly #changed: () => void;
  readonly #create: () => Worker;
  #ids = 0;

  /** @param changed Called after every report; `create` makes a worker. */
  constructor(create: () => Worker, changed: () => void) {
    this.#create = create;
    this.#changed = changed;
  }

  /** The runs by their places. */
  get runs(): readonly (Run | undefined)[] {
    return this.#seats.map((seat) => seat?.run);
  }

  get isRunning(): boolean {
    return this.runs.some((run) => run?.status === "running");
  }

  /** Begins anew where a place has another method, or everywhere; goes on where it ran. */
  begin(state: State, isAll: boolean): void {
    const wasRunning = this.isRunning;
    for (let index = 0; index < MOST; index++) {
      const method = state.methods[index];
      const seat = this.#seats[index];
      if (method === undefined) {
        seat?.worker.terminate();
        this.#seats[index] = undefined;
      } else if (isAll || seat?.run.method !== method) {
        this.#seats[index] = this.#begin(state, method, seat);
        if (wasRunning) this.#run(this.#seats[index], state);
      }
    }
    this.#changed();
  }

  #begin(state: State, method: MethodName, seat: Seat | undefined): Seat {
    this.#ids += 1;
    const fresh = seat ?? this.#open(method);
    fresh.id = this.#ids;
    fresh.run = startOf(method);
    const look = { field: state.field, layers: state.layers };
    this.#send(fresh, { kind: "begin", id: fresh.id, settings: settingsOf(state, method), look });
    return fresh;
  }

  #open(method: MethodName): Seat {
    const seat: Seat = { worker: this.#create(), id: 0, run: startOf(method) };
    seat.worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
      // What an earlier run of this worker still had to say is no longer of interest.
      if (data.id === seat.id) this.#take(seat, data);
    });
    seat.worker.addEventListener("error", ({ message }) => {
      const trouble = { step: 0, code: "LOAD", message: message || "its worker could not be started" };
      this.#take(seat, { id: seat.id, kind: "failed", trouble });
    });
    return seat;
  }

  #take(seat: Seat, report: Report): void {
    seat.run = after(seat.run, report);
    this.#changed();
  }

  #send(seat: Seat, command: Command): void {
    seat.worker.postMessage(command);
  }

  #run(seat: Seat | undefined, { pace, until }: State): void {
    if (seat === undefined || seat.run.status === "failed") return;
    seat.run = { ...seat.run, status: "running" };
    this.#send(seat, { kind: "run", pace: PACES[pace] ?? Number.POSITIVE_INFINITY, until });
  }

  #each(act: (seat: Seat) => void): void {
    for (const seat of this.#seats) if (seat !== undefined) act(seat);
    this.#changed();
  }

  /** Trains, at the state's pace. */
  run(state: State): void {
    this.#each((seat) => this.#run(seat, state));
  }

  /** Another pace, for those that run. */
  hurry(state: State): void {
    this.#each((seat) => {
      if (seat.run.status === "running") this.#run(seat, state);
    });
  }

  /** At once for the page: what changes before a worker has heard of it must not go on. */
  pause(): void {
    this.#each((seat) => {
      if (seat.run.status === "running") seat.run = { ...seat.run, status: "paused" };
      this.#send(seat, { kind: "pause" });
    });
  }

  /** One step of each. */
  step(): void {
    this.#each((seat) => this.#send(seat, { kind: "step" }));
  }

  look(look: Look): void {
    this.#each((seat) => this.#send(seat, { kind: "look", look }));
  }
}
