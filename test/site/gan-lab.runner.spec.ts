import { describe, expect, test } from "vitest";
import { ALONG, GRID, linesOf } from "../../examples/site/gan-lab/places.ts";
import type { Command, Report, Settings } from "../../examples/site/gan-lab/protocol.ts";
import { EVERY, MEASURED, Runner, trainerOf } from "../../examples/site/gan-lab/runner.ts";
import { after } from "../../examples/site/gan-lab/session.ts";
import { ARROWS, IMAGES, SAMPLES } from "../../examples/site/gan-lab/snapshot.ts";

const SETTINGS: Settings = {
  method: "spectralTorch",
  data: "eightGaussians",
  own: [],
  seed: 2,
  hidden: 8,
  depth: 1,
  rate: 1e-3,
  lambda: 1,
  batch: 8,
  criticSteps: 1,
  noise: 2,
};
const PLAIN = { field: "none", layers: ["samples"] } as const;

/** A runner, everything that it tells, and a wait for something that it tells. */
function listen() {
  const reports: Report[] = [];
  let check = (): void => {};
  const runner = new Runner((report) => {
    reports.push(report);
    check();
  });
  const until = (isThere: (report: Report) => boolean): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (reports.some(isThere)) resolve();
      };
      check();
    });
  const send = (...commands: Command[]): void => {
    for (const command of commands) runner.receive(command);
  };
  return { reports, until, send };
}

const begin = (
  settings: Partial<Settings> = {},
  id = 1,
  look: Extract<Command, { kind: "begin" }>["look"] = PLAIN,
): Command => ({
  kind: "begin",
  id,
  settings: { ...SETTINGS, ...settings },
  look,
});
const run = (until: number, pace = Number.POSITIVE_INFINITY): Command => ({ kind: "run", pace, until });
const isPaused = ({ kind }: Report): boolean => kind === "paused";
const measuredIn = (reports: readonly Report[]) =>
  reports.flatMap((report) => (report.kind === "measured" ? [report.measured] : []));
const snapshotsIn = (reports: readonly Report[]) =>
  reports.flatMap((report) => (report.kind === "snapshot" ? [report.snapshot] : []));

