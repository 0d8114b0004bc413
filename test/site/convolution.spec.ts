import { readFileSync } from "node:fs";
import type { Browser, Page } from "puppeteer-core";
import { load } from "spectral-norm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PRESETS } from "../../examples/site/convolution/kernels.ts";
import { DEFAULTS, layerOf, type State } from "../../examples/site/convolution/state.ts";
import { BROWSERS, eventually, onPage, open, tabTo, text, type Visit, value, values } from "./pages.ts";

const PAGE = "convolution/";
const engine = await load();
const expectedFile = new URL("../../examples/data/expected.json", import.meta.url);
const { conv1 } = JSON.parse(readFileSync(expectedFile, "utf8"))["wgan-sn-critic.safetensors"].operators;

/**
 * Waits until the page shows the engine's numbers of a state, to the last bit: until all of them are, for two states may
 * differ in one alone.
 */
async function expectNumbers(page: Page, part: Partial<State>): Promise<void> {
  const { sigma, lower, upper, factor, reshaped } = engine.convolutionNorm(layerOf({ ...DEFAULTS, ...part }));
  const [cheap, ratio] = [factor * reshaped.upper, sigma / reshaped.upper];
  const numbers = { sigma, lower, upper, reshaped: reshaped.upper, cheap, ratio };
  await eventually(() => values(page, Object.keys(numbers)), numbers);
}

const entriesOf = (page: Page): Promise<number[]> =>
  page.$$eval("#kernel input", (inputs) => inputs.map((input) => (input as HTMLInputElement).valueAsNumber));

const choose = (page: Page, group: string, option: string): Promise<void> =>
  page.$eval(`#${group} input[value="${option}"]`, (input) => (input as HTMLInputElement).click());

