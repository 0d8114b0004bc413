import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_ARGUMENTS } from "./drivers/browsers.mjs";
import { browserTest, executablePath, root } from "./vitest.shared.mjs";

const provider = playwright({ launchOptions: { executablePath, args: CHROMIUM_ARGUMENTS } });

export default defineConfig({ root, test: browserTest(provider, "chromium") });
