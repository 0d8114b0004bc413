import { describe, expect, test } from "vitest";
import { agrees, instrument, run } from "../docs/examples.ts";
import { blocksOf, readText } from "../docs/markdown.ts";

/** Runs code that states results, and expects them. */
async function expectStated(code: string): Promise<void> {
  const { outcomes } = await run({ "example.js": code });
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(code.split("__report(").length - 1);
  expect(outcomes.length).toBeGreaterThan(0);
}

const blocks = blocksOf(readText("docs/tfjs.md")).filter(({ language }) => language === "js");

test.each(blocks)("docs/tfjs.md, line $line", ({ code }) => expectStated(instrument(code)));

describe("an @example", () => {
  const text = ["ts/tfjs.ts", "ts/tfjs/types.ts"].map(readText).join("\n");
  const examples = [...text.matchAll(/@example (.*)/g)].map(([, code = ""]) => code);
  const head = `import * as tf from "@tensorflow/tfjs"; import { load } from "spectral-norm/tfjs";
const { constraints, regularizers, layers, bake, guard, gradientPenalty, wassersteinLoss } = await load(tf);\n`;

  test.each(examples)("gives what it states: %s", (code) => expectStated(head + instrument(code)));

  test("documents every function", () => {
    const names = [...text.matchAll(/^ {2}(\w+)(?:<[^>]*>)?\([^)]*\): /gm)].map(([, name]) => name);
    expect(names).toHaveLength(examples.length - 1);
  });
});
