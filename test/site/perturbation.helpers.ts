/**
 * What the tests of the perturbation page share.
 *
 * @module
 */
import type { Page } from "puppeteer-core";
import { CODECS, DEFAULTS, type State } from "../../examples/site/perturbation/state.ts";
import { readState } from "../../examples/site/shared/url-state.ts";

export const PAGE = "perturbation/";

/** Seconds, against hanging only: on a busy machine trainings take their time. */
export const PATIENCE = 500;

/** The state that the page's address carries. */
export const stateOf = async (page: Page): Promise<State> =>
  readState(await page.evaluate(() => location.search), CODECS, DEFAULTS);

/** How many steps all models together have made. */
export const steps = (page: Page): Promise<number> =>
  page.$eval("#progress", (bar) => (bar as HTMLProgressElement).value);

/** Moves a slider. */
export async function slide(page: Page, id: string, to: number): Promise<void> {
  await page.$eval(
    `#${id}`,
    (input, wanted) => {
      (input as HTMLInputElement).value = String(wanted);
      input.dispatchEvent(new Event("input"));
    },
    to,
  );
}

/** Presses a radio button. */
export const choose = (page: Page, group: string, option: string): Promise<void> =>
  page.$eval(`#${group} input[value="${option}"]`, (input) => (input as HTMLInputElement).click());

/** Presses a button. */
export const press = (page: Page, id: string): Promise<void> =>
  page.$eval(`#${id}`, (button) => (button as HTMLButtonElement).click());
