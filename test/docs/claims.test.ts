import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { node } from "./examples.ts";
import { blocksOf, documents, readText, root, rowsOf } from "./markdown.ts";

const readme = readText("README.md");
const architecture = readText("docs/architecture.md");
const manifest = JSON.parse(readText("package.json"));

/** The cell beside one in a table of the README, or of another document. */
function beside(cell: string, column = 1, text = readme): string | undefined {
  return rowsOf(text).find(([first]) => first === cell)?.[column];
}

describe("the README", () => {
  test("has every function in its table, and no other", async () => {
    const names = rowsOf(readme).map(([first = ""]) => /^`(?:engine\.)?(\w+)\(/.exec(first)?.[1]);
    const engine = await load();
    expect(new Set(names.filter((name) => name !== undefined))).toEqual(new Set(["load", ...Object.keys(engine)]));
  });

  test("states the sizes that `npm run size` prints", async () => {
    const printed = [...(await node(["scripts/size.mjs"])).matchAll(/^(\S+\.\w+) +\S+ +(\S+)/gm)];
    for (const [, file = "", gzip] of printed.filter(([, file]) => file !== "cli.js")) {
      // Another compiler makes another file, by a few hundred bytes.
      expect(Math.abs(Number(beside(`\`${file}\``)) - Number(gzip)), file).toBeLessThan(0.8);
    }
    const { BUDGETS } = await import("../../scripts/lib/size.mjs");
    expect(printed.map(([, file]) => file)).toEqual(Object.keys(BUDGETS));
  });

  test("states the verdicts and the costs that `npm run experiments` wrote", () => {
    const page = readText("docs/experiments.md");
    const verdicts = rowsOf(page).filter((cells) => /^\d\w?$/.test(cells[0] ?? ""));
    expect(verdicts).toHaveLength(9);
    for (const [id = "", , verdict] of verdicts) expect(beside(id, 2), id).toBe(verdict);
    const cost = (critic: string) =>
      (rowsOf(page).find(([first, second]) => first === critic && /^\d\.\d\d$/.test(second ?? "")) ?? [])
        .slice(1)
        .map(Number);
    const prose = readme.replaceAll(/\s+/g, " ");
    for (const [critic, before] of [
      ["spectralTorch", "persistent power iteration costs "],
      ["spectralArticle", "the article's five "],
    ] as const) {
      const costs = cost(critic);
      expect(costs).toHaveLength(4);
      expect(prose).toContain(`${before}${Math.min(...costs).toFixed(2)} to ${Math.max(...costs).toFixed(2)}`);
    }
    const [, runs] = /^(\d+) runs over 5 of 5 seeds/m.exec(page) ?? [];
    expect(prose).toContain(`trains ${runs} networks`);
  });

  test("counts the results that conformance records", () => {
    const recorded = JSON.parse(readText("test/fixtures/conformance-bits.json"));
    expect(readme).toContain(`all ${Object.keys(recorded).length} results`);
  });

  test("names the runtimes that are tested, and those that are not", async () => {
    const tested = (await node(["scripts/test.mjs", "--list"])).matchAll(/^conformance-(\w+)/gm);
    const runtimes = [...tested].map(([, name = ""]) => name);
    expect(runtimes).toEqual(["node", "node22", "node24", "chromium", "firefox", "deno", "bun", "workerd"]);
    expect(rowsOf(readme).flatMap(([first]) => first ?? "")).toEqual(
      expect.arrayContaining(["Node 20, 22, 24", "Chromium, Firefox", "Deno, Bun, workerd"]),
    );
    const apps = readText("test/packaging/lib/apps.mjs");
    for (const app of ["Vite", "webpack", "esbuild", "rollup", "rolldown", "<script type=module>", "require()"]) {
      expect(apps).toContain(app);
      expect(readme.replaceAll('"', "")).toContain(app);
    }
    expect(readme).toContain("**Not tested: Safari, macOS, Windows, and Vercel's edge runtime itself**");
    expect(manifest.engines.node).toBe(">=20.19");
    expect(readme).toContain("Node 20.19 or newer");
  });

  test("quotes expected.json on the convolutions", () => {
    const { operators } = JSON.parse(readText("examples/data/expected.json"))["wgan-sn-critic.safetensors"];
    const rounded = (key: string) => ["conv1", "conv2", "conv3"].map((name) => operators[name][key].toFixed(2));
    const inWords = ([a, b, c]: string[]) => `${a}, ${b} and ${c}`;
    const prose = readme.replaceAll(/\s+/g, " ");
    expect(prose).toContain(`to a norm of ${inWords(rounded("reshapedNormAxis0"))};`);
    expect(prose).toContain(`as run have norms of ${inWords(rounded("operatorNorm"))} `);
  });

  test("has all that the benchmark prints, but for the numbers of another machine", () => {
    const [, section = ""] = /<!-- bench:begin -->\n(.*)<!-- bench:end -->/s.exec(readme) ?? [];
    const bench = readText("bench/run.mjs");
    const shapes = JSON.parse(/^const allShapes = (.*);$/m.exec(bench)?.[1] ?? "[]");
    const [heads, rows] = [rowsOf(section).filter(([first]) => first === "shape"), rowsOf(section)];
    expect(section).toMatch(/^.+, \d+ cores; Node [\d.]+ \(V8 \S+\), \w+ \w+\.\n/);
    expect(section).toMatch(/^From import to first σ in Node: [\d.]+ ms, an empty script [\d.]+ ms: /m);
    expect(rows.map(([first]) => first).filter((first) => first?.includes("×"))).toEqual(
      [shapes, shapes, shapes].flat(),
    );
    expect(heads[0]?.slice(0, 4)).toEqual(["shape", "spectral-norm", "loops", "loops, unrolled by 4"]);
    for (const [, name] of readText("bench/peers/tfjs.mjs").matchAll(/^ {4}(?:"(.+)"|tfjs): \{$/gm)) {
      expect(heads[0]).toContain(name ?? "tfjs");
    }
  });

  test("describes the picture as it is", async () => {
    expect(await node(["scripts/figures.mjs", "--check"])).toContain("is current");
  });
});

