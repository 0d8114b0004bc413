/**
 * The browsers of this machine. CHROMIUM and FIREFOX in the environment say where they are if they are elsewhere.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { findExecutable } from "./executables.mjs";

/** A container has no user namespaces for the sandbox, no GPU, and no business on the network. */
export const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  firefox: ["firefox-esr", "firefox"],
};

const PLACES = {
  chromium: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  firefox: ["/Applications/Firefox.app/Contents/MacOS/firefox"],
};

/** The path of a browser's executable, or `undefined`. */
export function findBrowser(name) {
  return findExecutable(name.toUpperCase(), NAMES[name], PLACES[name]);
}

/** What `--version` prints, e.g. "Mozilla Firefox 153.7.0esr". */
export function browserVersion(path) {
  return execFileSync(path, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
