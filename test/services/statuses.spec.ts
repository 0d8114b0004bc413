import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { file, float32, safetensors } from "../checkpoint/writer.ts";
import { data } from "../cli/run.ts";
import { type Running, runtimes, start } from "./servers.ts";
import { ask, byUrl, expectAlive, good, linesOf, post, problemIn } from "./support.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const METHODS = "GET, HEAD, POST, OPTIONS";
const BODY_BYTES = 2 * 2 ** 20;
const LIMITS = {
  MAX_BODY_BYTES: String(BODY_BYTES),
  MAX_WEIGHT_BYTES: "400000",
  MAX_PIECE_BYTES: "65536",
  // For a server that never answers; long enough for one that does, on a busy machine.
  UPSTREAM_TIMEOUT: "3000",
};

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** A stream of so many bytes, whose length is not told. */
function streamOf(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(left, 65_536)));
      left -= 65_536;
    },
  });
}

describe.each(runtimes)("%s", (runtime) => {
  let server: Running;
  beforeAll(async () => {
    server = await start(runtime, { ...LIMITS, ALLOWED_HOSTS: `${upstream.host} 127.0.0.1:1 *.example.com` });
  });
  afterAll(() => server.stop());
  // Whatever was asked, the next one is answered, and nothing was complained of.
  afterEach(async () => {
    await expectAlive(server);
    expect(server.complaints()).toBe("");
  });

  const refused = async (path: string, init?: RequestInit) => problemIn(await ask(server, path, init));

  test.each<[string, BodyInit, RegExp]>([
    ["nothing", new Uint8Array(0), /^the body: /],
    ["text", "hello, world", /^the body: /],
    ["a web page", `<!doctype html>${" ".repeat(200)}`, /web page/],
    ["half a file", good.subarray(0, good.length / 2), /^the body: .*data_offsets/],
    ["a header that lies", file('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}'), /"data_offsets" expected/],
  ])("400 FORMAT for %s", async (_, body, message) => {
    const problem = problemIn(await post(server, body));
    expect(problem).toMatchObject({ status: 400, code: "FORMAT" });
    expect(problem.message).toMatch(message);
  });

  test.each([
    ["axis=3", '"axis" expected'],
    ["tolerance=-1", 'tolerance" expected'],
    ["certainty=maybe", 'certainty" expected'],
    ["values=-1", '"values" expected'],
    ["values=1.5", '"values" expected'],
    ["axes=0", 'got "axes"'],
    ["axis=0&axis=1", '"axis" expected one value, got 2'],
    ["__proto__=1", 'got "__proto__"'],
    ["url=https%3A%2F%2Fexample.com", '"url" expected a GET request'],
  ])("400 OPTION for ?%s", async (query, message) => {
    const problem = problemIn(await post(server, good, `?${query}`));
    expect(problem).toMatchObject({ status: 400, code: "OPTION", message: expect.stringContaining(message) });
  });

  test("400 TYPE for what is no number", async () => {
    for (const query of ["?tolerance=", "?tolerance=small", "?values=many"]) {
      expect(problemIn(await post(server, good, query))).toMatchObject({ status: 400, code: "TYPE" });
    }
  });

  test.each([
    "{",
    "null",
    "[]",
    '"https://example.com/"',
    "{}",
    '{"url":1}',
    '{"url":"https://a.example.com","axis":0}',
  ])("400 OPTION for the JSON %s", async (body) => {
    const problem = problemIn(await post(server, body, "", { "content-type": "application/json" }));
    expect(problem).toMatchObject({ status: 400, code: "OPTION" });
    expect(problem.message).toMatch(/^expected a body of \{ "url": "https:\/\/…" \}/);
  });

  test.each([
    "",
    "x",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://a.example.com/",
    "data:,x",
    "http://u:p@a.example.com",
  ])("400 OPTION for the address %s", async (url) => {
    expect(await refused(byUrl(url))).toMatchObject({ status: 400, code: "OPTION" });
    const json = { "content-type": "application/json" };
    const posted = problemIn(await post(server, JSON.stringify({ url }), "", json));
    expect(posted).toMatchObject({ status: 400, code: "OPTION" });
  });

  test("400 OPTION for no address", async () => {
    expect(await refused("/audit")).toMatchObject({ status: 400, code: "OPTION" });
  });

  test("403 HOST for an address, or a redirect, to a host that is not listed", async () => {
    for (const url of ["https://huggingface.co/x", "http://example.com/", "http://127.0.0.1:22/", "http://[::1]/"]) {
      expect(await refused(byUrl(url))).toMatchObject({ status: 403, code: "HOST" });
      const to = `${upstream.base}/to/${encodeURIComponent(url)}`;
      expect(await refused(byUrl(to))).toMatchObject({ status: 403, code: "HOST" });
    }
  });

  test("404, 405 with Allow, 204 for OPTIONS", async () => {
    expect(await refused("/nowhere")).toMatchObject({ status: 404, code: "NOT_FOUND" });
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const answer = await ask(server, "/audit", { method });
      expect(problemIn(answer)).toMatchObject({ status: 405, code: "METHOD" });
      expect(answer.headers.get("allow")).toBe(METHODS);
    }
    const root = await ask(server, "/", { method: "POST", body: good });
    expect(problemIn(root)).toMatchObject({ status: 405, code: "METHOD" });
    expect(root.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    const preflight = await ask(server, "/audit", { method: "OPTIONS", headers: { origin: "https://a.example.com" } });
    expect(preflight).toMatchObject({ status: 204, text: "" });
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      allow: METHODS,
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": "content-type",
    });
  });

  test("200 with words at /, HEAD without a body and with the same headers", async () => {
    const usage = await ask(server, "/");
    expect(usage).toMatchObject({ status: 200, text: expect.stringContaining("POST /audit") });
    expect(await ask(server, "/", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    const wrong = await ask(server, byUrl("ftp://x/"), { method: "HEAD" });
    expect(wrong).toMatchObject({ status: 400, text: "" });
    expect(wrong.headers.get("content-type")).toBe("application/json");
  });

  test("413 TOO_LARGE for a body that is too long, whether it says so or not", async () => {
    const long = problemIn(await post(server, new Uint8Array(BODY_BYTES + 1)));
    expect(long).toEqual({
      status: 413,
      code: "TOO_LARGE",
      message: `expected a body of at most ${BODY_BYTES} bytes, got more`,
    });
    const init = { method: "POST", headers: { "content-type": "application/octet-stream" }, duplex: "half" };
    const unsaid = await refused("/audit", { ...init, body: streamOf(BODY_BYTES + 65_536) } as RequestInit);
    expect(unsaid).toEqual(long);
    // What is as long as may be is taken.
    expect(problemIn(await post(server, new Uint8Array(BODY_BYTES)))).toMatchObject({ status: 400, code: "FORMAT" });
    const json = { "content-type": "application/json" };
    expect(problemIn(await post(server, " ".repeat(20_000), "", json))).toMatchObject({ status: 413 });
  });

  test("413 TOO_LARGE for a header that has to be in memory, in a body or at an address", async () => {
    const bytes = file(JSON.stringify({ __metadata__: { text: "x".repeat(100_000) } }));
    upstream.files.set("header", { size: bytes.length, read: (from, to) => bytes.subarray(from, to) });
    for (const answer of [await post(server, bytes), await ask(server, byUrl(`${upstream.base}/good/header`))]) {
      const problem = problemIn(answer);
      expect(problem).toMatchObject({ status: 413, code: "TOO_LARGE" });
      expect(problem.message).toContain("expected pieces of at most 65536 bytes");
    }
  });

  test("415 for another type or an encoding, and what is taken instead", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "nonsense",
    ]) {
      const answer = await post(server, good, "", { "content-type": type });
      expect(problemIn(answer)).toMatchObject({ status: 415, code: "CONTENT_TYPE" });
      expect(answer.headers.get("accept-post")).toBe("application/octet-stream, application/json");
    }
    const encoded = await post(server, good, "", { "content-encoding": "gzip" });
    expect(problemIn(encoded)).toMatchObject({ status: 415, code: "ENCODING" });
    expect(encoded.headers.get("accept-encoding")).toBe("identity");
  });

  test("502 UPSTREAM for a server that fails, 504 TIMEOUT for one that never answers", async () => {
    const { base } = upstream;
    const loop = `${base}/to/${encodeURIComponent("/to/x")}`;
    for (const url of [
      `${base}/good/nothing`,
      `${base}/status/500`,
      `${base}/status/401`,
      "http://127.0.0.1:1/",
      loop,
    ]) {
      expect(await refused(byUrl(url))).toMatchObject({ status: 502, code: "UPSTREAM" });
    }
    expect(await refused(byUrl(`${base}/good/nothing`))).toMatchObject({
      message: `${base}/good/nothing: expected a file, got the answer 404 Not Found`,
    });
    expect(await refused(byUrl(`${base}/hang/x`))).toMatchObject({ status: 504, code: "TIMEOUT" });
  });

  test("an error as the last line when the file fails after the answer has begun", async () => {
    for (const [kind, code] of [
      ["cut", "UPSTREAM"],
      ["stall", "TIMEOUT"],
    ] as const) {
      const url = `${upstream.base}/${kind}/data/wgan-sn-critic.safetensors`;
      const lines = linesOf(await ask(server, byUrl(url)));
      expect(lines[0]).toMatchObject({ type: "checkpoint", rows: 4 });
      expect(lines.at(-1)).toMatchObject({ type: "error", code });
      expect(lines.some(({ type }) => type === "summary")).toBe(false);
    }
  });

  test("a row that says so for a weight that is too large, and for one that is not finite", async () => {
    const lines = linesOf(await post(server, readFileSync(`${data}wgan-sn-critic.safetensors`)));
    const large = lines.filter(({ error }) => (error as { code?: string } | null)?.code === "OUT_OF_MEMORY");
    expect(large.map(({ name, spectralNorm }) => [name, spectralNorm])).toEqual([
      ["conv3.parametrizations.weight.original", null],
    ]);
    expect(lines.at(-1)).toEqual({ type: "summary", weights: 4, adapters: 0, skipped: 12, failed: 1 });
    const wrong = safetensors({ w: float32([2, 2], [1, Number.NaN, 0, 1]), x: float32([1, 2], [3, 4]) });
    const [, nan, right, summary] = linesOf(await post(server, wrong));
    expect(nan).toMatchObject({ name: "w", spectralNorm: null, error: { code: "NON_FINITE" } });
    expect(right).toMatchObject({ name: "x", spectralNorm: 5, error: null });
    expect(summary).toMatchObject({ failed: 1 });
  });

  test("503 BUSY with Retry-After while others hold the memory for bodies", async () => {
    const half = safetensors({ w: float32([1, 2], [3, 4]), pad: float32([300_000], Array(300_000).fill(1)) });
    const url = new URL("/audit", server.base);
    const headers = { "content-type": "application/octet-stream", "content-length": half.length };
    const begin = () => {
      const slow = request(url, { method: "POST", headers });
      slow.write(half.subarray(0, -4));
      const answered = new Promise<number | undefined>((resolve, reject) => {
        slow.on("response", (response) => resolve(response.resume().statusCode));
        slow.on("error", reject);
      });
      return { slow, answered };
    };
    let [{ slow, answered }, answer] = [begin(), await post(server, good)];
    // The server takes what was sent at its own pace; the first one may be the one that is turned away.
    for (let tries = 0; answer.status === 200 && tries < 1000; tries++) {
      const pause = new Promise<"held">((resolve) => setTimeout(resolve, 100, "held"));
      if ((await Promise.race([answered, pause])) !== "held") ({ slow, answered } = begin());
      answer = await post(server, half);
    }
    expect(problemIn(answer)).toMatchObject({ status: 503, code: "BUSY" });
    expect(answer.headers.get("retry-after")).toBe("10");
    slow.end(half.subarray(-4));
    expect(await answered).toBe(200);
    // What the first one held is there again, once its answer has been read.
    answer = await post(server, half);
    for (let tries = 0; answer.status === 503 && tries < 1000; tries++) answer = await post(server, half);
    expect(linesOf(answer)[1]).toMatchObject({ spectralNorm: 5 });
  });
});
