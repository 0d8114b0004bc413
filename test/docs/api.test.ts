import { readdirSync } from "node:fs";
import { join } from "node:path";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { agrees, instrument, run } from "./examples.ts";
import { readText, root } from "./markdown.ts";

/** Results that a comment puts in words. */
const inWords: Readonly<Record<string, (value: string) => void>> = {
  "5 rising estimates of 2": (value) => {
    const [name, ...estimates] = value.replace(/[[\],]/g, "").split(" ");
    const numbers = estimates.map(Number);
    expect(name).toBe("Float64Array");
    expect(numbers).toHaveLength(5);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBeLessThanOrEqual(2);
    expect(numbers.at(-1)).toBeGreaterThan(1.999);
  },
};

interface Example {
  readonly file: string;
  readonly code: string;
}

function examplesIn(file: string): Example[] {
  return [...readText(file).matchAll(/@example (.*)/g)].map(([, code = ""]) => ({ file, code }));
}

const types = ["ts/types.ts", ...readdirSync(join(root, "ts/types")).map((name) => `ts/types/${name}`)];

const examples = [...types, "ts/index.ts", "ts/node.ts", "ts/slim.ts", "ts/workerd.ts", "ts/edge-light.ts"].flatMap(
  examplesIn,
);

/** An example has the functions at hand, and an engine unless it makes one. */
function moduleOf({ file, code }: Example): string {
  const entry = file === "ts/slim.ts" ? "spectral-norm/slim" : "spectral-norm";
  const names = Object.keys(engine).filter((name) => name !== "matrix");
  const head = `import { load, ${names.join(", ")} } from "${entry}";`;
  const needsEngine = code.includes("engine.") && !code.includes("const engine");
  return `${head} ${needsEngine ? "const engine = await load();" : ""}\n${instrument(code)}\n`;
}

const engine = await load();

describe("an @example", () => {
  test.each(examples)("of $file gives what it states: $code", async (example) => {
    const { outcomes } = await run({ "example.js": moduleOf(example) });
    expect(outcomes).toHaveLength(example.code.includes(" // ") ? 1 : 0);
    for (const outcome of outcomes) {
      const judge = inWords[outcome.stated];
      if (judge !== undefined) judge(outcome.actual);
      else if (!agrees(outcome)) expect(outcome.actual).toBe(outcome.stated);
    }
  });

  test("documents every function", () => {
    const text = types.map(readText).join("\n");
    for (const name of Object.keys(engine)) {
      const declaration = new RegExp(`@example[^/]*(?:\\*(?!/)[^/]*|//[^/]*)*\\*/\\s+${name}[<(]`);
      expect(text, name).toMatch(declaration);
    }
  });
});
