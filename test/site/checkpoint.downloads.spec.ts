import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { load } from "spectral-norm";
import { audit, renderCsv, renderHtml, renderJson, renderMarkdown } from "spectral-norm/audit";
import { bakeCheckpoint, normalizeCheckpoint } from "spectral-norm/repair";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { version } from "../../package.json";
import { float32, safetensors } from "../checkpoint/writer.ts";
import { exampleFile, over, pick, temporary, visitCheckpoint } from "./checkpoint.helpers.ts";
import { BROWSERS, eventually, open, patiently, text } from "./pages.ts";

const engine = await load();

/** Keeps what the page would save. */
function catchDownloads(): void {
  const saved: { name: string; blob: Blob }[] = [];
  const blobs = new Map<string, Blob>();
  Object.assign(globalThis, { saved });
  const create = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob: Blob) => {
    const address = create(blob);
    blobs.set(address, blob);
    return address;
  };
  HTMLAnchorElement.prototype.click = function click() {
    saved.push({ name: this.download, blob: blobs.get(this.href) as Blob });
  };
}

/** What was saved so far, as bytes, by name. */
async function downloads(page: Page): Promise<Record<string, Buffer>> {
  const encoded = await page.evaluate(async () => {
    const { saved } = globalThis as unknown as { saved: { name: string; blob: Blob }[] };
    const read = async ({ name, blob }: { name: string; blob: Blob }) => {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return [name, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))] as const;
    };
    return await Promise.all(saved.map(read));
  });
  return Object.fromEntries(encoded.map(([name, base64]) => [name, Buffer.from(base64, "base64")]));
}

const press = (page: Page, selector: string): Promise<void> =>
  page.$eval(selector, (button) => (button as HTMLButtonElement).click());

/** A page on which a file has been audited, and whose downloads are kept. */
async function audited(browser: Browser, ...paths: readonly string[]) {
  const visited = await visitCheckpoint(browser, "", catchDownloads);
  await over(visited.page, "wgan-sn-critic");
  await pick(visited.page, "files", ...paths);
  await over(visited.page, basename(paths[0] ?? ""));
  return visited;
}

describe.each(BROWSERS)("downloads of the checkpoint page in %s", (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await open(name, "light");
  });
  afterAll(() => browser?.close());

  test("reports are those of the package", async () => {
    const tensors = { "a|b": float32([2, 2], [3, 0, 0, 4]), n: float32([1, 2], [Number.NaN, 0]) };
    const path = temporary("odd name.safetensors", safetensors(tensors));
    const { page, complaints } = await audited(browser, path);
    const report = { ...(await audit(path, { detail: {} })), file: "odd name.safetensors" };
    const wanted = {
      html: await renderHtml([report], new Map(), version),
      json: renderJson([report], version),
      csv: renderCsv([report]),
      markdown: renderMarkdown([report], new Map()),
    };
    // Decimal logarithms differ in their last digits from one JavaScript to the next.
    const rounded = (words: string) => words.replaceAll(/\d+\.\d{13,}/g, (digits) => Number(digits).toPrecision(12));
    for (const [kind, wantedText] of Object.entries(wanted)) {
      await press(page, `[data-report="${kind}"]`);
      const file = `odd name.norms.${kind === "markdown" ? "md" : kind}`;
      const got = (
        await eventually(
          () => downloads(page),
          (all) => file in all,
        )
      )[file];
      expect(rounded(got?.toString("utf8") ?? "")).toBe(rounded(wantedText));
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a normalized checkpoint is that of the package, and has norms of 1", async () => {
    const path = exampleFile("digits-classifier.safetensors");
    const { page, complaints } = await audited(browser, path);
    expect(await page.$eval('[data-repair="baked"]', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await press(page, '[data-repair="normalized"]');
    const file = "digits-classifier.normalized.safetensors";
    const got = (
      await patiently(
        () => downloads(page),
        (all) => file in all,
      )
    )[file] as Buffer;
    expect(await text(page, "writing")).toBe("Written.");
    const { files } = await normalizeCheckpoint(engine, new Uint8Array(readFileSync(path)), {});
    expect(got.equals(Buffer.from((await files[0]?.blob?.arrayBuffer()) as ArrayBuffer))).toBe(true);
    const { tensors } = await audit(new Uint8Array(got));
    expect(tensors.length).toBeGreaterThan(3);
    for (const { spectralNorm } of tensors) expect(Math.abs((spectralNorm ?? 0) - 1)).toBeLessThan(2e-6);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("what keeps spectral normalization is freed of it, as the network uses it or with norms of 1", async () => {
    const path = exampleFile("wgan-sn-critic.safetensors");
    const { page } = await audited(browser, path);
    await press(page, '[data-repair="baked"]');
    const baked = "wgan-sn-critic.baked.safetensors";
    const got = (
      await patiently(
        () => downloads(page),
        (all) => baked in all,
      )
    )[baked] as Buffer;
    const { files } = await bakeCheckpoint(engine, new Uint8Array(readFileSync(path)), {});
    expect(got.equals(Buffer.from((await files[0]?.blob?.arrayBuffer()) as ArrayBuffer))).toBe(true);
    await press(page, '[data-repair="normalized"]');
    const normalized = "wgan-sn-critic.normalized.safetensors";
    const one = (
      await patiently(
        () => downloads(page),
        (all) => normalized in all,
      )
    )[normalized] as Buffer;
    const { tensors } = await audit(new Uint8Array(one));
    expect(tensors.map(({ name: weight }) => weight)).toEqual([
      "conv1.weight",
      "conv2.weight",
      "conv3.weight",
      "dense.weight",
    ]);
    for (const { spectralNorm } of tensors) expect(Math.abs((spectralNorm ?? 0) - 1)).toBeLessThan(2e-6);
    await page.close();
  });

  test("shards are written as shards, and what is not finite not at all", async () => {
    const [first, second] = ["m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors"] as const;
    const index = JSON.stringify({ metadata: {}, weight_map: { a: first, b: second } });
    const shards = [
      temporary("m.safetensors.index.json", new TextEncoder().encode(index)),
      temporary(first, safetensors({ a: float32([2, 2], [3, 0, 0, 4]) })),
      temporary(second, safetensors({ b: float32([1, 2], [3, 4]) })),
    ];
    const { page } = await audited(browser, ...shards);
    await press(page, '[data-repair="normalized"]');
    const all = await eventually(
      () => downloads(page),
      (seen) => Object.keys(seen).length === 3,
    );
    expect(Object.keys(all).sort()).toEqual([first, second, "m.safetensors.index.json"].sort());
    const companion = (shard: string) => new Uint8Array(all[shard] as Buffer);
    const { tensors } = await audit(companion("m.safetensors.index.json"), { checkpoint: { companion } });
    expect(tensors.map(({ spectralNorm }) => spectralNorm?.toFixed(6))).toEqual(["1.000000", "1.000000"]);
    await pick(page, "files", temporary("bad.safetensors", safetensors({ w: float32([1, 2], [Number.NaN, 1]) })));
    await over(page, "bad.safetensors");
    await press(page, '[data-repair="normalized"]');
    const said = await eventually(
      () => text(page, "writing"),
      (words) => words.startsWith("Nothing was written"),
    );
    expect(said).toMatch(/bad\.safetensors.*"w".*row 0, column 0/);
    await page.close();
  });
});
