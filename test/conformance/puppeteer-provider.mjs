/**
 * A browser provider of vitest on puppeteer-core, because Playwright drives only its own build of Firefox, while
 * Puppeteer speaks WebDriver BiDi, which the Firefox that people install understands.
 *
 * @module
 */
import { defineBrowserProvider } from "@vitest/browser";
import { launch } from "puppeteer-core";

class PuppeteerProvider {
  name = "puppeteer";
  supportsParallelism = false;
  #options;
  #browser;
  #pages = new Map();

  constructor(project, options) {
    this.#options = options;
    // The only command that vitest itself gives; those of a test's `userEvent` are not needed here.
    project.browser.registerCommand("__vitest_viewport", ({ page }, viewport) => page.setViewport(viewport));
  }

  /** One browser for all sessions: two calls at once must not launch two. */
  #launched() {
    this.#browser ??= launch(this.#options);
    return this.#browser;
  }

  async openPage(sessionId, url) {
    const browser = await this.#launched();
    await this.#pages.get(sessionId)?.close();
    const page = await browser.newPage();
    this.#pages.set(sessionId, page);
    await page.goto(url, { timeout: 0 });
  }

  getCommandsContext(sessionId) {
    return { page: this.#pages.get(sessionId) };
  }

  async close() {
    const launched = this.#browser;
    this.#browser = undefined;
    this.#pages.clear();
    // A browser that never came up has said so where it was launched.
    const browser = await launched?.catch(() => undefined);
    await browser?.close();
  }
}

/** @param options What `puppeteer.launch` takes. */
export function puppeteer(options) {
  return defineBrowserProvider({
    name: "puppeteer",
    supportedBrowser: ["chrome", "firefox"],
    options,
    providerFactory: (project) => new PuppeteerProvider(project, options),
  });
}
