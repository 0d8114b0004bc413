import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BROWSERS, eventually, open, patiently, tabTo, text } from "./pages.ts";

/**
 * First paint, and how long the main thread was held up while the page loads, draws and is played with. Reported, not
 * asserted: a busy machine must not fail a test. What is asserted is that something was measured. Chromium also tells
 * what the longest task took of the processor, which does not grow while the machine does something else.
 */
interface Measured {
  readonly paint: number;
  /** Milliseconds of each long task; `undefined` where the browser does not tell. */
  readonly tasks: readonly number[] | undefined;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Milliseconds of processor time of the longest task of a main thread. */
function longestTask(trace: Uint8Array): number {
  const events: TraceEvent[] = JSON.parse(new TextDecoder().decode(trace)).traceEvents;
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const names = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const mains = new Set(names.map(threadOf));
  const tasks = events.filter((event) => event.name.endsWith("RunTask") && mains.has(threadOf(event)));
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

async function watch(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const kept = globalThis as unknown as { longTasks?: number[] };
    if (!PerformanceObserver.supportedEntryTypes.includes("longtask")) return;
    kept.longTasks = [];
    const observer = new PerformanceObserver((list) => {
      kept.longTasks?.push(...list.getEntries().map(({ duration }) => duration));
    });
    observer.observe({ type: "longtask", buffered: true });
  });
}

const read = (page: Page): Promise<Measured> =>
  page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    tasks: (globalThis as unknown as { longTasks?: number[] }).longTasks,
  }));

/** A drag of many moves, then keys. */
async function play(page: Page, handle: string, focus: string): Promise<void> {
  const element = await page.$(handle);
  await element?.scrollIntoView();
  const box = await element?.boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let move = 0; move < 60; move++) await page.mouse.move(x + 20 * Math.sin(move / 5), y - move);
  await page.mouse.up();
  await tabTo(page, focus);
  for (let press = 0; press < 20; press++) await page.keyboard.press("ArrowUp");
}

/** The lab with all of its layers, until each of its three runs has been measured and painted some times. */
async function train(page: Page): Promise<void> {
  const steps = () =>
    page.$$eval(".run .status", (runs) => runs.map((run) => Number.parseInt(run.textContent ?? "", 10)));
  await patiently(steps, (seen) => seen.length === 3 && seen.every((step) => step === 0));
  await page.keyboard.press(" ");
  await patiently(steps, (seen) => seen.every((step) => step >= 20));
  await page.keyboard.press(" ");
}

const PAGES = [
  { path: "./", handle: undefined, focus: "" },
  { path: "checkpoint/", handle: "#norms", focus: "#ranks", answer: "tiles" },
  { path: "gan-lab/?field=slopes&layers=real_samples_grid_gradients", handle: undefined, focus: "" },
  { path: "power-iteration/", handle: "#column-1 .column-dot", focus: "#column-2" },
  { path: "convolution/", handle: "#kernel input:nth-child(5)", focus: ".overlay" },
  // While its models are trained.
  { path: "perturbation/", handle: "#editor", focus: "#radius", answer: "radius-plain" },
];

describe.each(BROWSERS)("how fast pages are in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  test.each(PAGES)("$path", async ({ path, handle, focus, answer = "sigma" }) => {
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 1000 });
    await watch(page);
    const isTraced = name === "chromium";
    if (isTraced) await page.tracing.start({ categories: ["toplevel", "devtools.timeline"] });
    await page.goto(new URL(path, inject("origin")).href);
    if (path.startsWith("gan-lab")) await train(page);
    if (handle !== undefined) {
      await eventually(
        () => text(page, answer),
        (seen) => seen !== "",
      );
      await play(page, handle, focus);
    }
    const { paint, tasks } = await eventually(
      () => read(page),
      (seen) => seen.paint > 0,
    );
    const said = [`first paint after ${Math.round(paint)} ms`];
    if (tasks !== undefined) said.push(`tasks above 50 ms: ${tasks.map(Math.round).join(", ") || "none"}`);
    if (isTraced) {
      const longest = longestTask((await page.tracing.stop()) ?? new Uint8Array());
      expect(longest).toBeGreaterThan(0);
      said.push(`the longest took ${Math.round(longest)} ms of the processor`);
    }
    console.log(`${name} ${path}: ${said.join("; ")}`);
    expect(tasks === undefined).toBe(name === "firefox");
    await page.close();
  });
});