describe.each(BROWSERS)("convolution in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  const on = (query: string, run: (visited: Visit) => Promise<void>): Promise<void> =>
    onPage(browser, `${PAGE}${query}`, run);

  test("shows the engine's numbers, whatever is chosen", async () => {
    await on("", async ({ page }) => {
      await expectNumbers(page, {});
      await choose(page, "mode", "circular");
      await expectNumbers(page, { mode: "circular" });
      await choose(page, "mode", "reflect");
      await choose(page, "size", "32");
      await expectNumbers(page, { mode: "reflect", size: 32 });
      await choose(page, "stride", "2");
      await choose(page, "dilation", "3");
      await expectNumbers(page, { mode: "reflect", size: 32, stride: 2, dilation: 3 });
      await choose(page, "padding", "none");
      await expectNumbers(page, { size: 32, stride: 2, dilation: 3, padding: "none" });
      await choose(page, "size", "0");
      await expectNumbers(page, { size: 0, stride: 2, dilation: 3, padding: "none" });
    });
  });

  test.each(["laplacian", "blur", "sharpen"] as const)("has the preset %s in both sizes", async (preset) => {
    await on("", async ({ page }) => {
      await page.click(`[data-preset="${preset}"]`);
      await expectNumbers(page, { kernel: PRESETS[preset][3] });
      await choose(page, "side", "5");
      await expectNumbers(page, { kernel: PRESETS[preset][5] });
      expect(await page.$eval(`[data-preset="${preset}"]`, (button) => button.getAttribute("aria-pressed"))).toBe(
        "true",
      );
    });
  });

  test("shows what PyTorch's normalization left of the critic's first layer", async () => {
    await on("", async ({ page }) => {
      await page.click('[data-preset="critic"]');
      await eventually(
        () => text(page, "sigma"),
        (seen) => seen.startsWith("2.9"),
      );
      expect(await value(page, "sigma")).toBeCloseTo(conv1.operatorNorm, 5);
      expect(await value(page, "reshaped")).toBeCloseTo(conv1.reshapedNormAxis0, 5);
      expect(await text(page, "filter-name")).toBe("1 of 32");
      const first = await entriesOf(page);
      await tabTo(page, "#filter");
      await page.keyboard.press("ArrowRight");
      await eventually(() => text(page, "filter-name"), "2 of 32");
      await eventually(async () => (await entriesOf(page))[0] !== first[0], true);
    });
  });

  test("gives a random kernel, and another one", async () => {
    await on("", async ({ page }) => {
      await page.click('[data-preset="random"]');
      const first = await eventually(
        () => entriesOf(page),
        ([entry]) => entry !== 1,
      );
      await expectNumbers(page, { kernel: first });
      await page.click('[data-preset="random"]');
      const second = await eventually(
        () => entriesOf(page),
        ([entry]) => entry !== first[0],
      );
      await expectNumbers(page, { kernel: second });
    });
  });

  test("an entry is dragged, stepped by keys, typed", async () => {
    await on("", async ({ page }) => {
      await expectNumbers(page, {});
      const cell = await page.$("#kernel input:nth-child(5)");
      const box = await cell?.boundingBox();
      const [x, y] = [(box?.x ?? 0) + 20, (box?.y ?? 0) + 20];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x, y - 50, { steps: 5 });
      await page.mouse.up();
      const kernel = [1, 0, -1, 2, 1, -2, 1, 0, -1];
      await eventually(async () => (await entriesOf(page))[4], 1);
      await expectNumbers(page, { kernel });
      await cell?.focus();
      await page.keyboard.press("ArrowDown");
      await eventually(async () => (await entriesOf(page))[4], 0.9);
      await expectNumbers(page, { kernel: [...kernel.slice(0, 4), 0.9, ...kernel.slice(5)] });
      await page.$eval("#kernel input:nth-child(5)", (input) => (input as HTMLInputElement).select());
      await page.keyboard.type("-3");
      await expectNumbers(page, { kernel: [...kernel.slice(0, 4), -3, ...kernel.slice(5)] });
    });
  });

  test("says what does not fit, and recovers", async () => {
    await on("?kernel=blur-5&padding=none&dilation=3&size=8", async ({ page }) => {
      const seen = await eventually(
        () => text(page, "notice"),
        (notice) => notice !== "",
      );
      expect(seen).toMatch(/^The engine refused: /);
      expect(await text(page, "sigma")).toBe("–");
      await choose(page, "dilation", "1");
      await expectNumbers(page, { kernel: PRESETS.blur[5], padding: "none", size: 8 });
      expect(await page.$eval("#notice", (notice) => (notice as HTMLElement).hidden)).toBe(true);
    });
  });

  test("has no norm of a kernel of zeros to divide by", async () => {
    await on("?kernel=0_0_0_0_0_0_0_0_0", async ({ page }) => {
      await eventually(
        () => text(page, "meaning"),
        (seen) => seen.startsWith("A kernel of zeros"),
      );
      expect(await value(page, "sigma")).toBe(0);
    });
  });

  test("tells the gain of a frequency, by keys and by pointer", async () => {
    await on("", async ({ page }) => {
      expect(await value(page, "most")).toBeCloseTo(8, 12);
      expect(await text(page, "frequency")).toBe("vertical 0, horizontal π/2");
      await tabTo(page, ".overlay");
      for (let press = 0; press < 8; press++) await page.keyboard.press("ArrowLeft");
      await eventually(() => text(page, "frequency"), "vertical 0, horizontal 0");
      expect(await value(page, "gain")).toBeCloseTo(0, 6);
      const box = await (await page.$(".overlay"))?.boundingBox();
      await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 4, (box?.y ?? 0) + (box?.height ?? 0) / 2);
      await eventually(
        () => value(page, "gain"),
        (gain) => gain > 7.9,
      );
      await page.keyboard.press("Home");
      await eventually(() => text(page, "frequency"), "vertical 0, horizontal π/2");
    });
  });

  test("keeps its state in the address, and takes nonsense for nothing", async () => {
    await on("", async ({ page }) => {
      await page.click('[data-preset="laplacian"]');
      await choose(page, "mode", "circular");
      await eventually(() => page.evaluate(() => location.search), "?kernel=laplacian-3&mode=circular");
    });
    await on("?kernel=1_2_3_4_5_6_7_8_9.5&mode=circular&size=8", ({ page }) =>
      expectNumbers(page, { kernel: [1, 2, 3, 4, 5, 6, 7, 8, 9.5], mode: "circular", size: 8 }),
    );
    const nonsense = "?kernel=critic-5&filter=40&mode=x&padding=&stride=9&dilation=0&size=5";
    await on(nonsense, ({ page }) => expectNumbers(page, {}));
    await on("?mode=reflect&size=0", ({ page }) => expectNumbers(page, { mode: "reflect", size: 16 }));
  });

  test("draws a line for each padding", async () => {
    await on("", async ({ page }) => {
      await eventually(() => page.$$eval("#sweep-chart .dot", (dots) => dots.length), 21);
      const names = await page.$$eval("#sweep-chart .label", (labels) => labels.map((label) => label.textContent));
      expect(names).toEqual(expect.arrayContaining(["zeros", "circular", "reflect", "reshaped kernel: 3.464"]));
    });
  });
});
