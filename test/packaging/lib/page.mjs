/**
 * A static server for the apps' files and a Chromium that opens them.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { CHROMIUM_ARGUMENTS, findBrowser } from "../../conformance/drivers/browsers.mjs";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const PATIENCE = 20_000;

/** Files of the folder alone: `URL` has resolved every `..` of a path before it is joined. */
function answer(folder, policy) {
  return async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const headers = { "content-type": TYPES[extname(pathname)] ?? "application/octet-stream" };
    if (policy !== undefined) headers["content-security-policy"] = policy;
    try {
      const body = await readFile(join(folder, decodeURIComponent(pathname)));
      response.writeHead(200, headers).end(body);
    } catch {
      response.writeHead(404).end();
    }
  };
}

async function serve(folder, policy) {
  const server = createServer(answer(folder, policy));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first line of the page's console that is an app's answer; an error of the page is one, too. */
function answerOf(page) {
  return new Promise((resolve, reject) => {
    const said = [];
    const stop = setTimeout(() => reject(new Error(`the page gave no answer; it said: ${said.join("\n")}`)), PATIENCE);
    const finish = (settle, value) => {
      clearTimeout(stop);
      settle(value);
    };
    page.on("console", (message) => {
      said.push(message.text());
      if (/^(?:sigma|refused) /.test(message.text())) finish(resolve, message.text());
    });
    page.on("pageerror", (error) => finish(reject, error));
  });
}

/** Chromium for all pages of a run. */
export async function openChromium() {
  const executablePath = findBrowser("chromium");
  const { chromium } = await import("playwright");
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  return {
    close: () => browser.close(),
    /** What the page at `path` below `folder` says, served with a Content-Security-Policy if one is given. */
    async open(folder, path, policy) {
      const server = await serve(folder, policy);
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        const said = answerOf(page);
        const [answered] = await Promise.all([said, page.goto(`${server.origin}/${path}`)]);
        return answered;
      } finally {
        await context.close();
        await server.close();
      }
    },
  };
}
