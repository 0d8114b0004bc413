import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { float32, safetensors } from "../checkpoint/writer.ts";
import { BROWSERS, keepScreenshot, open, SCHEMES, tabTo, WIDTHS } from "./pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "spectral-norm-page-"));
const address = pathToFileURL(join(folder, "report.html")).href;
const hostile = '</td><script>window.hacked = true</script><img src="x" onerror="window.hacked = true">';

beforeAll(() => {
  const strange = join(folder, "strange.safetensors");
  writeFileSync(strange, safetensors({ [hostile]: float32([2, 2], [1, 2, 3, 4]), z: float32([1, 2], [30, 40]) }));
  const critic = join(root, "examples/data/wgan-sn-critic.safetensors");
  const args = ["audit", "--html", critic, strange, "--output", join(folder, "report.html")];
  execFileSync(process.execPath, [join(root, "dist/cli.js"), ...args]);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function visitReport(browser: Browser, width: number): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) complaints.push(request.url());
  });
  await page.setViewport({ width, height: 900 });
  await page.goto(address);
  return { page, complaints };
}

describe.each(BROWSERS.flatMap((name) => SCHEMES.map((scheme) => ({ name, scheme }))))("$name, $scheme", (setting) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(setting.name, setting.scheme);
  });
  afterAll(() => browser?.close());

  test.each(WIDTHS)(
    "a report opens from a disk at %d px, asks nobody and runs nothing of a stranger",
    async (width) => {
      const { page, complaints } = await visitReport(browser, width);
      await keepScreenshot(page, `report-${width}-${setting.scheme}-${setting.name}`);
      const seen = await page.evaluate(() => ({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        hacked: "hacked" in window,
        figures: document.querySelectorAll("svg.plot").length,
        // Labels stand beside their figures, within the cards.
        outside: [...document.querySelectorAll("svg .label")].filter((label) => {
          const card = label.closest("figure")?.getBoundingClientRect();
          return card === undefined || label.getBoundingClientRect().right > card.right;
        }).length,
      }));
      expect(seen).toEqual({ overflow: 0, hacked: false, figures: 6, outside: 0 });
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test("its tables sort by keys alone, and say so", async () => {
    const { page } = await visitReport(browser, 1440);
    const names = () =>
      page.$$eval("table:first-of-type td.name", (cells) =>
        cells.slice(0, 4).map((cell) => cell.textContent?.split(".")[0]),
      );
    const sorted = () => page.$eval("th:nth-of-type(5)", (head) => head.getAttribute("aria-sort"));
    expect(await names()).toEqual(["conv1", "conv2", "conv3", "dense"]);
    await tabTo(page, "th:nth-of-type(5) button");
    await page.keyboard.press("Enter");
    expect([await names(), await sorted()]).toEqual([["conv3", "conv1", "conv2", "dense"], "descending"]);
    await page.keyboard.press("Enter");
    expect([await names(), await sorted()]).toEqual([["dense", "conv2", "conv1", "conv3"], "ascending"]);
    await page.close();
  });
});
