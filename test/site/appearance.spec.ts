import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { over } from "./checkpoint.helpers.ts";
import { BROWSERS, eventually, keepScreenshot, open, patiently, SCHEMES, text, value, visit, WIDTHS } from "./pages.ts";

/** Every page, and the element whose text says that the engine has answered. */
const PAGES = [
  { name: "home", path: "./", answer: undefined },
  { name: "checkpoint", path: "checkpoint/?row=3", answer: undefined },
  { name: "checkpoint-as-run", path: "checkpoint/?example=critic-as-run", answer: undefined },
  { name: "gan-lab", path: "gan-lab/?until=10&layers=real_samples_grid", answer: undefined },
  { name: "gan-lab-digits", path: "gan-lab/?data=digits&noise=16", answer: undefined },
  { name: "gan-lab-own", path: "gan-lab/?data=own&field=slopes", answer: undefined },
  { name: "power-iteration", path: "power-iteration/", answer: "sigma" },
  { name: "convolution", path: "convolution/", answer: "sigma" },
  { name: "perturbation", path: "perturbation/", answer: "radius-plain" },
  { name: "guide", path: "docs/readme.html", answer: undefined },
  { name: "checkpoints", path: "docs/checkpoint.html", answer: undefined },
  { name: "audit", path: "docs/audit.html", answer: undefined },
  { name: "repair", path: "docs/repair.html", answer: undefined },
  { name: "numerics", path: "docs/numerics.html", answer: undefined },
  { name: "jax", path: "docs/jax.html", answer: undefined },
  { name: "tfjs", path: "docs/tfjs.html", answer: undefined },
];

/** Waits until the lab's runs have begun, or have trained until they pause. */
async function rest(page: Page, isTrained: boolean): Promise<void> {
  const steps = () => page.$$eval(".run .status", (runs) => runs.map((run) => run.textContent).join());
  await patiently(steps, "0,0,0");
  if (!isTrained) return;
  await page.click("#start");
  await patiently(steps, "10,10,10");
}

const cases = PAGES.flatMap((page) => WIDTHS.map((width) => ({ ...page, width })));

/** Lets the models learn for a while, and waits for what the page finds when they rest. */
async function ripen(page: Page): Promise<void> {
  await eventually(
    () => page.$eval("#progress", (bar) => (bar as HTMLProgressElement).position),
    (share) => share > 0.4,
    300,
  );
  await page.$eval("#pause", (button) => (button as HTMLButtonElement).click());
  await eventually(() => value(page, "found-normalized"), Number.isFinite, 60);
}

describe.each(BROWSERS.flatMap((name) => SCHEMES.map((scheme) => ({ name, scheme }))))("$name, $scheme", (setting) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(setting.name, setting.scheme);
  });
  afterAll(() => browser?.close());

  test.each(cases)("$name at $width px", async ({ name, path, width, answer }) => {
    const { page, complaints } = await visit(browser, path, width);
    if (answer !== undefined)
      await eventually(
        () => text(page, answer),
        (seen) => seen !== "",
      );
    if (name === "power-iteration")
      await eventually(
        () => text(page, "cold-start-progress"),
        (seen) => seen.startsWith("12 of 12"),
      );
    if (name === "convolution") await eventually(() => page.$$eval("#sweep-chart circle", (dots) => dots.length), 21);
    if (path.startsWith("checkpoint/")) await over(page, "4 rows from 16 tensors");
    if (name.startsWith("gan-lab")) await rest(page, name === "gan-lab");
    if (name === "perturbation") await ripen(page);
    await keepScreenshot(page, `${name}-${width}-${setting.scheme}-${setting.name}`);
    const { scheme, overflow } = await page.evaluate(() => ({
      scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    expect(scheme).toBe(setting.scheme);
    expect(overflow, "pixels to scroll sideways").toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("the contrast of text is that of WCAG's level AA", async () => {
    const { page } = await visit(browser, "power-iteration/");
    const pairs = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const names = ["ink", "soft", "blue", "orange", "green", "purple"];
      const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
      return names.flatMap((name) => ["page", "card"].map((back) => [color(name), color(back)] as const));
    });
    for (const [front, back] of pairs) expect(contrast(front, back), `${front} on ${back}`).toBeGreaterThan(4.5);
    await page.close();
  });
});

/** Relative luminance (WCAG 2.2) of #rrggbb or #rgb. */
function luminance(short: string): number {
  // Minifiers write #fff.
  const color = short.length === 4 ? short.replaceAll(/[0-9a-f]/g, "$&$&") : short;
  const channels = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = channels;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
