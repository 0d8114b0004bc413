/** What the configurations of the three kinds of vitest run have in common. */
import { fileURLToPath } from "node:url";

// vitest's reporter groups the errors it prints by this, which Node 20 lacks: without it a failure could not say what failed.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

export const root = fileURLToPath(new URL("../../", import.meta.url));

export const include = ["test/conformance/conformance.spec.mjs"];

/** The browser's executable, found by the command that starts vitest. */
export const executablePath = process.env.CONFORMANCE_BROWSER;

export function browserTest(provider, browser) {
  return {
    include,
    browser: { enabled: true, headless: true, screenshotFailures: false, provider, instances: [{ browser }] },
  };
}
