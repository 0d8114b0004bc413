/**
 * What is known of the audit that the page shows: from the first byte to the report.
 *
 * @module
 */
import type { Audit, AuditJob } from "spectral-norm/audit";
import { partialAudit } from "./partial.ts";
import type { Item } from "./rows.ts";
import { Session } from "./session.ts";
import { nameOf, type Source } from "./sources.ts";
import type { Settings } from "./state.ts";
import type { Column, Opened } from "./tasks.ts";
import type { Progress } from "./words.ts";

export type Status = "opening" | "running" | "finished" | "canceled" | "failed";

/** An audit in the page. */
export class Run {
  readonly source: Source;
  status: Status = "opening";
  items: Item[] = [];
  columns: readonly Column[] = [];
  /** What is being measured. */
  working: readonly AuditJob[] = [];
  error: unknown;
  #audit: Audit | undefined;
  #opened: Opened | undefined;
  #session: Session;
  #allBytes = 0;
  #bytes = 0;
  #rows = 0;
  #begin = performance.now();
  #end: number | undefined;

  /** @param changed Is called after whatever changes. */
  constructor(source: Source, settings: Settings, changed: () => void) {
    this.source = source;
    const end = (status: Status) => {
      this.status = status;
      this.working = [];
      this.#end = performance.now();
      changed();
    };
    this.#session = new Session(source, settings, {
      opened: (opened) => {
        this.#open(opened);
        changed();
      },
      working: (jobs) => {
        this.working = jobs;
        changed();
      },
      measured: (index, measured) => {
        const item = this.items[index] as Item;
        this.items[index] = { ...item, measured };
        this.#bytes += item.job.bytes;
        this.#rows += 1;
        changed();
      },
      finished: (audit) => {
        this.#audit = audit;
        end("finished");
      },
      failed: (error) => {
        this.error = error;
        end("failed");
      },
    });
  }

  #open(opened: Opened): void {
    this.#opened = opened;
    this.status = "running";
    this.columns = opened.columns;
    this.items = opened.jobs.map((job, index) => ({ no: index + 1, job, measured: undefined }));
    this.#allBytes = opened.jobs.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#begin = performance.now();
  }

  get isOver(): boolean {
    return this.status !== "opening" && this.status !== "running";
  }

  get name(): string {
    return nameOf(this.source);
  }

  /** The report: of all rows, or, when it was stopped or failed on the way, of those so far. */
  get audit(): Audit | undefined {
    if (this.#audit !== undefined || this.#opened === undefined || !this.isOver) return this.#audit;
    return partialAudit(
      this.#opened,
      this.items.map(({ measured }) => measured?.row),
    );
  }

  /** All tensors of the checkpoint, weights or not; undefined before it is open. */
  get tensors(): number | undefined {
    if (this.#opened === undefined) return undefined;
    const weights = this.#opened.jobs.filter(({ kind }) => kind === "weight").length;
    return weights + this.#opened.empty.skipped.length;
  }

  get progress(): Progress {
    const seconds = ((this.#end ?? performance.now()) - this.#begin) / 1000;
    return { rows: this.#rows, allRows: this.items.length, bytes: this.#bytes, allBytes: this.#allBytes, seconds };
  }

  /** Stops at once; the rows so far stay. */
  cancel(): void {
    if (this.isOver) return;
    this.#session.cancel();
    this.status = "canceled";
    this.working = [];
    this.#end = performance.now();
  }
}
