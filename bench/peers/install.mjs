import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { say } from "../harness.mjs";

function readPackage(path) {
  const url = new URL(`../${path}`, import.meta.url);
  return existsSync(url) ? JSON.parse(readFileSync(url, "utf8")) : {};
}

/** The version that is installed in bench/node_modules, or in that of the project. */
export function versionOf(name) {
  const places = ["node_modules", "../node_modules"];
  return places.map((place) => readPackage(`${place}/${name}/package.json`).version).find(Boolean);
}

/** Installs the peers of bench/package.json, unless they are there. */
export function installPeers() {
  const { dependencies } = readPackage("package.json");
  const stale = ([name, version]) => readPackage(`node_modules/${name}/package.json`).version !== version;
  if (!Object.entries(dependencies).some(stale)) return;
  say("Installing the peers of bench/package.json with npm ci …");
  const cwd = fileURLToPath(new URL("../", import.meta.url));
  execFileSync("npm", ["ci"], { cwd, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
}
