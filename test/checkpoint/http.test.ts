import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CheckpointOptions, openCheckpoint } from "../../ts/checkpoint.js";
import { float32, safetensors } from "./writer.js";

const COUNT = 100_000;
const weight = float32(
  [1000, 100],
  Array.from({ length: COUNT }, (_, i) => i % 1000),
);
const large = safetensors({ w: weight });
const small = safetensors({ "a/b": float32([1, 2], [3, 4]) });
const index = Buffer.from(JSON.stringify({ weight_map: { "a/b": "shards/a 1%.safetensors" } }));
const files: Readonly<Record<string, Uint8Array>> = {
  "/model.safetensors": large,
  "/small.safetensors": small,
  "/deep/model.safetensors.index.json": index,
  "/deep/shards/a%201%25.safetensors": small,
  "/empty": new Uint8Array(0),
};

/** What the server does, beside the right thing. */
let behavior: (request: IncomingMessage, response: ServerResponse, range: readonly [number, number]) => boolean;
let requests: IncomingMessage[] = [];
let etag: string | undefined;
let server: Server;
let base: string;

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests.push(request);
  const file = files[(request.url ?? "").replace(/\?.*/, "")];
  if (file === undefined) {
    response.writeHead(404).end("nothing");
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from);
  const end = Math.min(Number(to), file.length - 1);
  if (behavior(request, response, [start, end])) return;
  if (start >= file.length) {
    response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
    return;
  }
  const condition = request.headers["if-range"];
  const tag = etag === undefined ? {} : { etag };
  if (condition !== undefined && condition !== etag) {
    response.writeHead(200, tag).end(file);
    return;
  }
  const range = { "content-range": `bytes ${start}-${end}/${file.length}` };
  response.writeHead(206, { ...tag, ...range }).end(file.subarray(start, end + 1));
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  behavior = () => false;
  requests = [];
  etag = '"1"';
});

const open = (path: string, options?: CheckpointOptions) => openCheckpoint(`${base}${path}`, options);

/** The message with which reading all of a file is refused. */
async function refusal(path: string, options?: CheckpointOptions): Promise<string> {
  const error = await open(path, options)
    .then((checkpoint) => checkpoint.read("w"))
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "FormatError", code: "FORMAT" });
  return (error as Error).message;
}

