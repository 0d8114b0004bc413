/**
 * The GAN lab in a browser: what its panels show, and waiting for them.
 *
 * @module
 */
import type { Browser, Page } from "puppeteer-core";
import { expect } from "vitest";
import { patiently, text, type Visit, visit } from "./pages.ts";

/** Networks so small that two of them train within seconds on a busy machine. */
export const SMALL = "hidden=16&batch=32&rate=0.002&methods=spectralTorch_weightClipping";

/** The whole number that a panel shows. */
export const numberOf = (page: Page, place: number, name: string): Promise<number> =>
  page.$eval(`[data-place="${place}"] .${name}`, (element) => Number((element as HTMLDataElement).value || "NaN"));

/** The step that a panel shows, NaN before the first. */
export const stepOf = async (page: Page, place: number): Promise<number> => {
  const said = await page.$$eval(`[data-place="${place}"] .status`, ([status]) => status?.textContent ?? "");
  return Number.parseInt(said, 10);
};

export const paintingOf = (page: Page, place: number): Promise<string> =>
  page.$eval(`[data-place="${place}"] canvas`, (canvas) => (canvas as HTMLCanvasElement).toDataURL());

export const queryOf = (page: Page): Promise<string> => page.evaluate(() => location.search);

/** Waits until every run has begun and is drawn. */
export async function ready(page: Page, places: number): Promise<void> {
  const distances = () =>
    Promise.all(Array.from({ length: places }, (_, place) => numberOf(page, place, "distance").catch(() => 0)));
  await patiently(distances, (seen) => seen.every((distance) => distance > 0));
}

/** Waits until every run is at a step and rests. */
export async function trained(page: Page, step: number, places: number): Promise<void> {
  await patiently(async () => {
    const steps = await Promise.all(Array.from({ length: places }, (_, place) => stepOf(page, place)));
    return steps.every((at) => at >= step) && (await text(page, "start")) === "Start";
  }, true);
}

export const check = (page: Page, group: string, option: string): Promise<void> =>
  page.$eval(`#${group} input[value="${option}"]`, (input) => (input as HTMLInputElement).click());

/** Visits the lab, runs, and expects that nothing went wrong meanwhile. */
export async function onLab(browser: Browser, query: string, run: (visited: Visit) => Promise<void>): Promise<void> {
  const visited = await visit(browser, `gan-lab/${query}`);
  await run(visited);
  expect(visited.complaints).toEqual([]);
  await visited.page.close();
}
