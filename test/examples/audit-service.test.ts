import { describe, expect, test } from "vitest";
import { checkAddress, isPublicAddress } from "../../examples/audit-service/hosts.mjs";
import { Store, Turns } from "../../examples/audit-service/memory.mjs";

describe("addresses", () => {
  test.each(["8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "223.255.255.255", "2606:4700::1111"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each([
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"],
    ...["192.168.1.1", "198.19.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:7f00:1", "::ffff:10.0.0.1"],
    ...["64:ff9b::7f00:1", "fc00::1", "fd12::1", "fe80::1%eth0", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::"],
  ])("%s is not", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  const check = (url: string, hosts: readonly string[] = [], answers?: readonly string[]) =>
    checkAddress(new URL(url), hosts, answers && (async () => answers)).then(
      () => "allowed",
      ({ status }: { status: number }) => status,
    );

  test.each([
    ...["http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"],
    ...["http://localhost/", "http://localhost./", "http://a.localhost/", "http://redis:6379/", "http://a.internal/"],
    ...["http://printer.local/", "http://metadata.google.internal/computeMetadata/", "http://169.254.169.254/latest/"],
  ])("%s is refused, unless it is listed", async (url) => {
    expect(await check(url)).toBe(403);
    expect(await check(url, ["example.com"])).toBe(403);
    expect(await check(url, [new URL(url).hostname.replace(/\.$/, "")])).toBe("allowed");
  });

  test("a name is refused when any of its addresses is private", async () => {
    expect(await check("https://example.com/", [], ["93.184.215.14"])).toBe("allowed");
    expect(await check("https://example.com/", [], ["93.184.215.14", "10.0.0.1"])).toBe(403);
    expect(await check("https://example.com/", [])).toBe("allowed");
  });

  test("a list has names, ports, and all below a name, but not what only ends like one", async () => {
    expect(await check("https://a.hf.co/", ["*.hf.co"])).toBe("allowed");
    expect(await check("https://hf.co/", ["*.hf.co"])).toBe(403);
    expect(await check("https://evilhf.co/", ["*.hf.co"])).toBe(403);
    expect(await check("https://hf.co.example.com/", ["hf.co"])).toBe(403);
    expect(await check("http://example.com:81/", ["example.com:80"])).toBe(403);
    expect(await check("http://example.com:81/", ["example.com:81"])).toBe("allowed");
  });
});

describe("memory", () => {
  const { signal } = new AbortController();

  test("bodies have no more than there is, and give it back once", () => {
    const store = new Store();
    const [first, second] = [store.open(10), store.open(10)];
    first.reserve(6);
    expect(() => second.reserve(5)).toThrow(expect.objectContaining({ status: 503, code: "BUSY" }));
    second.reserve(4);
    first.close();
    first.close();
    second.reserve(6);
    expect(() => second.reserve(1)).toThrow("other requests hold it");
  });

  test("weights wait in the order that they came, a large one too", async () => {
    const turns = new Turns();
    const order: string[] = [];
    const take = async (name: string, bytes: number) => {
      const release = await turns.take({ bytes, limit: 10, lease: 1e9, signal });
      order.push(name);
      return release;
    };
    const first = await take("first", 6);
    const waiting = [take("large", 10), take("small", 1)];
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(order).toEqual(["first"]);
    first();
    (await waiting[0])?.();
    (await waiting[1])?.();
    expect(order).toEqual(["first", "large", "small"]);
  });

  test("who has gone waits no longer, and whose lease has ended holds nothing", async () => {
    const turns = new Turns();
    const controller = new AbortController();
    await turns.take({ bytes: 10, limit: 10, lease: 300, signal });
    const gone = turns.take({ bytes: 1, limit: 10, lease: 1, signal: controller.signal });
    controller.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    // The holder never gives back what it has.
    await turns.take({ bytes: 10, limit: 10, lease: 1, signal });
  });
});
