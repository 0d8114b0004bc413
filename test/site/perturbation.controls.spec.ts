import { readFileSync } from "node:fs";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDigits } from "../../examples/shared/data.mjs";
import { split } from "../../examples/shared/labeled.mjs";
import { DEFAULTS } from "../../examples/site/perturbation/state.ts";
import { BROWSERS, eventually, open, tabTo, text, type Visit, value, visit } from "./pages.ts";
import { PAGE, PATIENCE, press, slide, stateOf, steps } from "./perturbation.helpers.ts";

const file = readFileSync(new URL("../../examples/data/digits.csv", import.meta.url), "utf8");
const labels = split(readDigits(file), 0).test.y;

describe.each(BROWSERS)("controls of the perturbation page in %s", { timeout: 1000 * PATIENCE }, (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  /** Visits, runs, and expects that nothing went wrong meanwhile. */
  async function on(query: string, run: (visited: Visit) => Promise<void>): Promise<void> {
    const visited = await visit(browser, `${PAGE}${query}`);
    await run(visited);
    expect(visited.complaints).toEqual([]);
    await visited.page.close();
  }

  test("digits are picked by class, and one after the other, by keys", async () => {
    await on("", async ({ page }) => {
      await eventually(() => page.$eval('[data-class="7"]', (button) => button.getAttribute("aria-pressed")), "true");
      await tabTo(page, '[data-class="3"]');
      await page.keyboard.press("Enter");
      const { digit: first } = await eventually(
        () => stateOf(page),
        ({ digit }) => digit !== DEFAULTS.digit,
      );
      expect(labels[first]).toBe(3);
      await tabTo(page, "#next");
      await page.keyboard.press("Enter");
      const { digit: second } = await eventually(
        () => stateOf(page),
        ({ digit }) => digit !== first,
      );
      expect(labels[second]).toBe(3);
      expect(await page.$eval('[data-class="3"]', (button) => button.getAttribute("aria-pressed"))).toBe("true");
    });
  });

  test("pauses, goes on, and trains anew what λ concerns", async () => {
    await on("", async ({ page }) => {
      await eventually(
        () => steps(page),
        (count) => count > 0,
        PATIENCE,
      );
      await press(page, "pause");
      await eventually(() => text(page, "pause"), "Go on", PATIENCE);
      await eventually(() => value(page, "found-normalized"), Number.isFinite, PATIENCE);
      const before = await steps(page);
      await slide(page, "spectral", 0);
      const after = await eventually(
        () => steps(page),
        (count) => count !== before,
        PATIENCE,
      );
      expect(after).toBe((before / 4) * 3);
      expect(await text(page, "spectral-name")).toBe("1");
      await press(page, "pause");
      await eventually(
        () => steps(page),
        (count) => count > before,
        PATIENCE,
      );
    });
  });

  test("says which model a λ is too large for, and goes on with the others", async () => {
    await on("?frobenius=160&radius=0", async ({ page }) => {
      const trouble = await eventually(
        () => text(page, "trouble-frobenius"),
        (seen) => seen !== "",
        PATIENCE,
      );
      expect(trouble).toMatch(/^The loss was no finite number in step 1, so this model stopped there/);
      expect(await page.$eval("#trouble-frobenius", (place) => (place as HTMLElement).hidden)).toBe(false);
      await eventually(
        () => steps(page),
        (count) => count >= 120,
        PATIENCE,
      );
      expect(await text(page, "trouble-plain")).toBe("");
      expect(await text(page, "verdict-plain")).toBe("Nothing is changed.");
    });
  });

  test("keeps its state in the address, and takes nonsense for nothing", async () => {
    const query = "?digit=5&kind=noise&radius=0.3&against=plain&deviation=0.75&noise=4&seed=2&frobenius=-4&spectral=-9";
    const shown = (page: Page) =>
      page.evaluate(() => {
        const inputs = document.querySelectorAll<HTMLInputElement>("input[type=range], input:checked");
        return [...inputs].map(({ value: seen }) => seen).join(" ");
      });
    await on(query, async ({ page }) => {
      await eventually(() => shown(page), "ink noise 0.3 plain 0.75 -4 -9 2");
      await slide(page, "radius", 0.5);
      await eventually(() => page.evaluate(() => location.search), query.replace("0.3", "0.5"));
    });
    await on("?digit=500&kind=x&radius=9&against=&deviation=a&noise=-1&seed=100&frobenius=1.5&drawn=0", ({ page }) =>
      eventually(() => shown(page), "ink worst 1 each 0.5 -8 -4 0").then(() => {}),
    );
  });
});