describe("docs/numerics.md", () => {
  test("has the table of the critic that `npm run critic` prints", async () => {
    const [, table] = /<!-- critic:begin -->\n(.*)\n<!-- critic:end -->/s.exec(readText("docs/numerics.md")) ?? [];
    expect(table).toBe((await node(["scripts/critic.mjs"])).trim());
  });

  test("has the table of the classifier that `npm run network` prints", async () => {
    const [, table] = /<!-- network:begin -->\n(.*)\n<!-- network:end -->/s.exec(readText("docs/numerics.md")) ?? [];
    expect(table).toBe((await node(["scripts/network.mjs"])).trim());
  });
});

describe("docs/architecture.md", () => {
  test("states what packing and base64 cost, of the module as it is now", async () => {
    const gzip = (bytes: Uint8Array | string) => gzipSync(bytes, { level: 9 }).length;
    const { pack } = await import("../../ts/engine/packed.ts");
    const bytes = readFileSync(join(root, "dist/spectral_norm.wasm"));
    const [, packed, base64] = /takes (\d+)% more than its bytes, as base64 (\d+)% more/.exec(architecture) ?? [];
    expect(Math.abs((gzip(pack(bytes)) / gzip(bytes) - 1) * 100 - Number(packed))).toBeLessThan(2);
    expect(Math.abs((gzip(bytes.toString("base64")) / gzip(bytes) - 1) * 100 - Number(base64))).toBeLessThan(2);
  });

  test("names files that exist, and all of them", () => {
    const listed = [...architecture.matchAll(/^(crate\/src|ts)\/([\w./-]+) {2,}/gm)];
    const filesIn = (folder: string) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)));
    for (const [, folder = "", path = ""] of listed) expect(existsSync(join(root, folder, path)), path).toBe(true);
    const files = listed.map(([, folder, path]) => `${folder}/${path}`);
    const isListed = (file: string) =>
      files.some((path) => path === file || (path.endsWith("/") && file.startsWith(path)));
    const all = [...filesIn("crate/src"), ...filesIn("ts")];
    expect(all.filter((file) => !isListed(file))).toEqual([]);
  });
});

describe.each(documents)("%s", (path) => {
  const text = readText(path);

  test("has commands that exist", () => {
    const shell = blocksOf(text).filter(({ language }) => language === "sh");
    const commands = shell.flatMap(({ code }) =>
      code
        .replaceAll(/ +#.*$/gm, "")
        .trim()
        .split("\n"),
    );
    for (const command of commands) expectCommand(command);
  });

  test("has links that lead somewhere", () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)|src="([^"]+)"/g)].map(([, link, src]) => link ?? src ?? "");
    for (const link of links.filter((address) => !/^https:|^#|^\//.test(address))) {
      expect(existsSync(join(root, dirname(path), link)), link).toBe(true);
    }
  });
});

/** That what a command names is there; what it does has tests of its own. */
function expectCommand(command: string): void {
  const [program = "", ...args] = command.split(" ");
  // What a command writes goes to build/, and need not be there before.
  const files = args.filter((arg) => /^(?!build\/)[\w-]+\/[\w./-]+$/.test(arg));
  for (const file of files) expect(existsSync(join(root, file)), command).toBe(true);
  if (program === "npm") {
    const [verb = "", name = ""] = args;
    const peers = Object.keys(manifest.peerDependencies);
    if (verb === "install") expect([manifest.name, ...peers]).toEqual(expect.arrayContaining(args.slice(1)));
    else expect(manifest.scripts, command).toHaveProperty([verb === "run" ? name : verb]);
  } else if (program === "npx") expect(manifest.bin, command).toHaveProperty([args[0] ?? ""]);
  else if (program !== "git") expect(["node", "python3", "cargo"], command).toContain(program);
}
