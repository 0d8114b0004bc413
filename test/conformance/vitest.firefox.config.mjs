import { defineConfig } from "vitest/config";
import { puppeteer } from "./puppeteer-provider.mjs";
import { browserTest, executablePath, root } from "./vitest.shared.mjs";

const provider = puppeteer({ browser: "firefox", executablePath, headless: true });

export default defineConfig({ root, test: browserTest(provider, "firefox") });
