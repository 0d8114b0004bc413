import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoadError, SpectralNormError } from "spectral-norm";
import { load } from "spectral-norm/tfjs";
import { expect, test } from "vitest";
import { node } from "../docs/examples.ts";
import { root } from "../docs/markdown.ts";
import { adapter, errorOf, tf } from "./support.ts";

test("one adapter for one TensorFlow.js, whether it is passed or imported", async () => {
  expect(await load(tf)).toBe(adapter);
  expect(await load()).toBe(adapter);
});

test.each([
  [null, "null"],
  [{}, "{}"],
  [{ layers: {} }, "{ layers }"],
])("%j is no TensorFlow.js", async (value, got) => {
  const error = await load(value as never).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "TYPE", message: `"tf" expected the module @tensorflow/tfjs, got ${got}` });
});

test("errors are those of the package itself, of which there is one copy", () => {
  const error = errorOf(() => adapter.constraints.weightClip({ c: 0 }));
  expect(error).toBeInstanceOf(SpectralNormError);
});

test("without TensorFlow.js the error says what to install", async () => {
  // A folder outside of the project, where the package is installed and TensorFlow.js is not.
  const folder = mkdtempSync(join(tmpdir(), "spectral-norm-"));
  try {
    for (const name of ["package.json", "dist"]) {
      cpSync(join(root, name), join(folder, "node_modules/spectral-norm", name), { recursive: true });
    }
    const script =
      'import { load } from "spectral-norm/tfjs"; load().catch(({ name, code, message, cause }) => console.log(JSON.stringify({ name, code, message, cause: cause.code })));';
    writeFileSync(join(folder, "main.mjs"), script);
    const printed = JSON.parse(await node([join(folder, "main.mjs")]));
    expect(printed).toMatchObject({ name: LoadError.prototype.name, code: "LOAD" });
    expect(printed.message).toMatch(
      /^spectral-norm\/tfjs needs the package @tensorflow\/tfjs 4\.22.*install it, or pass yours to load\(tf\)$/,
    );
    expect(printed.cause).toMatch(/MODULE_NOT_FOUND/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
