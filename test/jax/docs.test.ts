import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { instrument, node, type Outcome, run } from "../docs/examples.ts";
import { blocksOf, readText, root, rowsOf } from "../docs/markdown.ts";
import { adapter } from "./support.ts";

const document = readText("docs/jax.md");
const names = Object.keys(adapter);

/** Names and sources of the functions of `spectral-norm/jax`. */
const sources = readdirSync(join(root, "ts/jax")).map((name) => readText(`ts/jax/${name}`));
const examples = sources.flatMap((text) => [...text.matchAll(/@example (.*)/g)].map(([, code = ""]) => code));

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]\d+)?/g;

/** Whether a value is what was stated, numbers but for float32's rounding. */
function agrees({ stated, actual }: Outcome): boolean {
  const numbers = [stated, actual].map((text) => (text.match(NUMBER) ?? []).map(Number));
  const worst = Math.max(0, ...(numbers[0] ?? []).map((x, i) => Math.abs(x - (numbers[1]?.[i] ?? Number.NaN))));
  return stated.replaceAll(NUMBER, "#") === actual.replaceAll(NUMBER, "#") && worst < 2e-6;
}

/** What came instead of what is stated, and that all of it came. */
async function expectStated(module: string, stated: number): Promise<void> {
  const { outcomes } = await run({ "example.mjs": module });
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(stated);
}

test("every @example gives what it states", async () => {
  expect(examples.length).toBeGreaterThanOrEqual(names.length);
  const blocks = examples.map((code) => `await (async () => { ${instrument(code)} })();`);
  const head = `import { numpy as np, random, tree } from "@jax-js/jax";\nimport { ${names} } from "spectral-norm/jax";`;
  await expectStated(`${head}\n${blocks.join("\n")}`, examples.length);
});

test("every function has an @example", () => {
  const text = sources.join("\n");
  for (const name of names) {
    expect(text, name).toMatch(new RegExp(`@example[^\\n]*\\n \\*/\\nexport (async )?function ${name}\\b`));
  }
});

describe("docs/jax.md", () => {
  const blocks = blocksOf(document).filter(({ language }) => language === "js");

  test.each(blocks)("has a block, line $line, that gives what it states", async ({ code }) => {
    const module = instrument(code);
    await expectStated(module, module.split("__report(").length - 1);
  });

  test("has every function in its table, and no other", () => {
    const cells = rowsOf(document).map(([first = ""]) => first);
    const listed = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)\(/g)].map(([, name = ""]) => name));
    expect(listed.sort()).toEqual([...names].sort());
  });
});

test("without jax-js the import fails, names it, and leaves the rest of the package alone", async () => {
  // Outside of the project, whose node_modules has jax-js.
  const folder = mkdtempSync(join(tmpdir(), "no-jax-"));
  try {
    const home = join(folder, "node_modules", "spectral-norm");
    mkdirSync(home, { recursive: true });
    for (const name of ["package.json", "dist"]) cpSync(join(root, name), join(home, name), { recursive: true });
    const script = `
      const { code, message } = await import("spectral-norm/jax").catch((error) => error);
      const { spectralNorm } = await import("spectral-norm");
      console.log(JSON.stringify({ code, message, sigma: await spectralNorm([[3, 0], [0, 4]]) }));`;
    writeFileSync(join(folder, "main.mjs"), script);
    const result = JSON.parse(await node([join(folder, "main.mjs")]));
    expect(result).toMatchObject({ code: "ERR_MODULE_NOT_FOUND", sigma: 4 });
    expect(result.message).toContain("Cannot find package '@jax-js/jax'");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
