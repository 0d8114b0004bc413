import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fields } from "../../ts/checkpoint/report/fields.js";
import { node } from "./examples.ts";
import { blocksOf, readText, root, rowsOf } from "./markdown.ts";

const document = readText("docs/audit.md");
const { bin } = JSON.parse(readText("package.json"));
const commands = blocksOf(document).flatMap(({ language, code }) => (language === "sh" ? code.trim().split("\n") : []));

describe("docs/audit.md", () => {
  test.each(commands)("has a command that succeeds and prints or writes something: %s", async (command) => {
    const [, program = "", args = ""] = /^npx (\S+) (.*)$/.exec(command) ?? [];
    const [, output] = / --output (\S+)/.exec(command) ?? [];
    mkdirSync(join(root, "build"), { recursive: true });
    if (output !== undefined) rmSync(join(root, output), { force: true });
    const printed = await node([bin[program], ...args.split(" ")]);
    const report = output === undefined ? printed : readFileSync(join(root, output), "utf8");
    expect(report.length).toBeGreaterThan(200);
  });

  test("names the columns of CSV, and no other", () => {
    const cells = rowsOf(document).map(([first = ""]) => first);
    const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const plain = ["shape", "dtype", "axis", "converged", "note", "error"];
    expect([...named, ...plain].sort()).toEqual(fields.map(({ key }) => key).sort());
  });
});
