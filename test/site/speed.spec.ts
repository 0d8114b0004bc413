import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BROWSERS, eventually, open, tabTo, text } from "./pages.ts";

/**
 * First paint, and the longest that the main thread was held up while the page loads, draws and is played with. Reported,
 * not asserted: a busy machine must not fail a test. What is asserted is that something was measured.
 */
interface Measured {
  readonly paint: number;
  /** Milliseconds of each long task; `undefined` where the browser does not tell. */
  readonly tasks: readonly number[] | undefined;
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
  const box = await (await page.$(handle))?.boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let move = 0; move < 60; move++) await page.mouse.move(x + 20 * Math.sin(move / 5), y - move);
  await page.mouse.up();
  await tabTo(page, focus);
  for (let press = 0; press < 20; press++) await page.keyboard.press("ArrowUp");
}

const PAGES = [
  { path: "./", handle: undefined, focus: "" },
  { path: "power-iteration/", handle: "#column-1 .column-dot", focus: "#column-2" },
  { path: "convolution/", handle: "#kernel input:nth-child(5)", focus: ".overlay" },
];

describe.each(BROWSERS)("how fast pages are in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  test.each(PAGES)("$path", async ({ path, handle, focus }) => {
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 1000 });
    await watch(page);
    await page.goto(new URL(path, inject("origin")).href);
    if (handle !== undefined) {
      await eventually(
        () => text(page, "sigma"),
        (seen) => seen !== "",
      );
      await play(page, handle, focus);
    }
    const { paint, tasks } = await eventually(
      () => read(page),
      (seen) => seen.paint > 0,
    );
    const long =
      tasks === undefined ? "no account of long tasks" : `long tasks: ${tasks.map(Math.round).join(", ") || "none"}`;
    console.log(`${name} ${path}: first paint after ${Math.round(paint)} ms; ${long}`);
    expect(paint).toBeGreaterThan(0);
    expect(tasks === undefined).toBe(name === "firefox");
    await page.close();
  });
});
