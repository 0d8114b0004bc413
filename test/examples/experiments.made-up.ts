/**
 * Records with numbers of ours, for the tests of what is judged by them.
 *
 * @module
 */
import { keyOf, makePlan, type Run } from "../../examples/experiments/plan.mjs";
import type { Record as Kept } from "../../examples/experiments/records.mjs";

export const seeds: readonly number[] = [0, 1, 2, 3, 4];

/** What the made-up runs give: a distance at the end, steps are reached when it is small, and so on. */
export interface Made {
  readonly final?: (run: Run) => number;
  readonly milliseconds?: (run: Run) => number;
  readonly angle?: (run: Run) => number;
  readonly fade?: (run: Run) => number;
  readonly score?: (run: Run) => number;
  readonly plan?: readonly Run[];
}

/** A record of each run of the full plan, with numbers of ours. */
export function makeUp({ final, milliseconds, angle, fade, score, plan = makePlan("full") }: Made = {}): Kept[] {
  return plan.map((run) => {
    const noise = 1 + run.seed / 1000;
    const robust = score?.(run) ?? 0.5;
    if (run.task === "supervised") {
      const same = { train: 1, gap: 0.1, upper: 2, milliseconds: 3, validation: 0.9 };
      const result = {
        ...same,
        clean: robust,
        gaussian: robust,
        attacked: robust,
        validationAttacked: robust,
        radius: robust,
      };
      return { key: keyOf(run), run, seconds: 1, result };
    }
    const end = (final?.(run) ?? 0.1) * noise;
    const points = [0, 1, 2, 3, 4, 5].map((step) => ({
      ...{
        step,
        milliseconds: step === 0 ? 0 : (milliseconds?.(run) ?? 10),
        covered: 8,
        near: 1,
        lower: 0.5,
        upper: 1,
      },
      // A straight line from 1 to the end: the lower, the earlier it is at half.
      distance: 1 + ((end - 1) * step) / 5,
      norms: [0, 1, 2, 3].map((layer) => 10 ** (layer * (fade?.(run) ?? 0))),
      ...(run.method.startsWith("spectral") && step > 0 ? { angle: (angle?.(run) ?? 1) * noise, angles: [1] } : {}),
      across: 1,
    }));
    return { key: keyOf(run), run, seconds: 1, result: { curve: points, compile: 5, failedAt: null } };
  });
}

export const when = (condition: (run: Run) => boolean, yes: number, no: number) => (run: Run) =>
  condition(run) ? yes : no;
