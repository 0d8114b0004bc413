import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { agrees, instrument, run } from "../docs/examples.ts";
import { blocksOf, readText, root } from "../docs/markdown.ts";

/** What came instead of what is stated, and that all of it came. */
async function expectStated(module: string, stated: number): Promise<void> {
  const { outcomes } = await run({ "example.mjs": module });
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(stated);
}

const files = readdirSync(join(root, "ts/checkpoint"), { withFileTypes: true }).filter((entry) => entry.isFile());
const others = ["ts/checkpoint/streamed/question.ts", "ts/audit.ts"];
const sources = [...files.map(({ name }) => `ts/checkpoint/${name}`), ...others].map(readText);
const examples = sources.flatMap((text) => [...text.matchAll(/@example (.*)/g)].map(([, code = ""]) => code));

/** A file of one tensor, which the examples call by these names. */
const HEAD = `
import { audit, openAudit, partSum } from "spectral-norm/audit";
import { openCheckpoint } from "spectral-norm/checkpoint";

const header = JSON.stringify({ w: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] } });
const file = new Uint8Array(8 + header.length + 16);
new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
file.set(new TextEncoder().encode(header), 8);
file.set(new Uint8Array(Float32Array.of(3, 0, 0, 4).buffer), 8 + header.length);
const bytes = file;
const checkpoint = await openCheckpoint(file);
const opened = await openAudit(bytes, { memory: 0 });
const [job] = opened.jobs;
const vectors = [Float64Array.of(1, 1)];
const question = { kind: "product", adjoint: false, factor: 1, vectors, facts: "none", sides: [2, 2] };
`;

test("every @example gives what it states", async () => {
  expect(examples).toHaveLength(6);
  const blocks = examples.map((code) => `await (async () => { ${instrument(code)} })();`);
  await expectStated(`${HEAD}\n${blocks.join("\n")}`, examples.length);
});

test.each(["openCheckpoint", "read", "blocks", "audit", "openAudit", "partSum"])("%s has an @example", (name) => {
  expect(sources.join("\n")).toMatch(
    new RegExp(`@example[^\\n]*\\n +\\*/\\n(export (?:async )?function )? *${name}\\(`),
  );
});

describe.each(["docs/checkpoint.md", "docs/audit.md"])("%s", (document) => {
  const blocks = blocksOf(readText(document)).filter(({ language }) => language === "js");

  test.each(blocks)("has a block, line $line, that gives what it states", async ({ code }) => {
    const module = instrument(code);
    await expectStated(module, module.split("__report(").length - 1);
  });
});
