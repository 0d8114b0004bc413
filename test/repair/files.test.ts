import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load } from "spectral-norm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { normalizeCheckpoint, stripCheckpoint } from "../../ts/repair.js";
import { float32, safetensors } from "../checkpoint/writer.js";
import { examples, fixtures, normOf, type Read, readAll } from "./support.js";

const engine = await load();
const folder = mkdtempSync(join(tmpdir(), "spectral-norm-repair-"));
const at = (name: string) => join(folder, name);
const file = safetensors({ w: float32([1, 2], [3, 4]) });
const bad = safetensors({ v: float32([1, 2], [3, 4]), w: float32([1, 2], [Number.NaN, 4]) });

beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(at("a.safetensors"), file);
});
afterAll(() => rmSync(folder, { recursive: true }));

const norm = async (path: string) => normOf(engine, (await readAll(path)).get("w") as Read);

describe("a path", () => {
  test("gets the result, and nothing else is left", async () => {
    const output = at("b.safetensors");
    const { files } = await normalizeCheckpoint(engine, at("a.safetensors"), { output });
    expect(files).toEqual([{ path: output, size: file.length }]);
    expect(await norm(output)).toBeCloseTo(1, 6);
    expect(readdirSync(folder).sort()).toEqual(["a.safetensors", "b.safetensors"]);
    expect(readFileSync(at("a.safetensors")).equals(file)).toBe(true);
  });

  test("is not replaced unless told to", async () => {
    writeFileSync(at("b.safetensors"), "mine");
    const run = (overwrite?: "files" | "input") =>
      normalizeCheckpoint(engine, at("a.safetensors"), { output: at("b.safetensors"), overwrite });
    for (const overwrite of [undefined, "input"] as const) {
      await expect(run(overwrite)).rejects.toMatchObject({
        code: "OPTION",
        message: `"output" expected a file that is not there yet, got ${at("b.safetensors")}; "overwrite" allows it`,
      });
    }
    expect(readFileSync(at("b.safetensors"), "utf8")).toBe("mine");
    await run("files");
    expect(await norm(at("b.safetensors"))).toBeCloseTo(1, 6);
  });

  test("that is the input is refused, by any name, unless told to", async () => {
    symlinkSync(at("a.safetensors"), at("link.safetensors"));
    const source = at("a.safetensors");
    const run = (output: string, overwrite?: "files" | "input", given: string | URL = source) =>
      normalizeCheckpoint(engine, given, { output, overwrite });
    const same = { code: "OPTION", message: expect.stringContaining("expected another file than those that are read") };
    await expect(run(source)).rejects.toMatchObject(same);
    await expect(run(source, "files")).rejects.toMatchObject(same);
    await expect(run(at("link.safetensors"), "files")).rejects.toMatchObject(same);
    await expect(run(source, "files", pathToFileURL(source))).rejects.toMatchObject(same);
    expect(readFileSync(source).equals(file)).toBe(true);
    await run(at("link.safetensors"), "input");
    // A link stays one.
    expect(lstatSync(at("link.safetensors")).isSymbolicLink()).toBe(true);
    expect(await norm(source)).toBeCloseTo(1, 6);
    expect(readdirSync(folder).sort()).toEqual(["a.safetensors", "link.safetensors"]);
  });

  test("that cannot be written is told", async () => {
    writeFileSync(at("plain"), "");
    mkdirSync(at("taken.safetensors/below"), { recursive: true });
    for (const output of [at("plain/b.safetensors"), at("a.safetensors/b.safetensors")]) {
      await expect(normalizeCheckpoint(engine, at("a.safetensors"), { output })).rejects.toMatchObject({
        code: "OPTION",
        message: expect.stringMatching(/^"output" expected a file that can be written, got .*: E\w+$/),
      });
    }
    expect(readdirSync(folder).sort()).toEqual(["a.safetensors", "plain", "taken.safetensors"]);
  });

  test("whose name is that of another format is refused, unless it can be written", async () => {
    for (const name of ["b.onnx", "b.npy", "b.h5", "b.json", "b.keras"]) {
      await expect(normalizeCheckpoint(engine, at("a.safetensors"), { output: at(name) })).rejects.toMatchObject({
        code: "OPTION",
        message: expect.stringMatching(
          /"output" expected a name that ends in one of \.safetensors, \.npz, for .* is safetensors, got /,
        ),
      });
    }
    const { format } = await normalizeCheckpoint(engine, at("a.safetensors"), { output: at("b.npz") });
    expect(format).toBe("npz");
    expect(await norm(at("b.npz"))).toBeCloseTo(1, 6);
    // Any other name says nothing.
    expect((await normalizeCheckpoint(engine, at("a.safetensors"), { output: at("b.bin") })).format).toBe(
      "safetensors",
    );
  });

  test("of a folder takes the name of the file", async () => {
    mkdirSync(at("there"));
    for (const output of [at("there"), `${at("new/deep")}/`]) {
      const { files } = await normalizeCheckpoint(engine, at("a.safetensors"), { output });
      expect(files[0]?.path).toBe(`${output.replace(/\/$/, "")}/a.safetensors`);
      expect(await norm(join(output, "a.safetensors"))).toBeCloseTo(1, 6);
    }
  });
});

