/**
 * How far the work is, over all files that are under way.
 *
 * @module
 */
import type { AuditJob } from "../audit.js";
import { formatShape, printable } from "../checkpoint/report/text.js";
import { createProgress } from "./progress.js";
import { describeRate } from "./rate.js";

/** Told what is to be done, begun and done, and shows it on a terminal. */
export interface Tracker {
  add(jobs: readonly AuditJob[]): void;
  start(job: AuditJob): void;
  done(job: AuditJob): void;
  clear(): void;
}

/** A tracker that shows a line on `stream`. */
export function createTracker(stream: NodeJS.WriteStream): Tracker {
  const progress = createProgress(stream);
  const begin = Date.now();
  const total = { count: 0, bytes: 0 };
  const finished = { count: 0, bytes: 0 };
  let last: AuditJob | undefined;
  const show = () => {
    const rate = describeRate({ bytes: finished.bytes, allBytes: total.bytes }, Date.now() - begin);
    const where = last === undefined ? "" : `${printable(last.name)} ${formatShape(last.shape)}`;
    const place = `${Math.min(finished.count + 1, total.count)}/${total.count}`;
    progress.show([place, rate, where].filter((text) => text !== "").join(" · "));
  };
  return {
    add(jobs) {
      total.count += jobs.length;
      total.bytes += jobs.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    start(job) {
      last = job;
      show();
    },
    done({ bytes }) {
      finished.count += 1;
      finished.bytes += bytes;
      show();
    },
    clear: () => progress.clear(),
  };
}
