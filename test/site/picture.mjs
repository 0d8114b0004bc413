/**
 * `node test/site/picture.mjs`: docs/pictures/gan-lab.png and gan-lab-dark.png, the lab after a real run in Chromium. The site
 * is built anew, and the run is the one of the address below: it takes as long as it takes.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "puppeteer-core";
import { build, preview } from "vite";
import { CHROMIUM_ARGUMENTS, findBrowser } from "../conformance/drivers/browsers.mjs";

const STEPS = 400;
const QUERY = `gan-lab/?layers=real_samples_grid&until=${STEPS}`;
const WIDTH = 1040;

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const configFile = path("../../examples/site/vite.config.mjs");

/** From the first row of panels to the end of the first row of curves. */
async function cut(page) {
  return page.evaluate(() => {
    const top = document.querySelector("#runs").getBoundingClientRect().top + scrollY;
    const bottom = document.querySelector(".curves .panel").getBoundingClientRect().bottom + scrollY;
    return { y: top - 16, height: bottom - top + 32 };
  });
}

/** Trains, and waits until everything of the last step is drawn. */
async function train(page) {
  const steps = `[...document.querySelectorAll(".run .status")].map((run) => run.textContent)`;
  await page.waitForFunction(`${steps}.join() === "0,0,0"`, { timeout: 0 });
  await page.click("#start");
  await page.waitForFunction(`${steps}.every((step) => step === "${STEPS}")`, { timeout: 0 });
  await page.waitForFunction(`document.querySelector("#start").textContent === "Start"`, { timeout: 0 });
}

async function take(page, scheme, name) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  // Curves are drawn a little later than the panels.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const clip = { x: 0, width: WIDTH, ...(await cut(page)) };
  const picture = await page.screenshot({ clip, captureBeyondViewport: true });
  writeFileSync(path(`../../docs/pictures/${name}`), picture);
  console.log(`docs/pictures/${name}: ${Math.round(picture.length / 1000)} kB`);
}

async function main() {
  const executablePath = findBrowser("chromium");
  if (executablePath === undefined) throw new Error("chromium is not installed");
  await build({ configFile });
  const server = await preview({ configFile, preview: { host: "127.0.0.1", port: 4610 } });
  // A run may take minutes on a busy machine.
  const browser = await launch({ executablePath, args: CHROMIUM_ARGUMENTS, headless: true, protocolTimeout: 0 });
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: 1400 });
  await page.goto(new URL(QUERY, server.resolvedUrls.local[0]).href);
  await train(page);
  await take(page, "light", "gan-lab.png");
  await take(page, "dark", "gan-lab-dark.png");
  await browser.close();
  await server.close();
}

await main();
