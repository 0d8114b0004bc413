import { describe, expect, test } from "vitest";
import { agrees, instrument, run } from "../docs/examples.ts";
import { blocksOf, readText } from "../docs/markdown.ts";

async function expectStated(module: string, stated: number): Promise<void> {
  const { outcomes } = await run({ "example.mjs": module });
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(stated);
}

const sources = ["create", "norms", "types"].map((name) => readText(`ts/model/${name}.ts`));
const examples = sources.flatMap((text) => [...text.matchAll(/@example (.*)/g)].map(([, code = ""]) => code));

test("every @example gives what it states", async () => {
  expect(examples).toHaveLength(3);
  const blocks = examples.map((code) => `await (async () => { ${instrument(code)} })();`);
  const head =
    'import { createModelNormalization, spectralNorms } from "spectral-norm/model";\n' +
    'const model = await createModelNormalization({ "fc.weight": [1, 2] });';
  await expectStated(`${head}\n${blocks.join("\n")}`, examples.length);
});

describe("docs/model.md", () => {
  const blocks = blocksOf(readText("docs/model.md")).filter(({ language }) => language === "js");

  test.each(blocks)("has a block, line $line, that gives what it states", async ({ code }) => {
    const module = instrument(code);
    await expectStated(module, module.split("__report(").length - 1);
  });
});
