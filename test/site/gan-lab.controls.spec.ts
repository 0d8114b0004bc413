import type { Browser, ElementHandle } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellAt, cells } from "../../examples/site/gan-lab/cells.ts";
import { CODECS, DEFAULTS } from "../../examples/site/gan-lab/state.ts";
import { readState } from "../../examples/site/shared/url-state.ts";
import { check, numberOf, onLab, paintingOf, queryOf, ready, SMALL, stepOf, trained } from "./lab.ts";
import { BROWSERS, open, patiently, tabTo, text } from "./pages.ts";

describe.each(BROWSERS)("the GAN lab is set in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  test("every layer changes what is painted, and only that", async () => {
    await onLab(browser, `?${SMALL}`, async ({ page }) => {
      await ready(page, 2);
      const distance = await numberOf(page, 0, "distance");
      const seen = new Set([await paintingOf(page, 0)]);
      const anew = async (act: () => Promise<void>): Promise<void> => {
        await act();
        const painting = await patiently(
          () => paintingOf(page, 0),
          (now) => !seen.has(now),
        );
        seen.add(painting);
      };
      await anew(() => check(page, "layers", "grid"));
      await anew(() => check(page, "layers", "gradients"));
      await anew(() => check(page, "field", "slopes"));
      await anew(() => check(page, "field", "none"));
      await anew(() => check(page, "layers", "samples"));
      await anew(() => check(page, "layers", "real"));
      expect(await numberOf(page, 0, "distance")).toBe(distance);
      expect(await stepOf(page, 0)).toBe(0);
      await patiently(
        () => queryOf(page),
        (query) => query.includes("field=none&layers=grid_gradients"),
      );
    });
  });

  test("a pointer draws a distribution, which the address carries", async () => {
    await onLab(browser, `?${SMALL}&data=own`, async ({ page }) => {
      await ready(page, 2);
      await page.click("#pad-clear");
      await patiently(
        () => text(page, "pad-words"),
        (words) => words.startsWith("Nothing is drawn yet"),
      );
      expect(await page.$eval("#start", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
      const pad = (await page.$("#pad")) as ElementHandle<Element>;
      await pad.scrollIntoView();
      const { x, y, width } = (await pad.boundingBox()) ?? expect.unreachable();
      await page.mouse.move(x + width / 4, y + width / 2);
      await page.mouse.down();
      await page.mouse.move(x + (3 * width) / 4, y + width / 2, { steps: 4 });
      await page.mouse.up();
      const query = await patiently(
        () => queryOf(page),
        (seen) => /own=[\w-]{60,}/.test(seen),
      );
      const drawn = readState(query, CODECS, DEFAULTS).own;
      expect(new Set(drawn.map((cell) => Math.floor(cell / 64))).size).toBe(1);
      // Half of the plane's 64 columns.
      expect(Math.abs(drawn.length - 33)).toBeLessThanOrEqual(1);
      await ready(page, 2);
      await page.click("#step-once");
      await patiently(() => stepOf(page, 0), 1);
    });
  });

  test("keys draw a distribution, too", async () => {
    await onLab(browser, `?${SMALL}&data=own`, async ({ page }) => {
      await ready(page, 2);
      await page.click("#pad-clear");
      await tabTo(page, "#pad-surface");
      await page.keyboard.press("Enter");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press(" ");
      await patiently(
        () => text(page, "pad-words"),
        (words) => words.startsWith("2 points drawn"),
      );
      const middle = cellAt(0.01, -0.01) ?? 0;
      await patiently(
        () => queryOf(page),
        (query) => query.includes(`own=${cells.write([middle - 63, middle])}`),
      );
      await page.keyboard.press("Enter");
      await patiently(
        () => text(page, "pad-words"),
        (words) => words.startsWith("1 point drawn"),
      );
    });
  });

  test("takes two to four methods, each of which keeps its color", async () => {
    await onLab(browser, `?${SMALL}`, async ({ page }) => {
      await ready(page, 2);
      const places = () =>
        page.$$eval(".run", (runs) => runs.map((run) => `${run.className} ${run.querySelector("h3")?.textContent}`));
      const isDisabled = (method: string) =>
        page.$eval(`#methods input[value="${method}"]`, (input) => (input as HTMLInputElement).disabled);
      expect(await isDisabled("weightClipping")).toBe(true);
      await check(page, "methods", "none");
      await check(page, "methods", "oneSidedPenalty");
      await patiently(async () => (await places()).length, 4);
      expect(await isDisabled("spectralArticle")).toBe(true);
      await check(page, "methods", "spectralTorch");
      await patiently(
        places,
        (seen) => seen.join() === "run slot-1 weight clipping,run slot-2 no constraint,run slot-3 one-sided penalty",
      );
      await patiently(
        () => queryOf(page),
        (query) => query.includes("methods=_weightClipping_none_oneSidedPenalty"),
      );
    });
  });

  test("all curves are read at one place, by pointer and by keys", async () => {
    await onLab(browser, `?${SMALL}&until=20`, async ({ page }) => {
      await ready(page, 2);
      await page.click("#start");
      await trained(page, 20, 2);
      await patiently(
        () => page.$$eval("#read-rows tr", (rows) => rows.map((row) => row.children[1]?.textContent).join()),
        "20,20",
      );
      await tabTo(page, "#distance-chart");
      await page.keyboard.press("ArrowRight");
      await patiently(() => text(page, "read-place"), "At step 1");
      expect(await page.$$eval("#read-rows tr", (rows) => rows.map((row) => row.children[1]?.textContent).join())).toBe(
        "0,0",
      );
      expect(await page.$$eval(".cursor-line", (lines) => lines.length)).toBe(3);
      await page.keyboard.press("Escape");
      await patiently(() => text(page, "read-place"), "Now");
      await page.hover("#constant-chart");
      await patiently(
        () => text(page, "read-place"),
        (words) => words.startsWith("At step "),
      );
      await check(page, "axis", "time");
      await patiently(
        () => page.$eval("#pace-chart svg", (figure) => figure.textContent ?? ""),
        (words) => words.includes("seconds of training"),
      );
    });
  });

  test("keeps its state in the address, and takes nonsense for nothing", async () => {
    await onLab(browser, "", async ({ page }) => {
      await ready(page, 3);
      await check(page, "data", "digits");
      await page.$eval("#pace", (input) => {
        (input as HTMLInputElement).value = "2";
        input.dispatchEvent(new Event("input"));
      });
      await patiently(() => queryOf(page), "?data=digits&pace=2&noise=16");
      expect(await text(page, "pace-name")).toBe("5 steps a second");
    });
    const nonsense = "?methods=none&data=x&own=A&pace=9&field=&layers=real_x&axis=y&seed=-1&hidden=1e3&rate=0&noise=0";
    await onLab(browser, nonsense, async ({ page }) => {
      await ready(page, 3);
      const titles = await page.$$eval(".run h3", (heads) => heads.map((head) => head.textContent));
      expect(titles).toEqual(["gradient penalty", "spectral, 1 step", "weight clipping"]);
      expect(await page.$eval("#rate", (input) => (input as HTMLInputElement).valueAsNumber)).toBe(DEFAULTS.rate);
    });
  });
});
