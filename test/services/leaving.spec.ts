import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { float32, safetensors } from "../checkpoint/writer.ts";
import { data } from "../cli/run.ts";
import { type Running, runtimes, start } from "./servers.ts";
import { ask, byUrl, expectAlive, expectedLines, linesOf, post, singles } from "./support.ts";
import { fileOf, startUpstream, type Upstream } from "./upstream.ts";

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  const rows = Array.from({ length: 200 }, (_, i) => [`w${i}`, float32([64, 100], Array(6400).fill(i))] as const);
  upstream.files.set("many", fileOf(safetensors(Object.fromEntries(rows))));
});
afterAll(() => upstream.close());

/** Resolves when the server of files has seen this. */
function seen(event: "come" | "gone"): Promise<void> {
  return new Promise((resolve) => {
    upstream.onHang = (came) => {
      if (came === event) resolve();
    };
  });
}

describe.each(runtimes)("%s", (runtime) => {
  let server: Running;
  beforeAll(async () => {
    // One weight of this size at a time, and no time limit that could end what a client has left. Alone workerd learns of
    // that only when it writes to the client; until then the limit is all there is.
    const timeout = runtime === "workerd" ? "3000" : "100000000";
    const settings = { MAX_WEIGHT_BYTES: "1000000", UPSTREAM_TIMEOUT: timeout };
    server = await start(runtime, { ...settings, ALLOWED_HOSTS: upstream.host });
  });
  afterAll(() => server.stop());

  test.each(["hang/x", "stall/data/wgan-sn-critic.safetensors"])(
    "a client that leaves ends what was fetched for it: %s",
    async (path) => {
      const controller = new AbortController();
      const come = seen("come");
      const asking = fetch(server.base + byUrl(`${upstream.base}/${path}`), { signal: controller.signal })
        .then((response) => response.text())
        .catch((thrown: Error) => thrown.name);
      await come;
      const gone = seen("gone");
      controller.abort();
      expect(await asking).toBe("AbortError");
      await gone;
      // Its turn is over, too: the next one has all the memory.
      await expectAlive(server);
      const all = linesOf(await post(server, readFileSync(`${data}wgan-sn-critic.safetensors`)));
      expect(all.at(-1)).toMatchObject({ weights: 4, failed: 0 });
    },
  );

  test("a client that has seen enough ends the work, row by row", async () => {
    upstream.counts.requests = 0;
    const response = await fetch(server.base + byUrl(`${upstream.base}/good/many`));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toMatch(/^\{"type":"checkpoint",.*"rows":200\}\n/);
    await reader.cancel();
    // Until nothing is asked for any more.
    let before = -1;
    while (before !== upstream.counts.requests) {
      before = upstream.counts.requests;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(before).toBeLessThan(150);
    expect(linesOf(await ask(server, byUrl(`${upstream.base}/good/many`)))).toHaveLength(202);
  });

  test("requests at the same time have their own answers", async () => {
    const paths = [...singles, ...singles];
    const answers = await Promise.all(paths.map(async (path) => linesOf(await post(server, readFileSync(path)))));
    for (const [index, path] of singles.entries()) {
      const alone = linesOf(await post(server, readFileSync(path)));
      expect(answers[index], path).toEqual(alone);
      expect(answers[index + singles.length], path).toEqual(alone);
    }
    const critic = await expectedLines(`${data}wgan-sn-critic.safetensors`, "the body");
    expect(critic.at(-1)).toEqual(answers[singles.findIndex((path) => path.includes("critic"))]?.at(-1));
  });
});

describe.each(runtimes.filter((runtime) => runtime !== "workerd"))("%s", (runtime) => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "answers what it was asked before %s, takes nothing new, and ends",
    async (signal) => {
      const server = await start(runtime, { ALLOWED_HOSTS: upstream.host });
      let open: (() => void) | undefined;
      upstream.gate = new Promise((resolve) => {
        open = resolve;
      });
      upstream.counts.requests = 0;
      const asking = ask(server, byUrl(`${upstream.base}/wait/many`));
      while (upstream.counts.requests === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const ended = server.stop(signal);
      const isOpen = () =>
        fetch(server.base, { headers: { connection: "close" } }).then(
          () => true,
          () => false,
        );
      while (await isOpen()) await new Promise((resolve) => setTimeout(resolve, 10));
      open?.();
      expect(linesOf(await asking)).toHaveLength(202);
      expect(await ended).toBe(0);
    },
  );
});
