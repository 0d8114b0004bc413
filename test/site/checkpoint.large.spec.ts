import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { file, float32, safetensors } from "../checkpoint/writer.ts";
import { drop, names, over, PAGE, pick, temporary } from "./checkpoint.helpers.ts";
import { BROWSERS, eventually, onPage, open, patiently, text, value } from "./pages.ts";

/** 200 matrices of 16 MiB each. */
const COUNT = 200;
const SIDE = 2048;
const BYTES = 4 * SIDE * SIDE;

/** A file of 3.4 GB, zeros but for one entry of each matrix; of a sparse file the system keeps what was written alone. */
function writeLarge(): string {
  const entries = Array.from({ length: COUNT }, (_, at) => {
    const offsets = [at * BYTES, (at + 1) * BYTES];
    return [`layer.${at}.weight`, { dtype: "F32", shape: [SIDE, SIDE], data_offsets: offsets }];
  });
  const head = file(JSON.stringify(Object.fromEntries(entries)));
  const path = temporary("large.safetensors", head);
  truncateSync(path, head.length + COUNT * BYTES);
  const handle = openSync(path, "r+");
  for (let at = 0; at < COUNT; at++)
    writeSync(handle, new Uint8Array(Float32Array.of(at + 1).buffer), 0, 4, head.length + at * BYTES);
  closeSync(handle);
  return path;
}

/** Bytes that Chromium's processes that run pages hold, together. */
async function rendererBytes(browser: Browser): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const ids = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => String(id));
  const sizes = execFileSync("ps", ["-o", "rss=", "-p", ids.join(",")], { encoding: "utf8" });
  return sizes
    .trim()
    .split(/\s+/)
    .reduce((sum, kilobytes) => sum + 1024 * Number(kilobytes), 0);
}

const measured = (page: Page): Promise<number> =>
  page.$eval("#progress-words", (words) => Number.parseInt(words.textContent ?? "", 10) || 0);

describe.each(BROWSERS)("large checkpoints in %s", (name) => {
  let browser: Browser;
  let path = "";
  beforeAll(async () => {
    browser = await open(name, "light");
    path = writeLarge();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(path, { force: true });
  });

  test("a file of 3.4 GB is read in slices, by two workers or more, and never in memory as a whole", async () => {
    await onPage(browser, `${PAGE}?intervals=none&sort=spectral_norm&order=down`, async ({ page }) => {
      await over(page, "wgan-sn-critic");
      const before = name === "chromium" ? await rendererBytes(browser) : 0;
      await pick(page, "files", path);
      let most = 0;
      let workers = 0;
      const isOver = async () => {
        workers = Math.max(workers, page.workers().length);
        if (name === "chromium") most = Math.max(most, await rendererBytes(browser));
        return (await text(page, "verdict")).startsWith("large.safetensors: 200 rows from 200 tensors, 3.36 GB");
      };
      await patiently(isOver, true);
      expect(workers).toBeGreaterThanOrEqual(2);
      expect((await names(page)).slice(0, 2)).toEqual(["layer.199.weight", "layer.198.weight"]);
      expect(await value(page, "tile-largest")).toBe(200);
      if (name !== "chromium") return;
      console.log(
        `3.36 GB in ${workers} workers: at most ${Math.round(most / 1e6)} MB in the browser's renderers, ${Math.round(before / 1e6)} MB before`,
      );
      expect(most).toBeGreaterThan(before);
      expect(most - before).toBeLessThan(6e8);
    });
  });

  test("an audit stops at once, and what it came to stays", async () => {
    await onPage(browser, `${PAGE}?intervals=none`, async ({ page }) => {
      await over(page, "wgan-sn-critic");
      await pick(page, "files", path);
      const rows = await patiently(
        () => measured(page),
        (count) => count >= 3,
      );
      expect(await text(page, "progress-words")).toMatch(
        /^\d+ of 200 weights · [\d.]+ MB of 3\.36 GB · [\d.]+ [kMG]?B\/s · \d+ (?:s|min) left$/,
      );
      await page.$eval("#cancel", (button) => (button as HTMLButtonElement).click());
      const said = await eventually(
        () => text(page, "verdict"),
        (seen) => seen.startsWith("Stopped"),
      );
      await eventually(async () => page.workers().length, 0);
      const kept = Number(/^Stopped: (\d+) of 200 rows from 200 tensors are measured, and stay\.$/.exec(said)?.[1]);
      expect(kept).toBeGreaterThanOrEqual(rows);
      expect(kept).toBeLessThan(200);
      expect(await page.$$eval("#rows tr[data-no]:not(.is-pending)", (lines) => lines.length)).toBe(Math.min(50, kept));
      expect(await page.$eval('[data-report="csv"]', (button) => (button as HTMLButtonElement).disabled)).toBe(false);
    });
  });

  test("2,000 rows are turned over by pages, sorted and filtered as ten are", async () => {
    const tensors = Array.from(
      { length: 2000 },
      (_, at) => [`block.${at}.w`, float32([2, 2], [at % 997, 0, 0, 0.5])] as const,
    );
    await onPage(browser, `${PAGE}?intervals=none`, async ({ page }) => {
      await over(page, "wgan-sn-critic");
      await drop(page, [{ name: "many.safetensors", bytes: safetensors(Object.fromEntries(tensors)) }]);
      expect(await over(page, "many.safetensors")).toContain("2000 rows from 2000 tensors");
      expect(await page.$$eval("#rows tr", (rows) => rows.length)).toBe(50);
      expect(await text(page, "page-name")).toBe("1–50 of 2000");
      await page.$eval("#next-page", (button) => (button as HTMLButtonElement).click());
      expect((await names(page))[0]).toBe("block.50.w");
      await page.click('[data-key="spectral_norm"] button');
      await eventually(async () => (await names(page)).slice(0, 3), ["block.996.w", "block.1993.w", "block.995.w"]);
      await page.focus("#search");
      await page.keyboard.type("block.19");
      await eventually(() => text(page, "page-name"), "1–50 of 111");
      await page.$eval("#search", (input) => {
        (input as HTMLInputElement).value = "";
        input.dispatchEvent(new Event("input"));
      });
      await page.focus("#norms");
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await eventually(
        () => page.$eval('[data-no="2000"] .open', (button) => button.getAttribute("aria-expanded")).catch(() => ""),
        "true",
      );
    });
  });
});
