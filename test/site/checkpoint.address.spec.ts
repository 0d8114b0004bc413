import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "puppeteer-core";
import { audit } from "spectral-norm/audit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_COLUMNS, exampleFile, expectReport, fixture, over, PAGE, pick } from "./checkpoint.helpers.ts";
import { BROWSERS, eventually, onPage, open, type Visit, visit } from "./pages.ts";

const files: Readonly<Record<string, string>> = {
  "critic.safetensors": exampleFile("wgan-sn-critic.safetensors"),
  "model.safetensors.index.json": fixture("model.safetensors.index.json"),
  "model-00001-of-00002.safetensors": fixture("model-00001-of-00002.safetensors"),
  "model-00002-of-00002.safetensors": fixture("model-00002-of-00002.safetensors"),
};

/** What was asked of the other site. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
}

/** Another site, which lets pages read from `/open/` by ranges, from `/whole/` without, and from `/closed/` not at all. */
function answer(request: IncomingMessage, response: ServerResponse, asked: Asked[]): void {
  const { method = "", url = "", headers } = request;
  asked.push({ method, path: url, range: headers.range });
  const [, site = "", name = ""] = /^\/(\w+)\/(.*)$/.exec(url) ?? [];
  const path = files[name];
  if (site !== "closed") {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "content-range, etag");
  }
  if (path === undefined || method !== "GET") {
    response.writeHead(404).end();
    return;
  }
  const bytes = readFileSync(path);
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
  if (site === "whole" || from === undefined) {
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    return;
  }
  const end = Math.min(bytes.length, Number(to) + 1);
  const range = `bytes ${from}-${end - 1}/${bytes.length}`;
  response.writeHead(206, { "content-range": range, etag: '"1"' }).end(bytes.subarray(Number(from), end));
}

describe.each(BROWSERS)("the checkpoint page reads addresses in %s", (name) => {
  let browser: Browser;
  let server: Server;
  let origin = "";
  const asked: Asked[] = [];
  beforeAll(async () => {
    browser = await open(name, "light");
    server = createServer((request, response) => answer(request, response, asked));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const query = (path: string) => `?url=${encodeURIComponent(`${origin}/${path}`)}&${ALL_COLUMNS}`;

  test("of another site by ranges, without asking for permissions that it may not give", async () => {
    asked.length = 0;
    const path = exampleFile("wgan-sn-critic.safetensors");
    const { page, complaints } = await visit(browser, `${PAGE}${query("open/critic.safetensors")}`);
    const report = await audit(path, { detail: { certainty: "auto", values: 5 } });
    await expectReport(page, { ...report, file: `${origin}/open/critic.safetensors` });
    expect(asked.length).toBeGreaterThan(4);
    // A request for permission would have another method.
    expect(asked.filter(({ method, range }) => method !== "GET" || range === undefined)).toEqual([]);
    // The other site knows what it is asked; who watches a browser hears of its workers' requests late, and not of all.
    const before = asked.length;
    await pick(page, "files", exampleFile("digits-classifier.safetensors"));
    await over(page, "digits-classifier");
    expect(asked).toHaveLength(before);
    expect(complaints.filter((complaint) => !complaint.startsWith(origin))).toEqual([]);
    await eventually(
      () => page.evaluate(() => location.search),
      (search) => !search.includes("url"),
    );
    await page.close();
  });

  test("of shards beside their index, and of servers that know no ranges", async () => {
    const index = fixture("model.safetensors.index.json");
    const report = await audit(index, { detail: { certainty: "auto", values: 5 } });
    const { page } = await visit(browser, `${PAGE}${query("open/model.safetensors.index.json")}`);
    await expectReport(page, { ...report, file: `${origin}/open/model.safetensors.index.json` });
    await page.$eval(
      "#url",
      (input, to) => ((input as HTMLInputElement).value = to),
      `${origin}/whole/critic.safetensors`,
    );
    await page.click("#address button");
    expect(await over(page, "whole/critic.safetensors")).toContain("4 rows from 16 tensors");
    await page.close();
  });

  test.each([
    [
      "a site that lets no page read",
      "closed/critic.safetensors",
      /the request failed: .*only where that site allows it \(CORS\).*npx spectral-norm audit/,
    ],
    [
      "a file that is not there",
      "open/none.safetensors",
      /none\.safetensors: expected a file, got the answer 404 Not Found/,
    ],
  ])("and says why not, of %s", async (_what, path, message) => {
    const { page } = await visit(browser, `${PAGE}${query(path)}`);
    expect(await over(page, path)).toMatch(message);
    await page.close();
  });

  test("and takes for none what is none", async () => {
    await onPage(browser, `${PAGE}?url=javascript:alert(1)`, async ({ page }: Visit) => {
      expect(await over(page, "wgan-sn-critic")).toContain("4 rows");
      await page.focus("#url");
      await page.keyboard.type("ftp://example.org/model");
      await page.keyboard.press("Enter");
      expect(await page.$eval("#url", (input) => (input as HTMLInputElement).validity.valid)).toBe(false);
      expect(await over(page, "wgan-sn-critic")).toContain("4 rows");
    });
  });
});