describe("nothing is left", () => {
  test.each([undefined, "npz"] as const)("when a weight is wrong, as %s", async (format) => {
    writeFileSync(at("bad.safetensors"), bad);
    const output = at(format === undefined ? "new/folder/b.safetensors" : "new/folder/b.npz");
    await expect(normalizeCheckpoint(engine, at("bad.safetensors"), { output })).rejects.toMatchObject({
      code: "NON_FINITE",
    });
    expect(readdirSync(folder).sort()).toEqual(["a.safetensors", "bad.safetensors"]);
  });

  test("of what was there, when a weight is wrong: it stays", async () => {
    writeFileSync(at("bad.safetensors"), bad);
    await expect(
      normalizeCheckpoint(engine, at("bad.safetensors"), { output: at("bad.safetensors"), overwrite: "input" }),
    ).rejects.toMatchObject({ code: "NON_FINITE" });
    expect(readFileSync(at("bad.safetensors")).equals(bad)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["a.safetensors", "bad.safetensors"]);
  });

  test("when it is stopped", async () => {
    const controller = new AbortController();
    const run = normalizeCheckpoint(engine, `${examples}wgan-sn-critic.safetensors`, {
      output: at("b.safetensors"),
      signal: controller.signal,
      onTensor: (_, { index }) => {
        if (index < 2) return;
        expect(readdirSync(folder)).toHaveLength(2);
        controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(folder)).toEqual(["a.safetensors"]);
  });

  test("of a dry run, which finds what would be refused all the same", async () => {
    const dry = { output: at("b.safetensors"), dryRun: true };
    const { files, tensors } = await normalizeCheckpoint(engine, at("a.safetensors"), dry);
    expect(files).toEqual([]);
    expect(tensors[0]?.before).toBeCloseTo(5, 6);
    expect(readdirSync(folder)).toEqual(["a.safetensors"]);
    await expect(
      normalizeCheckpoint(engine, at("a.safetensors"), { ...dry, output: at("a.safetensors") }),
    ).rejects.toMatchObject({ code: "OPTION" });
  });
});

describe("several files", () => {
  const index = `${fixtures}model.safetensors.index.json`;
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

  test.each(["folder", "folder/", "folder/model.safetensors.index.json"])("go to %s together", async (output) => {
    const { files } = await stripCheckpoint(index, { output: at(output) });
    expect(readdirSync(at("folder")).sort()).toEqual([...shards, "model.safetensors.index.json"].sort());
    expect(files).toHaveLength(3);
    expect(await readAll(at("folder/model.safetensors.index.json"))).toEqual(await readAll(index));
  });

  test("go nowhere, if one of them cannot", async () => {
    mkdirSync(at("folder"));
    writeFileSync(at(`folder/${shards[1]}`), "mine");
    await expect(stripCheckpoint(index, { output: at("folder") })).rejects.toMatchObject({ code: "OPTION" });
    expect(readdirSync(at("folder"))).toEqual([shards[1]]);
    const other = { output: at("other"), only: ({ name }: { readonly name: string }) => name === "a.weight" };
    await expect(normalizeCheckpoint(engine, index, other)).rejects.toMatchObject({ code: "NON_FINITE" });
    expect(existsSync(at("other"))).toBe(false);
  });

  test("become one, if its name says so", async () => {
    await stripCheckpoint(index, { output: at("one.safetensors") });
    expect([...(await readAll(at("one.safetensors")))]).toEqual([...(await readAll(index))]);
  });

  test("replace themselves, if told to", async () => {
    for (const name of [...shards, "model.safetensors.index.json"]) {
      writeFileSync(at(name), readFileSync(fixtures + name));
    }
    const output = at("model.safetensors.index.json");
    await expect(stripCheckpoint(output, { output })).rejects.toMatchObject({ code: "OPTION" });
    await stripCheckpoint(output, { output, overwrite: "input" });
    for (const name of shards) expect(readFileSync(at(name)).equals(readFileSync(fixtures + name))).toBe(true);
    expect(readdirSync(folder)).toHaveLength(4);
  });
});

test("a name within this folder needs no folder", async () => {
  const here = process.cwd();
  process.chdir(folder);
  try {
    const { files } = await normalizeCheckpoint(engine, "a.safetensors", { output: "b.safetensors" });
    expect(files[0]?.path).toBe("b.safetensors");
    expect(readdirSync(".").sort()).toEqual(["a.safetensors", "b.safetensors"]);
  } finally {
    process.chdir(here);
  }
});