describe("a runner", () => {
  test("measures at the same steps in every run, and comes to the core's numbers", async () => {
    const { reports, until, send } = listen();
    send(begin(), run(25));
    await until(isPaused);
    const seen = measuredIn(reports);
    expect(seen.map(({ step }) => step)).toEqual([0, EVERY, 2 * EVERY, 25]);
    const trainer = await trainerOf(SETTINGS);
    for (let step = 0; step < 25; step++) await trainer.step();
    expect(seen.at(-1)).toMatchObject({ distance: (await trainer.measure(MEASURED)).distance, modes: 8 });
    expect(snapshotsIn(reports).at(-1)).toMatchObject({ step: 25, samples: await trainer.sample(SAMPLES) });
    trainer.dispose();
    expect(seen[0]?.milliseconds).toBeNaN();
    expect(seen.slice(1).every(({ milliseconds, time }) => milliseconds > 0 && time > 0)).toBe(true);
  });

  test("does the same whether it is looked at or not", async () => {
    const [plain, watched] = [listen(), listen()];
    plain.send(begin(), run(12));
    watched.send(begin({}, 1, { field: "slopes", layers: ["grid", "gradients"] }), run(12));
    await Promise.all([plain.until(isPaused), watched.until(isPaused)]);
    const numbers = ({ reports }: ReturnType<typeof listen>) =>
      measuredIn(reports).map(({ step, distance, lower, upper }) => [step, distance, lower, upper]);
    expect(numbers(watched)).toEqual(numbers(plain));
  });

  test("shows what is looked at, and no more", async () => {
    const { reports, until, send } = listen();
    send(begin());
    await until(({ kind }) => kind === "snapshot");
    expect(Object.keys(snapshotsIn(reports)[0] ?? {}).sort()).toEqual(["samples", "step"]);
    send({ kind: "look", look: { field: "scores", layers: ["grid"] } });
    await until((report) => report.kind === "snapshot" && report.snapshot.lattice !== undefined);
    const { scores, slopes, gradients, lattice } = snapshotsIn(reports).at(-1) ?? {};
    expect(scores).toHaveLength(GRID * GRID);
    expect(slopes).toHaveLength(GRID * GRID);
    expect(gradients).toHaveLength(2 * ARROWS);
    expect(lattice).toHaveLength(2 * linesOf(2) * ALONG);
    expect(Math.min(...(slopes ?? []))).toBeGreaterThanOrEqual(0);
  });

  test("obeys between steps: pace, pause, single steps", async () => {
    const { reports, until, send } = listen();
    send(begin(), { kind: "step" });
    await until(isPaused);
    expect(measuredIn(reports).map(({ step }) => step)).toEqual([0, 1]);
    reports.length = 0;
    send(run(0, 50));
    await until((report) => report.kind === "snapshot" && report.snapshot.step > 1);
    send({ kind: "pause" });
    await until(isPaused);
    const [rested] = snapshotsIn(reports).slice(-1);
    expect(measuredIn(reports).at(-1)?.step).toBe(rested?.step);
    reports.length = 0;
    send(run(1));
    await until(isPaused);
    expect(snapshotsIn(reports)).toEqual([]);
  });

  test("begins anew with another id, and skips beginnings that were overtaken", async () => {
    const { reports, until, send } = listen();
    send(begin({}, 1), begin({}, 2), begin({ seed: 9 }, 3));
    await until(({ kind, id }) => kind === "snapshot" && id === 3);
    expect(reports.some(({ id }) => id === 2)).toBe(false);
    const first = await trainerOf({ ...SETTINGS, seed: 9 });
    expect(snapshotsIn(reports).at(-1)?.samples).toEqual(await first.sample(SAMPLES));
    first.dispose();
  });

  test("tells of a loss that is no number, shows the state before, and can begin again", async () => {
    const { reports, until, send } = listen();
    send(begin({ method: "gradientPenalty", rate: 1e30, criticSteps: 5 }), run(0));
    await until(({ kind }) => kind === "failed");
    await until((report) => report.kind === "snapshot");
    expect(reports.find(({ kind }) => kind === "failed")).toMatchObject({ trouble: { step: 0, code: "NON_FINITE" } });
    send({ kind: "step" }, begin({}, 2));
    await until(({ kind, id }) => kind === "snapshot" && id === 2);
    expect(reports.filter(({ kind }) => kind === "failed")).toHaveLength(1);
  });

  test("refuses what there is nothing to learn from", async () => {
    const { reports, until, send } = listen();
    send(begin({ data: "own" }));
    await until(({ kind }) => kind === "failed");
    expect(reports[0]).toMatchObject({ trouble: { message: "centers expected at least one point, got none" } });
  });

  test("takes digits and drawings", async () => {
    const { reports, until, send } = listen();
    send(begin({ data: "digits" }));
    await until(({ kind }) => kind === "snapshot");
    expect(reports[0]).toMatchObject({ kind: "began", dimensions: 64 });
    expect(snapshotsIn(reports)[0]?.samples).toHaveLength(64 * IMAGES);
    send(begin({ data: "own", own: [0, 4095] }, 2));
    await until(({ kind, id }) => kind === "snapshot" && id === 2);
    const began = reports.find(({ kind, id }) => kind === "began" && id === 2);
    // Two corners of the plane, and nothing between.
    if (began?.kind === "began") expect(Math.min(...began.real.map(Math.abs))).toBeGreaterThan(2);
    expect(measuredIn(reports).at(-1)?.modes).toBe(0);
  });
});

test("a run is what was told of it", () => {
  const real = Float32Array.of(1, 2);
  const start = {
    method: "none",
    status: "starting",
    real,
    dimensions: 2,
    snapshot: undefined,
    history: [],
    trouble: undefined,
  } as const;
  const began = after(start, { id: 1, kind: "began", real, dimensions: 64 });
  expect(began).toMatchObject({ status: "paused", dimensions: 64 });
  const snapshot = { step: 3, samples: real };
  expect(after(began, { id: 1, kind: "snapshot", snapshot }).snapshot).toBe(snapshot);
  const trouble = { step: 3, code: "NON_FINITE", message: "" };
  const failed = after({ ...began, status: "running", snapshot }, { id: 1, kind: "failed", trouble });
  expect(failed).toMatchObject({ status: "failed", trouble, snapshot });
  expect(after({ ...began, status: "running" }, { id: 1, kind: "paused", isAsked: false }).status).toBe("paused");
  // The page has paused it itself, and may have gone on since.
  const asked = { id: 1, kind: "paused", isAsked: true } as const;
  expect(after({ ...began, status: "running" }, asked).status).toBe("running");
});
