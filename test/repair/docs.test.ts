import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agrees, instrument, node, run } from "../docs/examples.ts";
import { blocksOf, readText, root } from "../docs/markdown.ts";

const document = readText("docs/repair.md");
const blocks = blocksOf(document);
const { bin } = JSON.parse(readText("package.json"));
const commands = blocks.flatMap(({ language, code }) => (language === "sh" ? code.trim().split("\n") : []));

function printed(command: string): Promise<string> {
  const [, program = "", args = ""] = /^npx (\S+) (.*)$/.exec(command) ?? [];
  mkdirSync(join(root, "build"), { recursive: true });
  return node([bin[program], ...args.split(" ")]);
}

async function expectStated(module: string, stated: number): Promise<void> {
  const { outcomes } = await run({ "example.mjs": module });
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(stated);
}

describe("docs/repair.md", () => {
  test.each(commands)("has a command that succeeds: %s", async (command) => {
    const text = await printed(command);
    const [, output] = / --output (\S+)/.exec(command) ?? [];
    expect(text).toMatch(/^examples\/data\//);
    if (output !== undefined) {
      expect(text).toContain(`Wrote ${output}, ${readFileSync(join(root, output)).length} bytes.`);
    }
  });

  test("shows what the second command prints", async () => {
    const [shown] = blocks.filter(({ language }) => language === "text");
    expect(await printed(commands[1] as string)).toBe(shown?.code);
  });

  test.each(blocks.filter(({ language }) => language === "js"))(
    "has a block, line $line, that gives what it states",
    async ({ code }) => {
      const module = instrument(code);
      await expectStated(module, module.split("__report(").length - 1);
    },
  );

  test("is of kinds that are tested, and names every function and command", () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(["sh", "text", "js"]));
    const entry = readText("ts/repair.ts");
    const functions = [...entry.matchAll(/\b(\w+Checkpoints?)\b(?=[ ,}]).*from "\.\/checkpoint\/repair/g)].map(
      ([, name]) => name,
    );
    expect(functions.length).toBeGreaterThan(2);
    for (const name of functions) expect(document).toContain(`\`${name}\``);
    expect(commands.map((command) => command.split(" ")[2])).toEqual(
      expect.arrayContaining(["normalize", "clip", "bake", "strip", "diff"]),
    );
  });
});

const sources = ["diff", "stored", "weights"].map((name) => readText(`ts/checkpoint/repair/${name}.ts`)).join("\n");
const examples = [...sources.matchAll(/@example (.*)/g)].map(([, code = ""]) => code);

/** A file of one tensor, and the functions, which the examples call by these names. */
const HEAD = `
import { load } from "spectral-norm";
import { bakeCheckpoint, clipCheckpoint, diffCheckpoints, normalizeCheckpoint, stripCheckpoint } from "spectral-norm/repair";

const engine = await load();
const header = JSON.stringify({ w: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] } });
const file = new Uint8Array(8 + header.length + 16);
new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
file.set(new TextEncoder().encode(header), 8);
file.set(new Uint8Array(Float32Array.of(3, 0, 0, 4).buffer), 8 + header.length);
`;

test("every @example gives what it states", async () => {
  expect(examples).toHaveLength(5);
  const run = examples.map((code) => `await (async () => { ${instrument(code)} })();`);
  await expectStated(`${HEAD}\n${run.join("\n")}`, examples.length);
});

test.each(["normalizeCheckpoint", "clipCheckpoint", "bakeCheckpoint", "stripCheckpoint", "diffCheckpoints"])(
  "%s has an @example",
  (name) => {
    expect(sources).toMatch(new RegExp(`@example[^\\n]*\\n \\*/\\nexport async function ${name}\\(`));
  },
);
