import { readFileSync } from "node:fs";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MODELS, type Model, STEPS } from "../../examples/site/perturbation/models.ts";
import { noisy } from "../../examples/site/perturbation/pixels.ts";
import { distance } from "../../examples/site/perturbation/scores.ts";
import { DEFAULTS, settingsOf } from "../../examples/site/perturbation/state.ts";
import { type Answer, type Change, createTasks, type Samples } from "../../examples/site/perturbation/tasks.ts";
import { BROWSERS, eventually, open, text, value, visit } from "./pages.ts";
import { choose, PAGE, PATIENCE, press, slide, stateOf, steps } from "./perturbation.helpers.ts";

const tasks = createTasks(
  Promise.resolve(readFileSync(new URL("../../examples/data/digits.csv", import.meta.url), "utf8")),
);
let samples: Samples;
beforeAll(async () => {
  samples = await tasks.samples(undefined);
  await tasks.begin(undefined, settingsOf(DEFAULTS));
  await tasks.learn(undefined, STEPS);
}, 1000 * PATIENCE);

const imageOf = (digit: number): Float32Array => samples.images.slice(64 * digit, 64 * digit + 64);
const worst = (radius: number): Change => ({ kind: "worst", radius, against: "each" });

/** Waits until the page shows what a change of about this length makes, and what the search finds. */
async function settled(page: Page, size: number, around = 0.02): Promise<void> {
  for (const model of MODELS) {
    await eventually(
      () => value(page, `size-${model}`),
      (seen) => Math.abs(seen - size) < around,
      PATIENCE,
    );
  }
  await eventually(() => value(page, "found-normalized"), Number.isFinite, PATIENCE);
}

/** The levels that the editor shows. */
const levelsOf = (page: Page): Promise<number[]> =>
  page.$$eval("#editor .ink", (paths) => {
    const levels = Array.from({ length: 64 }, () => 0);
    for (const path of paths) {
      const level = Math.round(16 * Number(path.getAttribute("opacity")));
      for (const [, x, y] of (path.getAttribute("d") ?? "").matchAll(/M(\d),(\d)/g))
        levels[8 * Number(y) + Number(x)] = level;
    }
    return levels;
  });

/** What a model answers, by its digits; two where the change altered it. */
async function answerOf(page: Page, model: Model): Promise<readonly [before: number, after: number]> {
  const digits = (await text(page, `answer-${model}`)).match(/\d/g)?.map(Number) ?? [];
  return [digits[0] ?? Number.NaN, digits.at(-1) ?? Number.NaN];
}

/** The page's numbers are those of the same training in Node; logarithms of two machines may differ in the last digit. */
async function expectAnswers(page: Page, answers: readonly Answer[]): Promise<void> {
  for (const { model, before, after, upper, radius, lead } of answers) {
    expect(await answerOf(page, model), model).toEqual([before, after]);
    for (const [name, wanted] of Object.entries({ upper, radius, lead })) {
      const seen = await value(page, `${name}-${model}`);
      expect(Math.abs(seen / wanted - 1), `${name} of ${model}: ${seen}, ${wanted}`).toBeLessThan(0.02);
    }
  }
}

/** No answer changed within its radius, and the page says so. */
async function expectLaw(page: Page): Promise<void> {
  for (const model of MODELS) {
    const [size, radius] = [await value(page, `size-${model}`), await value(page, `radius-${model}`)];
    const [before, after] = await answerOf(page, model);
    if (size < radius) expect(after).toBe(before);
    const isCertain = (await text(page, `verdict-${model}`)).endsWith("the answer cannot change.");
    expect(isCertain).toBe(size > 0 && size < radius);
  }
  expect(await value(page, "law-broken")).toBe(0);
}

