import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cells } from "../../examples/site/gan-lab/cells.ts";
import type { MethodName } from "../../examples/site/gan-lab/methods.ts";
import { settingsOf } from "../../examples/site/gan-lab/protocol.ts";
import { MEASURED, trainerOf } from "../../examples/site/gan-lab/runner.ts";
import { CODECS, DEFAULTS, type State } from "../../examples/site/gan-lab/state.ts";
import { readState } from "../../examples/site/shared/url-state.ts";
import { numberOf, onLab, paintingOf, ready, SMALL, stepOf, trained } from "./lab.ts";
import { BROWSERS, open, patiently, text } from "./pages.ts";

/** What the core in Node comes to by a method, with the settings of an address. */
async function nodeRun(query: string, method: MethodName, steps: number) {
  const state: State = readState(query, CODECS, DEFAULTS);
  const trainer = await trainerOf(settingsOf(state, method));
  for (let step = 0; step < steps; step++) await trainer.step();
  const measured = await trainer.measure(MEASURED);
  trainer.dispose();
  return measured;
}

describe.each(BROWSERS)("the GAN lab trains in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  test("trains for real: distances fall, curves grow, and it pauses where it is told to", async () => {
    await onLab(browser, `?${SMALL}&until=100`, async ({ page }) => {
      await ready(page, 2);
      const before = [await numberOf(page, 0, "distance"), await numberOf(page, 1, "distance")];
      await page.keyboard.press(" ");
      await patiently(() => text(page, "start"), "Pause");
      await trained(page, 100, 2);
      for (const place of [0, 1]) {
        expect(await stepOf(page, place)).toBe(100);
        expect(await numberOf(page, place, "distance")).toBeLessThan(0.7 * (before[place] ?? 0));
        const [lower, upper] = [await numberOf(page, place, "lower"), await numberOf(page, place, "upper")];
        expect(lower).toBeGreaterThan(0);
        expect(lower).toBeLessThanOrEqual(upper);
        expect(await numberOf(page, place, "pace")).toBeGreaterThan(0);
      }
      // Steps 0, 10, …, 100.
      const path = await patiently(
        () => page.$eval("#distance-chart .line.slot-0", (line) => line.getAttribute("d") ?? ""),
        (seen) => seen.split("L").length === 11,
      );
      expect(path).not.toContain("NaN");
      expect(await page.$$eval("#constant-chart .band", (bands) => bands.length)).toBe(2);
    });
  });

  test.each([
    ["8 Gaussians", `?${SMALL}&until=10&seed=3`],
    ["a drawing", `?${SMALL}&until=10&data=own&own=${cells.write([130, 131, 2000, 2001])}`],
    ["digits", `?${SMALL}&until=10&data=digits&noise=4`],
  ])("comes to the numbers of the core in Node, on %s", async (_, query) => {
    const expected = [await nodeRun(query, "spectralTorch", 10), await nodeRun(query, "weightClipping", 10)];
    await onLab(browser, query, async ({ page }) => {
      await ready(page, 2);
      await page.click("#start");
      await trained(page, 10, 2);
      for (const [place, { distance, lower, upper }] of expected.entries()) {
        // Cosines and logarithms of two engines may differ in the last digit, which training magnifies.
        const isClose = (seen: number, wanted: number) => expect(Math.abs(seen / wanted - 1)).toBeLessThan(1e-4);
        isClose(await numberOf(page, place, "distance"), distance);
        isClose(await numberOf(page, place, "lower"), lower);
        isClose(await numberOf(page, place, "upper"), upper);
      }
    });
  });

  test("goes step by step, pauses, and begins anew with the same numbers", async () => {
    await onLab(browser, `?${SMALL}`, async ({ page }) => {
      await ready(page, 2);
      const begun = await numberOf(page, 0, "distance");
      await page.click("#step-once");
      await patiently(() => stepOf(page, 0), 1);
      await patiently(() => stepOf(page, 1), 1);
      const stepped = await patiently(
        () => numberOf(page, 0, "distance"),
        (distance) => distance !== begun,
      );
      await page.click("#start");
      await patiently(
        () => stepOf(page, 0),
        (step) => step > 2,
      );
      expect(await page.$eval("#step-once", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
      await page.click("#start");
      await trained(page, 2, 2);
      const rested = await stepOf(page, 0);
      await page.click("#reset");
      await patiently(() => stepOf(page, 0), 0);
      expect(rested).toBeGreaterThan(2);
      await patiently(() => numberOf(page, 0, "distance"), begun);
      await page.click("#step-once");
      await patiently(() => numberOf(page, 0, "distance"), stepped);
    });
  });

  test("shows generated digits beside real ones, in a grid", async () => {
    await onLab(browser, `?${SMALL}&data=digits&noise=16`, async ({ page }) => {
      await ready(page, 2);
      expect(await page.$eval("#layer-panel", (panel) => (panel as HTMLElement).offsetHeight)).toBe(0);
      // Bright pixels at the right, where real digits are, are gray, and colored at the left.
      const colored = await page.$eval('[data-place="0"] canvas', (element) => {
        const { width, height } = element as HTMLCanvasElement;
        // A copy, for Chromium complains of canvases that are painted and read.
        const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
        copy?.drawImage(element as HTMLCanvasElement, 0, 0);
        const half = Math.floor(width / 3);
        const count = (from: number): number => {
          const data = copy?.getImageData(from, 0, half, height).data ?? [];
          let found = 0;
          for (let at = 0; at < data.length; at += 4) if (Math.abs((data[at] ?? 0) - (data[at + 2] ?? 0)) > 40) found++;
          return found;
        };
        return [count(0), count(width - half)];
      });
      expect(colored[0]).toBeGreaterThan(1000);
      expect(colored[1]).toBe(0);
      const before = await paintingOf(page, 0);
      await page.click("#step-once");
      await patiently(async () => (await paintingOf(page, 0)) !== before, true);
    });
  });

  test("a loss that is no number ends its run alone, and leaves the last good state", async () => {
    await onLab(browser, "?methods=gradientPenalty_spectralTorch&hidden=64&batch=32&rate=1000000", async ({ page }) => {
      await ready(page, 2);
      await page.click("#start");
      await patiently(
        () => page.$eval('[data-place="0"] .trouble', (trouble) => trouble.textContent ?? ""),
        (words) => words.startsWith("The loss was no number after step 0"),
      );
      const painted = await paintingOf(page, 0);
      await patiently(
        () => stepOf(page, 1),
        (step) => step >= 3,
      );
      expect(await text(page, "start")).toBe("Pause");
      expect(await paintingOf(page, 0)).toBe(painted);
      expect(await numberOf(page, 0, "distance")).toBeGreaterThan(0);
      await page.click("#start");
      await page.$eval("#rate", (input) => (input as HTMLInputElement).select());
      await page.keyboard.type("0.001");
      await patiently(
        () => page.$eval('[data-place="0"] .trouble', (trouble) => (trouble as HTMLElement).hidden),
        true,
      );
      await page.click("#step-once");
      await patiently(() => stepOf(page, 0), 1);
    });
  });
});
