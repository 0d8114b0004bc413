import type { Browser, Page } from "puppeteer-core";
import { load } from "spectral-norm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LAWS, MATRICES, meanOf } from "../../examples/site/power-iteration/cold-start.ts";
import { PRESETS } from "../../examples/site/power-iteration/state.ts";
import { coldStart } from "../../examples/site/power-iteration/tasks.ts";
import { BROWSERS, eventually, onPage, open, tabTo, text, type Visit, value, values } from "./pages.ts";

const PAGE = "power-iteration/";
const engine = await load();

/** The entries that the page's fields hold. */
async function entriesOf(page: Page): Promise<number[]> {
  return page.$$eval(".matrix input", (inputs) => inputs.map((input) => (input as HTMLInputElement).valueAsNumber));
}

/** Every number of the page's table, as the engine in Node has it. */
function expected([a = 0, b = 0, c = 0, d = 0]: readonly number[], step: number): Record<string, number> {
  const w = [
    [a, b],
    [c, d],
  ];
  const { lower, upper } = engine.spectralNormBounds(w);
  return {
    "sigma-alternating": engine.powerIteration(w, { iterations: step }).sigma,
    "sigma-gram": engine.powerIteration(w, { iterations: step, form: "gram" }).sigma,
    sigma: engine.spectralNorm(w),
    lower,
    upper,
    radius: engine.spectralRadius(w),
    frobenius: engine.frobeniusNorm(w),
  };
}

/** Waits until the page shows the engine's numbers of a matrix, to the last bit. */
async function expectNumbers(page: Page, entries: readonly number[], step: number): Promise<void> {
  const numbers = expected(entries, step);
  await eventually(() => values(page, Object.keys(numbers)), numbers);
}