describe.each(BROWSERS)("perturbation in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  describe("once trained", { timeout: 1000 * PATIENCE }, () => {
    let page: Page;
    let complaints: readonly string[];
    beforeAll(async () => {
      ({ page, complaints } = await visit(browser, PAGE));
      await eventually(() => text(page, "progress-words"), `Trained, ${STEPS} steps each`, PATIENCE);
      await settled(page, 1);
    }, 1000 * PATIENCE);
    afterAll(() => page?.close());

    test("answers as the same training in Node does", async () => {
      const answers = await tasks.answer(undefined, imageOf(DEFAULTS.digit), worst(1), true);
      await expectAnswers(page, answers);
      for (const { model, radius, found = 0 } of answers) {
        expect((await value(page, `found-${model}`)) / found, `found for ${model}`).toBeCloseTo(1, 1);
        expect(found).toBeGreaterThan(radius);
      }
      expect(await value(page, "accuracy-plain")).toBeGreaterThan(0.9);
      expect(await steps(page)).toBe(4 * STEPS);
      await expectLaw(page);
    });

    test("no worst-case step alters an answer within its radius, and long ones do", async () => {
      await slide(page, "radius", 0.15);
      await settled(page, 0.15);
      await expectLaw(page);
      expect(await value(page, "law-inside")).toBeGreaterThanOrEqual(4);
      await slide(page, "radius", 4);
      // The range of pixels makes long steps shorter.
      await settled(page, 4, 1);
      await expectLaw(page);
      for (const model of MODELS) {
        const [before, after] = await answerOf(page, model);
        expect(after, model).not.toBe(before);
      }
    });

    test("noise is the same for all, another with another seed, and keeps the law", async () => {
      await slide(page, "deviation", 1.5);
      await choose(page, "kind", "noise");
      const sizeOf = (seed: number) => distance(noisy(imageOf(DEFAULTS.digit), 1.5, seed), imageOf(DEFAULTS.digit));
      await settled(page, sizeOf(0));
      await expectLaw(page);
      await press(page, "reseed");
      await settled(page, sizeOf(1));
      await expectLaw(page);
      // The address follows when changes have come to rest.
      await eventually(
        () => stateOf(page),
        ({ kind, deviation, noise }) => kind === "noise" && deviation === 1.5 && noise === 1,
      );
    });

    test("what is asked last is shown last, though the search before it takes longer", async () => {
      for (const radius of [0.5, 3, 0.2]) {
        await slide(page, "radius", radius);
        await choose(page, "kind", "worst");
        await new Promise((resolve) => setTimeout(resolve, 150));
        await choose(page, "kind", "noise");
      }
      const size = distance(noisy(imageOf(DEFAULTS.digit), 1.5, 1), imageOf(DEFAULTS.digit));
      // Until what was asked on the way has been answered; a search that comes late, or is lost, is there for good.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await settled(page, size);
      await expectLaw(page);
    });

    test("a pointer draws, and the answer is that to what is drawn", async () => {
      await choose(page, "kind", "worst");
      await slide(page, "radius", 1);
      await settled(page, 1);
      await press(page, "clear");
      const { x, y, side } = await page.$eval("#editor", (editor) => {
        editor.scrollIntoView({ block: "center" });
        const { left, top, width } = editor.getBoundingClientRect();
        return { x: left, y: top, side: width };
      });
      await page.mouse.move(x + 0.5 * side, y + 0.06 * side);
      await page.mouse.down();
      await page.mouse.move(x + 0.5 * side, y + 0.94 * side, { steps: 30 });
      await page.mouse.up();
      // Moves that come slowly may rest on the way for so long that the address has half of the stroke.
      await eventually(
        () => levelsOf(page),
        (seen) => (seen[59] ?? 0) >= 12,
      );
      const shown = await levelsOf(page);
      await eventually(async () => (await stateOf(page)).drawn?.join(), shown.join());
      const { drawn } = await stateOf(page);
      expect(drawn?.filter((level, index) => level > 0 && Math.abs((index % 8) - 3.5) > 2)).toEqual([]);
      const image = Float32Array.from(drawn ?? [], (level) => level / 8 - 1);
      const answers = await tasks.answer(undefined, image, worst(1), false);
      await eventually(
        () => value(page, "radius-plain"),
        (radius) => Math.abs(radius / (answers[0]?.radius ?? 0) - 1) < 0.02,
        PATIENCE,
      );
      // Of blank and of inked pixels the attack can take one half of the directions only.
      await settled(page, 1, 0.5);
      await expectLaw(page);
    });

    test("keys draw", async () => {
      await press(page, "clear");
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await page.$eval("#editor", (editor) => (editor as SVGElement).focus());
      for (let count = 0; count < 9; count++) await page.keyboard.press("ArrowUp");
      for (let count = 0; count < 9; count++) await page.keyboard.press("ArrowLeft");
      await page.keyboard.press(" ");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("9");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("4");
      await eventually(() => text(page, "place"), "Row 2, column 2: ink 7 of 16");
      const drawn = [16, 16, ...Array.from({ length: 62 }, () => 0)];
      drawn[9] = 7;
      await eventually(async () => (await stateOf(page)).drawn?.join(), drawn.join());
    });

    test("nothing was complained of", () => expect(complaints).toEqual([]));
  });
});
