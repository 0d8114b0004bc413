/**
 * Pages of the site in real browsers, and what went wrong in them.
 *
 * @module
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Browser, launch, type Page } from "puppeteer-core";
import { expect, inject } from "vitest";
import { CHROMIUM_ARGUMENTS, findBrowser } from "../conformance/drivers/browsers.mjs";

declare module "vitest" {
  interface ProvidedContext {
    origin: string;
    screenshots: string;
  }
}

export const BROWSERS = ["chromium", "firefox"] as const;
export const SCHEMES = ["light", "dark"] as const;
export const WIDTHS = [360, 1440] as const;

export type Scheme = (typeof SCHEMES)[number];

/** Firefox is told the scheme before it starts: what WebDriver offers cannot change it. */
export function open(name: (typeof BROWSERS)[number], scheme: Scheme): Promise<Browser> {
  const executablePath = findBrowser(name);
  if (executablePath === undefined) throw new Error(`${name} is not installed`);
  if (name === "chromium") {
    // The arguments of the conformance tests, and the scheme as Chromium's own setting.
    const dark = scheme === "dark" ? ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] : [];
    return launch({ executablePath, args: [...CHROMIUM_ARGUMENTS, ...dark], headless: true });
  }
  const preferences = { "layout.css.prefers-color-scheme.content-override": scheme === "dark" ? 0 : 1 };
  return launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox: preferences });
}

/** A page that was visited, and everything that it should not have done. */
export interface Visit {
  readonly page: Page;
  /** Errors, warnings of the console, and requests beyond the site. */
  readonly complaints: readonly string[];
}

/** Opens a page of the site; `path` may carry a query. */
export async function visit(browser: Browser, path: string, width = 1440, height = 900): Promise<Visit> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const origin = inject("origin");
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${String(error)}`));
  page.on("request", (request) => {
    if (!(/^(?:data|blob):/.test(request.url()) || request.url().startsWith(origin))) complaints.push(request.url());
  });
  await page.setViewport({ width, height, deviceScaleFactor: width < 500 ? 2 : 1 });
  await page.goto(new URL(path, origin).href);
  return { page, complaints };
}

/** The whole number in a `<data>` element, of which its text is a rounding. */
export function value(page: Page, id: string): Promise<number> {
  return page.$eval(`#${id}`, (element) => Number((element as HTMLDataElement).value || "NaN"));
}

/** The numbers that `<data>` elements hold for machines, by id, all read in one go. */
export function values(page: Page, ids: readonly string[]): Promise<Record<string, number>> {
  const read = (wanted: readonly string[]): Record<string, number> =>
    Object.fromEntries(
      wanted.map((id) => [id, Number((document.getElementById(id) as HTMLDataElement).value || "NaN")]),
    );
  return page.evaluate(read, ids);
}

export function text(page: Page, id: string): Promise<string> {
  return page.$eval(`#${id}`, (element) => element.textContent ?? "");
}

/** Presses Tab until an element has the focus, as somebody without a pointer would. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let press = 0; press < 80; press++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
  }
  throw new Error(`80 times Tab did not lead to ${selector}`);
}

/** Waits until what is read is what is expected; the limit is against hanging only. */
export async function eventually<T>(
  read: () => Promise<T>,
  expected: T | ((seen: T) => boolean),
  seconds = 30,
): Promise<T> {
  const isRight = (seen: T): boolean =>
    typeof expected === "function" ? (expected as (seen: T) => boolean)(seen) : isDeepStrictEqual(seen, expected);
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const seen = await read();
    if (isRight(seen)) return seen;
    if (Date.now() > end) {
      expect(seen, `after ${seconds} s`).toEqual(typeof expected === "function" ? "what was awaited" : expected);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits longer: workers compile for minutes where other work takes the processor. Against hanging only. */
export function patiently<T>(read: () => Promise<T>, expected: T | ((seen: T) => boolean)): Promise<T> {
  return eventually(read, expected, 240);
}

/** Keeps a picture of the whole page for people. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(inject("screenshots"), `${name}.png`) as `${string}.png`, fullPage: true });
}
