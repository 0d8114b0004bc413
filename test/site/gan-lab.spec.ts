import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellAt, cells } from "../../examples/site/gan-lab/cells.ts";
import type { MethodName } from "../../examples/site/gan-lab/methods.ts";
import { settingsOf } from "../../examples/site/gan-lab/protocol.ts";
import { MEASURED, trainerOf } from "../../examples/site/gan-lab/runner.ts";
import { CODECS, DEFAULTS, type State } from "../../examples/site/gan-lab/state.ts";
import { readState } from "../../examples/site/shared/url-state.ts";
import { BROWSERS, open, patiently, tabTo, text, type Visit, visit } from "./pages.ts";

const PAGE = "gan-lab/";
/** Networks so small that two of them train within seconds on a busy machine. */
const SMALL = "hidden=16&batch=32&rate=0.002&methods=spectralTorch_weightClipping";

/** The whole number that a panel shows. */
const numberOf = (page: Page, place: number, name: string): Promise<number> =>
  page.$eval(`[data-place="${place}"] .${name}`, (element) => Number((element as HTMLDataElement).value || "NaN"));

/** The step that a panel shows, NaN before the first. */
const stepOf = async (page: Page, place: number): Promise<number> => {
  const said = await page.$$eval(`[data-place="${place}"] .status`, ([status]) => status?.textContent ?? "");
  return Number.parseInt(said, 10);
};

const paintingOf = (page: Page, place: number): Promise<string> =>
  page.$eval(`[data-place="${place}"] canvas`, (canvas) => (canvas as HTMLCanvasElement).toDataURL());

const queryOf = (page: Page): Promise<string> => page.evaluate(() => location.search);

/** Waits until every run has begun and is drawn. */
async function ready(page: Page, places: number): Promise<void> {
  const distances = () =>
    Promise.all(Array.from({ length: places }, (_, place) => numberOf(page, place, "distance").catch(() => 0)));
  await patiently(distances, (seen) => seen.every((distance) => distance > 0));
}

/** Waits until every run is at a step and rests. */
async function trained(page: Page, step: number, places: number): Promise<void> {
  await patiently(async () => {
    const steps = await Promise.all(Array.from({ length: places }, (_, place) => stepOf(page, place)));
    return steps.every((at) => at >= step) && (await text(page, "start")) === "Start";
  }, true);
}

/** What the core in Node comes to by a method, with the settings of an address. */
async function nodeRun(query: string, method: MethodName, steps: number) {
  const state: State = readState(query, CODECS, DEFAULTS);
  const trainer = await trainerOf(settingsOf(state, method));
  for (let step = 0; step < steps; step++) await trainer.step();
  const measured = await trainer.measure(MEASURED);
  trainer.dispose();
  return measured;
}

const check = (page: Page, group: string, option: string): Promise<void> =>
  page.$eval(`#${group} input[value="${option}"]`, (input) => (input as HTMLInputElement).click());

describe.each(BROWSERS)("the GAN lab in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  /** Visits, runs, and expects that nothing went wrong meanwhile. */
  async function on(query: string, run: (visited: Visit) => Promise<void>, width?: number): Promise<void> {
    const visited = await visit(browser, `${PAGE}${query}`, width);
    await run(visited);
    expect(visited.complaints).toEqual([]);
    await visited.page.close();
  }

  test("trains for real: distances fall, curves grow, and it pauses where it is told to", async () => {
    await on(`?${SMALL}&until=100`, async ({ page }) => {
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
    await on(query, async ({ page }) => {
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
    await on(`?${SMALL}`, async ({ page }) => {
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

  test("every layer changes what is painted, and only that", async () => {
    await on(`?${SMALL}`, async ({ page }) => {
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
    await on(`?${SMALL}&data=own`, async ({ page }) => {
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
    await on(`?${SMALL}&data=own`, async ({ page }) => {
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

  test("shows generated digits beside real ones, in a grid", async () => {
    await on(`?${SMALL}&data=digits&noise=16`, async ({ page }) => {
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
    await on("?methods=gradientPenalty_spectralTorch&hidden=64&batch=32&rate=1000000", async ({ page }) => {
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

  test("takes two to four methods, each of which keeps its color", async () => {
    await on(`?${SMALL}`, async ({ page }) => {
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
    await on(`?${SMALL}&until=20`, async ({ page }) => {
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
    await on("", async ({ page }) => {
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
    await on(nonsense, async ({ page }) => {
      await ready(page, 3);
      const titles = await page.$$eval(".run h3", (heads) => heads.map((head) => head.textContent));
      expect(titles).toEqual(["gradient penalty", "spectral, 1 step", "weight clipping"]);
      expect(await page.$eval("#rate", (input) => (input as HTMLInputElement).valueAsNumber)).toBe(DEFAULTS.rate);
    });
  });
});
