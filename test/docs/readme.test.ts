import { describe, expect, test } from "vitest";
import { agrees, instrument, node, type Outcome, run } from "./examples.ts";
import { type Block, blocksOf, readText } from "./markdown.ts";

const readme = readText("README.md");
const blocks = blocksOf(readme);
const named = new Map(blocks.filter(({ file }) => file !== undefined).map((block) => [block.file, block]));

function codeOf(file: string): string {
  const block = named.get(file);
  if (block === undefined) throw new Error(`README.md has no block that begins with // ${file}`);
  return instrument(block.code);
}

/** What came instead of what the README states, and that all it states came. */
function expectStated(code: string, outcomes: readonly Outcome[]): void {
  expect(outcomes.filter((outcome) => !agrees(outcome))).toEqual([]);
  expect(outcomes).toHaveLength(code.split("__report(").length - 1);
  expect(outcomes.length).toBeGreaterThan(0);
}

const isRun = ({ language, file }: Block) => language === "js" && file === undefined;

describe("a block of the README", () => {
  test.each(blocks.filter(isRun))("in JavaScript, line $line, gives what it states", async ({ code }) => {
    const instrumented = instrument(code);
    expectStated(instrumented, (await run({ "example.js": instrumented })).outcomes);
  });

  test("for a page runs, the package served from where npm puts it", async () => {
    const [page = "", ...others] = blocks.filter(({ language }) => language === "html").map(({ code }) => code);
    const script = /^<script type="module">\n(.*)<\/script>\n$/s.exec(page)?.[1] ?? "";
    const address = "/node_modules/spectral-norm/dist/index.js";
    expect(others).toEqual([]);
    expect(script).toContain(`from "${address}"`);
    const instrumented = instrument(script.replace(address, "spectral-norm"));
    expectStated(instrumented, (await run({ "page.js": instrumented })).outcomes);
  });

  test("for a Web Worker runs, in a thread of its own", async () => {
    const main = codeOf("main.js");
    expectStated(main, (await run({ "main.js": main, "worker.js": codeOf("worker.js") })).outcomes);
  });

  test("for Cloudflare answers as it says", async () => {
    const worker = codeOf("src/index.js");
    const [, body = "", answer] = /\/\/ POST (.*) gives (.*)/.exec(worker) ?? [];
    const caller = `
      import worker from "./src/index.js";
      const request = new Request("http://localhost/", { method: "POST", body: ${JSON.stringify(body)} });
      console.log(await (await worker.fetch(request)).text());`;
    expect((await run({ "caller.js": caller, "src/index.js": worker })).stdout).toBe(`${answer}\n`);
  });

  test("is of a kind that is tested", () => {
    const known = ["main.js", "worker.js", "src/index.js"];
    expect([...named.keys()].sort()).toEqual(known.sort());
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(["sh", "js", "html", "text"]));
  });
});

test("the audit prints what the README shows", async () => {
  const [command, output] = blocks.filter(({ code, language }) => language === "text" || code.includes("npx"));
  const [, program, args = ""] = /^npx (\S+) (.*)\n$/.exec(command?.code ?? "") ?? [];
  const { bin } = JSON.parse(readText("package.json"));
  expect(await node([bin[program ?? ""], ...args.split(" ")])).toBe(output?.code);
  // And `npm start`, in a clone, is the same.
  expect(readText("scripts/start.mjs")).toContain(`"${args.replace(/^audit /, "")}"`);
});
