import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { audit } from "spectral-norm/audit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { data } from "../cli/run.ts";
import { type Running, runtimes, start } from "./servers.ts";
import { ask, byUrl, expectedLines, fixtures, type Line, linesOf, post, several, singles } from "./support.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

let upstream: Upstream;
const expected = new Map<string, Line[]>();

beforeAll(async () => {
  upstream = await startUpstream();
  for (const path of [...singles, ...several.map((name) => fixtures + name)]) {
    expected.set(path, (await expectedLines(path, "the body")).slice(1));
  }
});
afterAll(() => upstream.close());

describe.each(runtimes)("%s", (runtime) => {
  let server: Running;
  beforeAll(async () => {
    server = await start(runtime, { ALLOWED_HOSTS: upstream.host });
  });
  afterAll(() => server.stop());

  test.each(singles.map((path) => [basename(path), path]))("says of %s what the command line says", async (_, path) => {
    const [first, ...rest] = linesOf(await post(server, readFileSync(path), "?certainty=auto"));
    expect(first).toMatchObject({ type: "checkpoint", file: "the body" });
    // NumPy's array has the name of its file, and a body has none.
    const nameless = (line: Line) => (path.endsWith(".npy") && "name" in line ? { ...line, name: "array" } : line);
    expect(rest).toEqual(expected.get(path)?.map(nameless));
    // Of an address, too, the same.
    const folder = path.startsWith(data) ? "data" : "fixtures";
    const url = `${upstream.base}/good/${folder}/${basename(path)}`;
    const [header, ...rows] = linesOf(await ask(server, byUrl(url, "&certainty=auto")));
    expect(header).toEqual({ ...first, file: url });
    expect(rows).toEqual(expected.get(path));
  });

  test.each(several)("reads the files that %s names from beside its address, and has none for a body", async (name) => {
    const url = `${upstream.base}/good/fixtures/${name}`;
    const [, ...rows] = linesOf(await ask(server, byUrl(url, "&certainty=auto")));
    expect(rows).toEqual(expected.get(fixtures + name));
    const { status, text } = await post(server, readFileSync(fixtures + name));
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 400, code: "FORMAT" });
    expect(text).toContain("expected another file");
  });

  test("gives the norms alone unless more is asked for, and obeys the options", async () => {
    const bytes = readFileSync(`${data}wgan-sn-critic.safetensors`);
    const rowsOf = async (query: string) =>
      linesOf(await post(server, bytes, query)).filter(({ type }) => type === "weight");
    const told = async (options: object) => {
      const { tensors } = await audit(bytes, options);
      return tensors.map((row) => ({ type: "weight", ...row }));
    };
    expect(await rowsOf("")).toEqual(await told({}));
    expect(await rowsOf("?axis=last")).toEqual(await told({ axis: "last" }));
    expect(await rowsOf("?axis=1&tolerance=0.1")).toEqual(await told({ axis: 1, tolerance: 0.1 }));
    expect(await rowsOf("?certainty=0.9&values=2")).toEqual(await told({ detail: { certainty: 0.9, values: 2 } }));
    expect(await rowsOf("?values=0")).toEqual(await told({ detail: { values: 0 } }));
    expect(await rowsOf("?certainty=cheap")).toEqual(await told({ detail: { certainty: "cheap" } }));
  });

  test("asks an address for no more than the first bytes and the weights, in ranges", async () => {
    const path = `${data}wgan-sn-generator.safetensors`;
    const { tensors } = await audit(readFileSync(path));
    const weights = tensors.reduce((sum, { shape }) => sum + 4 * shape.reduce((product, size) => product * size, 1), 0);
    upstream.counts.bytes = 0;
    upstream.counts.requests = 0;
    linesOf(await ask(server, byUrl(`${upstream.base}/good/data/${basename(path)}`)));
    expect(upstream.counts.bytes).toBeGreaterThan(65_535);
    // Stored vectors are read beside the weights, from what came with the header or by themselves.
    const others = readFileSync(path).length - weights;
    expect(upstream.counts.bytes).toBeLessThanOrEqual(65_536 + weights + others);
    expect(upstream.counts.requests).toBeGreaterThan(1);
    upstream.counts.bytes = 0;
    const head = await ask(server, byUrl(`${upstream.base}/good/data/${basename(path)}`), { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers.get("content-type")).toBe("application/x-ndjson");
    expect(upstream.counts.bytes).toBe(65_536);
  });

  test("takes an address in JSON, follows redirects, and reads from a server that knows no ranges", async () => {
    const path = `${data}digits-classifier.safetensors`;
    const rest = linesOf(await post(server, readFileSync(path))).slice(1);
    const good = `${upstream.base}/good/data/${basename(path)}`;
    const to = `${upstream.base}/to/${encodeURIComponent(good)}`;
    for (const url of [good, to, `${upstream.base}/to/${encodeURIComponent(to)}`, good.replace("good", "whole")]) {
      const body = JSON.stringify({ url });
      const lines = linesOf(await post(server, body, "", { "content-type": "application/json; charset=utf-8" }));
      expect(lines[0]).toMatchObject({ file: url });
      expect(lines.slice(1)).toEqual(rest);
    }
  });
});
