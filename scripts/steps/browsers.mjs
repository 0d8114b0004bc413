import { findBrowser } from "../../test/conformance/drivers/browsers.mjs";
import { installFromDebian } from "./debian.mjs";

const PACKAGES = { chromium: "chromium", firefox: "firefox-esr" };

/** Installs the browsers that are missing, where that can be done without asking anybody. */
export async function installBrowsers() {
  const missing = Object.keys(PACKAGES).filter((browser) => findBrowser(browser) === undefined);
  if (missing.length === 0) return;
  const remedy = `${missing.join(" and ")} not found: install them, or name their executables in CHROMIUM and FIREFOX.`;
  const packages = missing.map((browser) => PACKAGES[browser]);
  await installFromDebian("browsers", packages, remedy);
}
