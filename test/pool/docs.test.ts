import { describe, expect, test } from "vitest";
import { agrees, instrument, run } from "../docs/examples.ts";
import { blocksOf, readText } from "../docs/markdown.ts";

async function expectStated(module: string, stated: number): Promise<void> {
  const { outcomes } = await run({ "example.mjs": module });
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(stated);
}

const sources = ["ts/pool/create.ts", "ts/pool/types.ts"].map(readText);
const examples = sources.flatMap((text) => [...text.matchAll(/@example (.*)/g)].map(([, code = ""]) => code));

test("every @example gives what it states", async () => {
  expect(examples).toHaveLength(5);
  const blocks = examples.map((code) => `await (async () => { ${instrument(code)} })();`);
  const head = `import { createPool } from "spectral-norm/pool";\nconst pool = await createPool({ workers: 1 });`;
  await expectStated(`${head}\n${blocks.join("\n")}`, examples.length);
});

test.each(["createPool", "spectralNorm", "dominantTriplet", "spectralNorms", "with"])("%s has an @example", (name) => {
  const declaration = new RegExp(`@example[^\\n]*\\n +\\*/\\n(export async function )? *${name}[<(]`);
  expect(sources.join("\n")).toMatch(declaration);
});

describe("docs/pool.md", () => {
  const blocks = blocksOf(readText("docs/pool.md")).filter(({ language }) => language === "js");

  test.each(blocks)("has a block, line $line, that gives what it states", async ({ code }) => {
    const module = instrument(code);
    await expectStated(module, module.split("__report(").length - 1);
  });
});
