import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, expect, test } from "vitest";
import { data, run } from "../cli/run.ts";
import { startRedis, type TestRedis, until } from "./redis.ts";
import { begin, beginWith, beginWorker, endAll, slowly, slowWeight, writeCheckpoint } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "spectral-norm-trouble-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = writeCheckpoint(join(folder, "slow.safetensors"), 40, slowWeight());
const critic = "wgan-sn-critic.safetensors";

let redis: TestRedis | undefined;
async function started(...args: Parameters<typeof startRedis>): Promise<TestRedis> {
  redis = await startRedis(...args);
  return redis;
}
afterEach(async () => {
  await endAll();
  await redis?.remove();
  redis = undefined;
});

test("Redis may be killed and started again: nothing is lost, and nothing measured is measured again", async () => {
  const server = await started();
  const alone = await run("audit", ...slowly, file);
  const workers = await Promise.all([1, 2].map(() => beginWorker("--queue", server.url)));
  const asked = begin("audit", ...slowly, "--queue", server.url, file);
  await until(async () => (await server.queue((queue) => queue.getCompletedCount())) >= 5);
  const before = await server.queue((queue) => queue.getCompleted());
  await server.kill("SIGKILL");
  await until(() => [asked, ...workers].every((one) => one.said().includes("trying again for 300 s")));
  await server.start();
  const report = await asked.ended;
  expect(report).toMatchObject({ code: 0, stdout: alone.stdout });
  expect(report.stderr).toMatch(
    /^spectral-norm: redis:\S+: .*; trying again for 300 s\nspectral-norm: redis:\S+: connected again\n$/,
  );
  const jobs = await server.queue((queue) => queue.getCompleted());
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(41);
  expect(jobs).toHaveLength(41);
  for (const { id, attemptsStarted } of before) {
    expect(jobs.find((job) => job.id === id)?.attemptsStarted).toBe(attemptsStarted);
  }
});

test("what Redis has forgotten is put there again", async () => {
  const server = await started();
  const alone = await run("audit", ...slowly, file);
  const asked = begin("audit", ...slowly, "--queue", server.url, file);
  await until(async () => (await server.queue((queue) => queue.getWaitingCount())) === 41);
  await server.ask((asking) => asking.flushall());
  await beginWorker("--queue", server.url, "--concurrency", "2");
  expect(await asked.ended).toMatchObject({ code: 0, stdout: alone.stdout });
});

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "a Redis that is gone by %s is given up after the stated time",
  async (signal) => {
    const server = await started();
    const patience = ["--queue", server.url, "--queue-timeout", "3"];
    const worker = await beginWorker(...patience);
    const asked = begin("audit", ...slowly, ...patience, file);
    await until(async () => (await server.queue((queue) => queue.getActiveCount())) === 1);
    if (signal === "SIGSTOP") server.signal(signal);
    else await server.kill(signal);
    for (const { ended } of [worker, asked]) {
      const { code, stdout, stderr } = await ended;
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/trying again for 3 s\nspectral-norm: redis:\S+: .+, for more than 3 s\n$/);
    }
  },
);

test("a password is asked for, and shown to nobody", async () => {
  const server = await started(["--requirepass", "secret word"], { password: "secret word" });
  const at = (login: string) => `redis://${login}127.0.0.1:${server.port}`;
  for (const [login, message] of [
    ["", /expected a Redis server, but NOAUTH Authentication required/],
    [":wrong%20word@", /expected a Redis server, but WRONGPASS invalid username-password pair/],
  ] as const) {
    for (const command of [["audit", critic], ["worker"]]) {
      const { code, stdout, stderr } = await run(...command, "--queue", at(login));
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(message);
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(stderr).not.toContain("wrong");
    }
  }
  const right = at(":secret%20word@");
  const worker = await beginWorker("--queue", right);
  expect(await run("audit", "--json", "--queue", right, critic)).toEqual(await run("audit", "--json", critic));
  worker.child.kill("SIGTERM");
  expect((await worker.ended).stderr).not.toContain("secret");
});

test("rediss:// is TLS, with certificates that Node trusts", async () => {
  const pem = (name: string) => fileURLToPath(new URL(`tls/${name}.pem`, import.meta.url));
  const files = ["--tls-cert-file", pem("certificate"), "--tls-key-file", pem("key")];
  const secure = ["--port", "0", "--tls-port", "PORT", "--tls-auth-clients", "no", ...files];
  const server = await started(secure, { tls: { ca: readFileSync(pem("certificate")), servername: "localhost" } });
  const trust = { NODE_EXTRA_CA_CERTS: pem("certificate") };
  const url = `rediss://localhost:${server.port}`;
  const worker = beginWith(trust, "worker", "--queue", url);
  await until(() => worker.said().includes("waits for jobs"));
  const shared = await beginWith(trust, "audit", "--json", "--queue", url, critic).ended;
  expect(shared).toEqual(await run("audit", "--json", critic));
  const { code, stderr } = await run("audit", "--queue", url, critic);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^spectral-norm: rediss:\S+: expected a Redis server, but self-signed certificate\n$/);
});

test("a worker that does not see the file, or sees another, is named", async () => {
  const server = await started();
  const path = join(folder, "moving.safetensors");
  copyFileSync(join(data, critic), path);
  const asked = begin("audit", "--json", "--queue", server.url, path);
  await until(async () => (await server.queue((queue) => queue.getWaitingCount())) === 4);
  rmSync(path);
  const worker = await beginWorker("--queue", server.url, "--concurrency", "4");
  const { code, stdout, stderr } = await asked.ended;
  expect(code).toBe(2);
  expect(stderr).toBe(
    `spectral-norm: ${path}: conv1.parametrizations.weight.original could not be measured by a worker: ${path}: expected a file, but there is no such file [${worker.name}]\n`,
  );
  expect(JSON.parse(stdout).files[0].error.code).toBe("FORMAT");
  expect(worker.said()).toContain("FORMAT: ");

  // The same names and shapes, other numbers.
  copyFileSync(join(data, critic), path);
  utimesSync(path, 1, 1);
  worker.child.kill("SIGTERM");
  await worker.ended;
  const again = begin("audit", "--json", "--queue", server.url, path);
  await until(async () => (await server.queue((queue) => queue.getWaitingCount())) === 4);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, bytes.length - 4096));
  await beginWorker("--queue", server.url, "--concurrency", "4");
  expect((await again.ended).stderr).toContain(
    `${path}: expected the checkpoint that is audited, got another one of this name [`,
  );
});
