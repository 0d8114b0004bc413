import type { Browser, Page } from "puppeteer-core";
import { audit } from "spectral-norm/audit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { float32, safetensors } from "../checkpoint/writer.ts";
import { drop, exampleFile, names, over, PAGE } from "./checkpoint.helpers.ts";
import { BROWSERS, eventually, onPage, open, tabTo, text, type Visit } from "./pages.ts";

const layers = async (page: Page): Promise<string[]> => (await names(page)).map((name) => name.split(".")[0] ?? "");
const query = (page: Page): Promise<string> => page.evaluate(() => location.search);

/** Types into a field as somebody would, over what is there. */
async function type(page: Page, selector: string, words: string): Promise<void> {
  await page.focus(selector);
  await page.$eval(selector, (input) => (input as HTMLInputElement).select());
  await page.keyboard.press("Backspace");
  if (words !== "") await page.keyboard.type(words);
}

describe.each(BROWSERS)("controls of the checkpoint page in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  const on = (search: string, run: (visited: Visit) => Promise<void>): Promise<void> =>
    onPage(browser, `${PAGE}${search}`, run);

  test("sorts by keys alone, and says so", async () => {
    await on("", async ({ page }) => {
      await over(page, "wgan-sn-critic");
      await tabTo(page, '[data-key="spectral_norm"] button');
      await page.keyboard.press("Enter");
      await eventually(() => layers(page), ["conv3", "conv1", "conv2", "dense"]);
      await page.keyboard.press("Enter");
      await eventually(() => layers(page), ["dense", "conv2", "conv1", "conv3"]);
      const sorted = await page.$$eval("#heads th", (heads) => heads.map((head) => head.getAttribute("aria-sort")));
      expect(sorted).toEqual(["none", "none", "none", "ascending", "none", "none", "none", "none"]);
      await eventually(() => query(page), "?sort=spectral_norm");
      await page.keyboard.down("Shift");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.up("Shift");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      await eventually(() => layers(page), ["dense", "conv3", "conv2", "conv1"]);
      await eventually(() => query(page), "?sort=weight&order=down");
    });
  });

  test("a row opens by keys to all that is known of its weight, and keeps the focus", async () => {
    const [, conv2] = (await audit(exampleFile("wgan-sn-critic.safetensors"), { detail: {} })).tensors;
    await on("", async ({ page }) => {
      await over(page, "wgan-sn-critic");
      await tabTo(page, '[data-no="2"] .open');
      await page.keyboard.press("Enter");
      await page.waitForSelector(".detail .facts");
      const facts = await page.$$eval(".facts data", (all) =>
        Object.fromEntries(all.map((data) => [data.getAttribute("data-key"), Number((data as HTMLDataElement).value)])),
      );
      expect(facts).toMatchObject({
        spectral_norm: conv2?.spectralNorm,
        lower: conv2?.lower,
        upper: conv2?.upper,
        stored_sigma: conv2?.storedSigma,
        operator_lower: conv2?.operator?.lower,
        operator_upper: conv2?.operator?.upper,
      });
      const values = await text(page, "rows");
      expect(values).toContain(conv2?.singularValues?.join(" "));
      expect(await text(page, "spectrum-name")).toContain("2: conv2");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-expanded"))).toBe("true");
      await eventually(() => query(page), "?row=2");
      await page.keyboard.press("Enter");
      await eventually(() => page.$$eval(".detail", (rows) => rows.length), 0);
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-expanded"))).toBe("false");
    });
  });

  test("filters by name, kind, norm and what is marked", async () => {
    await on("", async ({ page }) => {
      await over(page, "wgan-sn-critic");
      await type(page, "#search", "CONV");
      await eventually(() => layers(page), ["conv1", "conv2", "conv3"]);
      expect(await text(page, "count")).toBe("3 of 4 rows");
      await type(page, "#above", "1.23");
      await eventually(() => layers(page), ["conv3"]);
      await eventually(() => query(page), "?search=CONV&above=1.23");
      await type(page, "#above", "");
      await type(page, "#search", "");
      await page.select("#kind", "matrix");
      await eventually(() => layers(page), ["dense"]);
      await page.select("#kind", "all");
      await page.click("#problems");
      await eventually(() => layers(page), ["conv1", "conv2", "conv3"]);
      await type(page, "#search", "nowhere");
      await eventually(() => text(page, "nothing"), "No row passes the filter.");
      await page.click("#tile-used + button");
      await eventually(() => layers(page), ["conv1", "conv2", "conv3", "dense"]);
      expect(await page.$eval('[data-no="3"] .open', (button) => button.getAttribute("aria-expanded"))).toBe("true");
    });
  });

  test("shows the columns that are chosen", async () => {
    await on("?columns=dtype", async ({ page }) => {
      await over(page, "wgan-sn-critic");
      const heads = () => page.$$eval("#heads th", (all) => all.map((head) => head.dataset["key"]));
      expect(await heads()).toEqual(["no", "weight", "dtype"]);
      await page.$eval(".columns", (columns) => ((columns as HTMLDetailsElement).open = true));
      await page.click('#columns input[value="stored_sigma"]');
      await eventually(heads, ["no", "weight", "dtype", "stored_sigma"]);
      await page.click('#columns input[value="dtype"]');
      await eventually(() => query(page), "?columns=stored_sigma");
    });
  });

  test("figures are read by keys and by pointer, and lead to the row", async () => {
    await on("", async ({ page }) => {
      await over(page, "wgan-sn-critic");
      const tip = () => page.$eval("#norms .tip", (place) => ((place as HTMLElement).hidden ? "" : place.textContent));
      await tabTo(page, "#norms");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await eventually(tip, (seen) => seen?.startsWith("2: conv2spectral 0.7781") ?? false);
      await page.keyboard.press("Enter");
      await eventually(() => query(page), "?row=2");
      await page.keyboard.press("Escape");
      await eventually(tip, "");
      const box = await (await page.$("#norms svg"))?.boundingBox();
      await page.mouse.move((box?.x ?? 0) + 60, (box?.y ?? 0) + 100);
      await eventually(tip, (seen) => seen?.startsWith("1: conv1") ?? false);
      await tabTo(page, "#spectrum");
      await page.keyboard.press("End");
      await eventually(
        () => page.$eval("#spectrum .tip", (place) => place.textContent),
        (seen) => seen?.startsWith("σ5 = ") ?? false,
      );
    });
  });

  test("keeps its state in the address, and takes nonsense for nothing", async () => {
    await on(
      "?example=x&axis=2&tolerance=1&intervals=&values=7&alpha=a&kind=x&only=x&above=&sort=A!&order=x&columns=a b&row=-1",
      async ({ page }) => {
        expect(await over(page, "wgan-sn-critic")).toContain("4 rows from 16 tensors");
        await eventually(() => query(page), "");
        await page.$eval("#options", (options) => ((options as HTMLDetailsElement).open = true));
        await page.$eval('#axis input[value="last"]', (input) => (input as HTMLInputElement).click());
        await page.$eval('#intervals input[value="none"]', (input) => (input as HTMLInputElement).click());
        await type(page, "#alpha", "16");
        await eventually(() => query(page), "?axis=last&intervals=none&alpha=16");
        await over(page, "wgan-sn-critic");
      },
    );
  });

  test("LoRA pairs have rows of their own, and α makes them true", async () => {
    const pair = {
      "m.lora_A.weight": float32([1, 2], [3, 4]),
      "m.lora_B.weight": float32([2, 1], [0, 2]),
    };
    await on("?columns=spectral_norm", async ({ page }) => {
      await drop(page, [{ name: "adapter.safetensors", bytes: safetensors(pair) }]);
      await over(page, "adapter");
      const norms = () =>
        page.$$eval("td.of-spectral_norm data", (all) => all.map((data) => Number((data as HTMLDataElement).value)));
      expect((await norms()).map((norm) => norm.toFixed(5))).toEqual(["5.00000", "2.00000", "10.00000"]);
      await page.$eval("#options", (options) => ((options as HTMLDetailsElement).open = true));
      await type(page, "#alpha", "4");
      await eventually(async () => (await norms()).at(-1)?.toFixed(5), "40.00000");
      await page.select("#kind", "adapter");
      await eventually(async () => (await norms()).length, 1);
    });
  });
});