async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  return page.$eval(selector, (element) => {
    element.scrollIntoView({ block: "center" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  });
}

describe.each(BROWSERS)("power iteration in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  const on = (query: string, run: (visited: Visit) => Promise<void>, width?: number): Promise<void> =>
    onPage(browser, `${PAGE}${query}`, run, width);

  test.each(Object.entries(PRESETS))("shows the engine's numbers of the preset %s", async (preset, { matrix }) => {
    await on("", async ({ page }) => {
      await page.click(`[data-preset="${preset}"]`);
      await expectNumbers(page, matrix, 3);
      expect(await entriesOf(page)).toEqual(matrix);
    });
  });

  test("tells the radius of a shear from its norm", async () => {
    await on("?matrix=1_100_0_1", async ({ page }) => {
      await eventually(() => text(page, "sigma"), "100.01");
      expect(await text(page, "radius")).toBe("1");
      expect(await text(page, "meaning")).toContain("Its largest eigenvalue, 1, would promise less.");
    });
  });

  test("shows that all ones are lost on columns that sum to zero", async () => {
    await on("", async ({ page }) => {
      await page.click('[data-preset="zeroSum"]');
      await eventually(
        () => text(page, "look"),
        (seen) => seen.startsWith("Wᵀ·1 = (0, 0)"),
      );
      await page.click("#start label:nth-child(2)");
      await eventually(
        () => text(page, "look"),
        (seen) => !seen.includes("Wᵀ·1"),
      );
    });
  });

  test("says what is wrong with a zero matrix", async () => {
    await on("?matrix=0_0_0_0", async ({ page }) => {
      await eventually(
        () => text(page, "meaning"),
        (seen) => seen.startsWith("The zero matrix"),
      );
      expect(await value(page, "sigma")).toBe(0);
    });
  });

  test.each([1440, 360])("a pointer drags a column, at %i px", async (width) => {
    await on(
      "",
      async ({ page }) => {
        await eventually(
          () => text(page, "sigma"),
          (seen) => seen !== "",
        );
        const before = await value(page, "sigma");
        const { x, y } = await middleOf(page, "#column-1 .column-dot");
        await page.mouse.move(x, y);
        await page.mouse.down();
        await page.mouse.move(x - 30, y - 30, { steps: 5 });
        await page.mouse.up();
        const entries = await entriesOf(page);
        expect(entries[0]).toBeLessThan(PRESETS.typical.matrix[0]);
        expect(entries[2]).toBeGreaterThan(PRESETS.typical.matrix[2]);
        expect([entries[1], entries[3]]).toEqual([PRESETS.typical.matrix[1], PRESETS.typical.matrix[3]]);
        await expectNumbers(page, entries, 3);
        expect(await value(page, "sigma")).not.toBe(before);
      },
      width,
    );
  });

  test("arrow keys move a column, with Shift farther", async () => {
    await on("", async ({ page }) => {
      await tabTo(page, "#column-2");
      await page.keyboard.press("ArrowRight");
      await eventually(async () => (await entriesOf(page))[1], -1.15);
      await page.keyboard.down("Shift");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.up("Shift");
      await eventually(async () => (await entriesOf(page))[3], 1.3);
      await expectNumbers(page, [1.6, -1.15, 0.5, 1.3], 3);
    });
  });

  test("takes typed entries, and marks what is none", async () => {
    await on("", async ({ page }) => {
      await page.$eval("#a", (input) => (input as HTMLInputElement).select());
      await page.keyboard.type("2.5");
      await expectNumbers(page, [2.5, -1.2, 0.5, 1.1], 3);
      await page.$eval("#a", (input) => (input as HTMLInputElement).select());
      await page.keyboard.press("Backspace");
      expect(await page.$eval("#a", (input) => input.getAttribute("aria-invalid"))).toBe("true");
      expect(await value(page, "frobenius")).toBe(expected([2.5, -1.2, 0.5, 1.1], 3)["frobenius"]);
    });
  });

  test("goes step by step, plays, and stops at the end", async () => {
    await on("?step=17", async ({ page }) => {
      await page.click("#step-on");
      await eventually(() => text(page, "step-name"), "after 18 steps");
      await page.click("#step-back");
      await eventually(() => text(page, "step-name"), "after 17 steps");
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await page.keyboard.press(" ");
      await eventually(() => text(page, "play"), "Pause");
      await eventually(() => text(page, "step-name"), "after 20 steps");
      await eventually(() => text(page, "play"), "Play");
      await expectNumbers(page, PRESETS.typical.matrix, 20);
    });
  });

  test("keeps its state in the address, and takes nonsense for nothing", async () => {
    await on("", async ({ page }) => {
      await tabTo(page, "#column-1");
      await page.keyboard.press("ArrowUp");
      await page.click("#step-on");
      await eventually(() => page.evaluate(() => location.search), "?matrix=1.6_-1.2_0.55_1.1&step=4");
    });
    await on("?matrix=1.6_-1.2_0.55_1.1&step=4", ({ page }) => expectNumbers(page, [1.6, -1.2, 0.55, 1.1], 4));
    const nonsense = "?matrix=1_2_x_4&step=99&start=never&seed=-1&view=&form=x&side=3";
    await on(nonsense, ({ page }) => expectNumbers(page, PRESETS.typical.matrix, 3));
  });

  test.each(["alternating", "gram"] as const)("measures the cold-start law of the form %s", async (form) => {
    await on(`?form=${form}&side=32`, async ({ page }) => {
      await eventually(() => text(page, "cold-start-progress"), `${MATRICES} of ${MATRICES} matrices of 32×32`);
      const seeds = Array.from({ length: MATRICES }, (_, index) => index + 1);
      const mean = meanOf(seeds.map((seed) => coldStart(engine, 32, seed, form, 30)));
      // Logarithms and cosines of two machines may differ in the last digit.
      expect(await value(page, "cold-start-measured")).toBeCloseTo(mean[4] ?? 0, 9);
      expect(await value(page, "cold-start-law")).toBe(LAWS[form](5));
      expect(await page.$$eval("#cold-start-chart circle", (dots) => dots.length)).toBe(30);
    });
  });

  test("gives its figures as SVG that needs no style sheet", async () => {
    await on("", async ({ page }) => {
      await eventually(
        () => text(page, "sigma"),
        (seen) => seen !== "",
      );
      await page.evaluate(() => {
        // Instead of the download, its content.
        URL.createObjectURL = (blob) => {
          void (blob as Blob).text().then((saved) => document.body.setAttribute("data-saved", saved));
          return "#";
        };
        HTMLAnchorElement.prototype.click = () => {};
      });
      for (const id of ["save-plane", "save-estimates", "save-cold-start"]) {
        await page.evaluate(() => document.body.removeAttribute("data-saved"));
        await page.click(`#${id}`);
        const read = () => page.evaluate(() => document.body.getAttribute("data-saved") ?? "");
        const saved = await eventually(read, (seen) => seen !== "");
        expect(saved).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
        expect(saved).toContain('stroke="rgb(');
        expect(saved).not.toMatch(/var\(|class=/);
      }
    });
  });
});
