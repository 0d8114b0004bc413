import { parseArgs } from "node:util";
import { Failure, report } from "./lib/failure.mjs";
import { at } from "./lib/paths.mjs";
import { setUp } from "./setup.mjs";

/**
 * `npm run examples`: builds the site of examples/site and serves it. With --build it only builds, into
 * examples/site/dist, which any static host can serve, below any path.
 */
const USAGE = "Usage: npm run examples [-- --build] [-- --port NUMBER]";

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { build: { type: "boolean" }, port: { type: "string", default: "4173" } },
    });
    const port = Number(values.port);
    if (Number.isInteger(port) && port >= 0 && port < 65_536) return { ...values, port };
  } catch {
    // Said below, as of any other wrong argument.
  }
  throw new Failure(USAGE);
}

async function main() {
  const { build: only, port } = readOptions();
  await setUp();
  // Vite is there only after the set-up.
  const { build, preview } = await import("vite");
  const configFile = at("examples", "site", "vite.config.mjs");
  await build({ configFile });
  console.log("examples/site/dist is built");
  if (only) return;
  const server = await preview({ configFile, preview: { port } });
  console.log(`${server.resolvedUrls.local[0]} (Ctrl+C ends it)`);
}

await main().catch(report);