describe("a server that knows ranges", () => {
  test("is asked for the header, and then for what is read", async () => {
    const checkpoint = await open("/model.safetensors?download=1");
    expect(checkpoint).toMatchObject({ name: `${base}/model.safetensors?download=1`, tensors: [{ name: "w" }] });
    expect(requests.map(({ headers }) => headers.range)).toEqual(["bytes=0-65535"]);
    for await (const { start, data } of checkpoint.blocks("w", { bytes: 40_000 })) {
      expect(data).toEqual(Float32Array.from(data, (_, i) => ((start[0] as number) * 100 + i) % 1000));
    }
    // Eleven blocks, of which the first lies in what came with the header.
    expect(requests).toHaveLength(10);
    expect(new Set(requests.slice(1).map(({ headers }) => headers["if-range"]))).toEqual(new Set(['"1"']));
  });

  test("takes a URL, headers, and another fetch", async () => {
    const urls: string[] = [];
    const get: typeof fetch = (input, init) => {
      urls.push(String(input));
      return fetch(input, init);
    };
    const checkpoint = await openCheckpoint(new URL(`${base}/small.safetensors`), {
      headers: { authorization: "Bearer x" },
      fetch: get,
    });
    expect((await checkpoint.read("a/b")).data).toEqual(Float32Array.of(3, 4));
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer x"]);
    expect(urls).toEqual([`${base}/small.safetensors`]);
  });

  test("has shards beside the index, whatever their names", async () => {
    const checkpoint = await open("/deep/model.safetensors.index.json");
    expect((await checkpoint.read("a/b")).data).toEqual(Float32Array.of(3, 4));
  });

  test("without a tag is read all the same", async () => {
    etag = undefined;
    const { data } = await (await open("/model.safetensors")).read("w");
    expect(data.subarray(-1000)).toEqual(Float32Array.from({ length: 1000 }, (_, i) => i));
    expect(requests.at(-1)?.headers).not.toHaveProperty("if-range");
  });

  test.each([["a tag"], ["a date"]])("changes the file meanwhile, which %s tells", async (by) => {
    if (by === "a date") {
      etag = undefined;
      behavior = (_, response) => {
        response.setHeader("last-modified", `Tue, 24 Nov 2026 00:00:0${requests.length} GMT`);
        return false;
      };
    }
    const checkpoint = await open("/model.safetensors");
    etag = by === "a date" ? undefined : '"2"';
    const reading = checkpoint.read("w");
    await expect(reading).rejects.toMatchObject({ code: "FORMAT" });
    await expect(reading).rejects.toThrow(/the file was changed while it was read, got the answer 20[06]/);
  });

  test.each<[string, (response: ServerResponse, range: readonly [number, number]) => void, RegExp]>([
    [
      "fewer bytes than it says",
      (response, [start, end]) => {
        response.writeHead(206, { "content-range": `bytes ${start}-${end}/${large.length}` });
        response.end(large.subarray(start, end));
      },
      /expected a header|expected \d+ bytes from byte \d+ on, got \d+$/,
    ],
    [
      "more bytes",
      (response, [start, end]) => {
        response.writeHead(206, { "content-range": `bytes ${start}-${end}/${large.length}` });
        response.end(new Uint8Array(end - start + 2));
      },
      /expected at most \d+ bytes, got more$/,
    ],
    [
      "another range",
      (response) => {
        response.writeHead(206, { "content-range": `bytes 1-10/${large.length}` }).end(new Uint8Array(10));
      },
      /expected a range of plain bytes from byte \d+ on with a size, got "bytes 1-10\//,
    ],
    [
      "no size",
      (response, [start, end]) => {
        response.writeHead(206, { "content-range": `bytes ${start}-${end}/*` }).end(new Uint8Array(1 + end - start));
      },
      /with a size, got "bytes \d+-\d+\/\*"/,
    ],
    [
      "compressed bytes",
      (response, [start, end]) => {
        const headers = {
          "content-range": `bytes ${start}-${end}/${large.length}`,
          "content-encoding": "zstd-of-ours",
        };
        response.writeHead(206, headers).end(large.subarray(start, end + 1));
      },
      /plain bytes .* encoded as zstd-of-ours/,
    ],
    ["a connection that ends", (response) => response.destroy(), /the request failed|expected \d+ bytes/],
    ["503", (response) => response.writeHead(503).end(), /expected a file, got the answer 503 Service Unavailable$/],
  ])("answers with %s", async (_, misbehave, message) => {
    etag = undefined;
    behavior = (request, response, range) => {
      misbehave(response, range);
      return request !== undefined;
    };
    expect(await refusal("/model.safetensors")).toMatch(message);
    // And so it does for a range of the data, when the header was right.
    behavior = (__, response, range) => {
      if (range[0] === 0) return false;
      misbehave(response, range);
      return true;
    };
    expect(await refusal("/model.safetensors")).toMatch(message);
  });
});

describe("a server that knows no ranges", () => {
  beforeEach(() => {
    behavior = (request, response) => {
      response.writeHead(200).end(files[request.url ?? ""]);
      return true;
    };
  });

  test("is read as a whole", async () => {
    expect((await (await open("/model.safetensors")).read("w")).data).toHaveLength(COUNT);
    expect(requests).toHaveLength(1);
  });

  test("is refused beyond a limit, also when it does not say how long the file is", async () => {
    const limit = /: the server knows no ranges; download the file, or set maxWhole/;
    expect(await refusal("/model.safetensors", { maxWhole: 1000 })).toMatch(limit);
    behavior = (request, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write(files[request.url ?? ""]);
      response.end();
      return true;
    };
    expect(await refusal("/model.safetensors", { maxWhole: 1000 })).toMatch(limit);
  });
});

test("what is not there", async () => {
  expect(await refusal("/nothing")).toBe(`${base}/nothing: expected a file, got the answer 404 Not Found`);
  expect(await refusal("/empty")).toMatch(/expected at least 8 bytes, the length of the header, got 0$/);
  const nobody = await openCheckpoint("http://127.0.0.1:1/").catch((thrown: unknown) => thrown);
  expect(nobody).toMatchObject({ code: "FORMAT" });
  expect((nobody as Error).message).toMatch(/expected an answer, but the request failed/);
});

test("a signal ends a request that would wait forever", async () => {
  behavior = () => true;
  const controller = new AbortController();
  const opening = open("/model.safetensors", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(opening).rejects.toThrow("enough");
});
