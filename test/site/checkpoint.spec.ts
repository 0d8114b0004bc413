import { readFileSync } from "node:fs";
import type { Browser } from "puppeteer-core";
import { type Audit, audit, parseArchitecture } from "spectral-norm/audit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { float32, safetensors } from "../checkpoint/writer.ts";
import {
  ALL_COLUMNS,
  drop,
  exampleFile,
  expectReport,
  fixture,
  names,
  over,
  PAGE,
  pick,
  temporary,
} from "./checkpoint.helpers.ts";
import { BROWSERS, onPage, open, text, type Visit, value } from "./pages.ts";

const detail = { certainty: "auto", values: 5 } as const;
const expectedNorms = JSON.parse(readFileSync(exampleFile("expected.json"), "utf8"));

/** What the package says of the same file in Node, with the options of the page. */
const report = (path: string, options = {}): Promise<Audit> => audit(path, { detail, ...options });

describe.each(BROWSERS)("the checkpoint page in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  const on = (query: string, run: (visited: Visit) => Promise<void>): Promise<void> =>
    onPage(browser, `${PAGE}${query}`, run);

  test.each([
    ["critic", "wgan-sn-critic"],
    ["generator", "wgan-sn-generator"],
    ["classifier", "digits-classifier"],
    ["f16", "digits-classifier-f16"],
    ["bf16", "digits-classifier-bf16"],
  ])("shows the numbers of the example %s, to the last bit", async (example, file) => {
    const path = exampleFile(`${file}.safetensors`);
    await on(`?example=${example}&${ALL_COLUMNS}`, async ({ page }) => {
      await expectReport(page, await report(path));
      const { tensors } = expectedNorms[`${file}.safetensors`];
      const shown = await page.$$eval("td.of-spectral_norm data", (all) =>
        all.map((data) => Number((data as HTMLDataElement).value)),
      );
      const [largest] = Object.values(tensors as Record<string, { spectralNorm: number }>).sort(
        (a, b) => b.spectralNorm - a.spectralNorm,
      );
      const most = Math.max(...shown);
      expect(Math.abs(most / (largest?.spectralNorm ?? 0) - 1)).toBeLessThan(1e-5);
      expect(await value(page, "tile-largest")).toBe(most);
    });
  });

  test("shows the norms as run and the network's bound, by a file of layers", async () => {
    const layers = exampleFile("critic-layers.json");
    const architecture = parseArchitecture("critic-layers.json", readFileSync(layers, "utf8"));
    const told = await report(exampleFile("wgan-sn-critic.safetensors"), { architecture });
    await on(`?example=critic-as-run&${ALL_COLUMNS}`, async ({ page }) => {
      await expectReport(page, told);
      expect(await value(page, "tile-network")).toBe(told.network?.upper);
    });
    await on(`?${ALL_COLUMNS}`, async ({ page }) => {
      await over(page, "wgan-sn-critic");
      await pick(page, "layers", layers);
      await page.waitForSelector("#tile-network");
      await expectReport(page, told);
      await pick(page, "layers", exampleFile("README.md"));
      expect(await over(page, "README.md")).toContain("README.md: expected JSON");
      await page.$eval("#no-layers", (button) => (button as HTMLButtonElement).click());
      await over(page, "wgan-sn-critic");
      expect(await page.$("#tile-network")).toBe(null);
    });
  });

  test("options change the numbers as the package's do", async () => {
    const path = exampleFile("wgan-sn-generator.safetensors");
    const options = { axis: "last", tolerance: 1e-9, detail: { certainty: "rigorous", values: 16 } } as const;
    await on(
      `?example=generator&axis=last&tolerance=1e-9&intervals=rigorous&values=16&${ALL_COLUMNS}`,
      async ({ page }) => expectReport(page, await report(path, options)),
    );
    await on(`?example=generator&axis=1&intervals=none&${ALL_COLUMNS}`, async ({ page }) =>
      expectReport(page, await report(path, { axis: 1, detail: undefined })),
    );
  });

  test("takes a file that is dropped, whose names are text whatever they are", async () => {
    const hostile = `</button><img src="x" onerror="window.hacked = true"><script>window.hacked = true</script>`;
    const bytes = safetensors({
      [hostile]: float32([2, 2], [3, 0, 0, 4]),
      "left\u202eright": float32([1, 2], [3, 4]),
      bad: float32([2, 2], [1, Number.NaN, 0, 1]),
      zero: float32([2, 2], [0, 0, 0, 0]),
    });
    await on("", async ({ page }) => {
      await drop(page, [{ name: "<b>dropped</b>.safetensors", bytes }]);
      expect(await over(page, "dropped")).toContain("<b>dropped</b>.safetensors: 4 rows from 4 tensors");
      expect((await names(page))[1]).toBe("left\\u{202e}right");
      expect(await page.$$eval("#rows .open", ([first]) => first?.getAttribute("title"))).toBe(hostile);
      for (const no of [1, 2, 3, 4])
        await page.$eval(`tr[data-no="${no}"] .open`, (button) => (button as HTMLButtonElement).click());
      expect(await page.evaluate(() => [document.querySelector("main img"), "hacked" in window])).toEqual([
        null,
        false,
      ]);
      const marks = await page.$$eval("#rows tr[data-no]", (rows) =>
        rows.map((row) => row.querySelector(".mark-of")?.textContent ?? ""),
      );
      expect(marks).toEqual(["", "", "not finite", "all zeros"]);
      expect(await value(page, "tile-problems")).toBe(2);
      expect(await text(page, "verdict")).toContain("1 row could not be measured rightly.");
    });
  });

  test("reads shards, external data and folders of files together, and says which one is missing", async () => {
    const index = fixture("model.safetensors.index.json");
    const shards = [1, 2].map((no) => fixture(`model-0000${no}-of-00002.safetensors`));
    await on(`?${ALL_COLUMNS}`, async ({ page }) => {
      await pick(page, "files", ...shards, index);
      await expectReport(page, { ...(await report(index)), file: "model.safetensors.index.json" });
      await pick(page, "files", index, shards[0] as string);
      expect(await over(page, "pick or drop them together")).toContain(
        '"model-00002-of-00002.safetensors" is not among those given',
      );
      await pick(page, "files", fixture("external.bin"), fixture("external.onnx"));
      await expectReport(page, { ...(await report(fixture("external.onnx"))), file: "external.onnx" });
      const keras = ["sharded.weights.json", "sharded_00000.weights.h5", "sharded_00001.weights.h5"].map(fixture);
      await pick(page, "files", ...keras);
      await expectReport(page, { ...(await report(keras[0] as string)), file: "sharded.weights.json" });
    });
  });

  test("offers each of several checkpoints", async () => {
    await on("", async ({ page }) => {
      await pick(
        page,
        "files",
        fixture("f4.npy"),
        fixture("floats.safetensors"),
        exampleFile("wgan-sn-critic.safetensors"),
      );
      await over(page, "f4.npy");
      const choices = await page.$$eval("#main-choice option", (options) =>
        options.map((option) => option.textContent),
      );
      expect(choices).toEqual(["f4.npy", "floats.safetensors", "wgan-sn-critic.safetensors"]);
      await page.select("#main-choice", "floats.safetensors");
      await over(page, "floats.safetensors");
      await page.click('[data-preset="critic"]');
      await over(page, "wgan-sn-critic.safetensors");
      expect(await page.$eval("#main-field", (field) => (field as HTMLElement).hidden)).toBe(true);
    });
  });

  test.each([
    [
      "something else",
      "notes.safetensors",
      new TextEncoder().encode("dear diary, this is not a model"),
      /notes\.safetensors: not a safetensors file: expected/,
    ],
    ["nothing", "empty.safetensors", new Uint8Array(0), /empty\.safetensors: not a safetensors file: expected/],
    [
      "a part",
      "part.safetensors",
      readFileSync(exampleFile("wgan-sn-critic.safetensors")).subarray(0, 9000),
      /part\.safetensors: .*expected/,
    ],
  ])("says what is wrong with %s", async (_what, file, bytes, message) => {
    await on("", async ({ page }) => {
      await pick(page, "files", temporary(file, bytes));
      expect(await over(page, file)).toMatch(message);
      expect(await page.$eval('[data-report="json"]', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
      await pick(page, "files", exampleFile("digits-classifier.safetensors"));
      expect(await over(page, "digits-classifier")).toContain("Nothing stands out.");
    });
  });
});
