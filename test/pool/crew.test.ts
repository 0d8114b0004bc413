import fc from "fast-check";
import { expect, test } from "vitest";
import { createCrew } from "../../ts/pool/crew.js";
import { employ } from "../../ts/pool/employ.js";
import { gather } from "../../ts/pool/team.js";
import { Death, type Line, type Thread, threadOf } from "../../ts/pool/thread.js";

/** A line whose worker answers when it is told to, in order of the questions of all of them. */
function stage(): { start: () => Thread; lines: { asked: unknown[]; held: boolean; answer(): void; die(): void }[] } {
  const lines: ReturnType<typeof stage>["lines"] = [];
  const start = () => {
    let tell: (answer: unknown) => void = () => {};
    let end: (reason: string) => void = () => {};
    const state = {
      asked: [] as unknown[],
      held: true,
      answer: () => tell(state.asked.at(-1)),
      die: () => end("it fell"),
    };
    const line: Line = {
      post: (question) => {
        if (question === "unsendable") throw new TypeError("no clone");
        state.asked.push(question);
      },
      listen: (onAnswer, onEnd) => {
        [tell, end] = [onAnswer, onEnd];
      },
      hold: (isBusy) => {
        state.held = isBusy;
      },
      terminate() {},
    };
    lines.push(state);
    return threadOf(line);
  };
  return { start, lines };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const job = (size: number) => ({ size, attempts: 2, who: "the thread" });

test("law: of what waits the largest is next, and of equals the first", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 12 }), async (sizes) => {
      const { start, lines } = stage();
      const crew = createCrew(1, start);
      const answers = sizes.map((size, index) => employ(crew, job(size), (thread) => thread.ask(index)));
      for (const _ of sizes) {
        await settled();
        lines[0]?.answer();
      }
      expect(await Promise.all(answers)).toEqual(sizes.map((_, index) => index));
      // The first was begun before others were there.
      const [first, ...rest] = [...sizes.keys()];
      const wanted = rest.sort((one, other) => (sizes[other] as number) - (sizes[one] as number) || one - other);
      expect(lines[0]?.asked).toEqual([first, ...wanted]);
      expect(lines).toHaveLength(1);
    }),
    { numRuns: 30 },
  );
});

test("a thread is held while it is asked, and only then", async () => {
  const { start, lines } = stage();
  const thread = start();
  expect(lines[0]?.held).toBe(false);
  const answer = thread.ask("a");
  expect(lines[0]?.held).toBe(true);
  lines[0]?.answer();
  await answer;
  expect(lines[0]?.held).toBe(false);
  await expect(thread.ask("unsendable")).rejects.toThrow("no clone");
  expect(lines[0]?.held).toBe(false);
});

test("one that dies while nobody asks is replaced by the next who does", async () => {
  const { start, lines } = stage();
  const crew = createCrew(1, start);
  const first = employ(crew, job(1), (thread) => thread.ask("a"));
  await settled();
  lines[0]?.answer();
  await first;
  lines[0]?.die();
  const second = employ(crew, job(1), (thread) => thread.ask("b"));
  await settled();
  lines[1]?.answer();
  await expect(second).resolves.toBe("b");
});

test("a worker that cannot be started is the error of who wanted it, and nobody else's", async () => {
  const { start, lines } = stage();
  let isBroken = true;
  const crew = createCrew(1, () => {
    if (isBroken) throw new RangeError("no more workers");
    return start();
  });
  await expect(employ(crew, job(1), (thread) => thread.ask("a"))).rejects.toThrow("no more workers");
  isBroken = false;
  const next = employ(crew, job(1), (thread) => thread.ask("b"));
  await settled();
  lines[0]?.answer();
  await expect(next).resolves.toBe("b");
});

test("a team has all its threads or none, and gives them back", async () => {
  const { start, lines } = stage();
  const crew = createCrew(2, start);
  const busy = employ(crew, job(1), (thread) => thread.ask("busy"));
  const order: string[] = [];
  const [one, other] = ["one", "other"].map((name) =>
    gather(crew, 2, undefined, async (threads) => {
      order.push(name);
      return threads.length;
    }),
  );
  const late = employ(crew, job(9), (thread) => thread.ask("late"));
  await settled();
  expect(order).toEqual([]);
  lines[0]?.answer();
  await busy;
  expect(await Promise.all([one, other])).toEqual([2, 2]);
  expect(order).toEqual(["one", "other"]);
  await settled();
  for (const line of lines) if (line.asked.at(-1) === "late") line.answer();
  await expect(late).resolves.toBe("late");
});

test("a team that is called off, or loses one, gives back those that live", async () => {
  const { start, lines } = stage();
  const crew = createCrew(2, start);
  const stop = new AbortController();
  const waiting = employ(crew, job(1), (thread) => thread.ask("busy"));
  const called = gather(crew, 2, stop.signal, async () => "never");
  stop.abort("enough");
  await expect(called).rejects.toBe("enough");
  await settled();
  lines[0]?.answer();
  await waiting;
  const lost = gather(crew, 2, undefined, ([thread]) => (thread as Thread).ask("a"));
  await settled();
  for (const line of lines) if (line.asked.at(-1) === "a") line.die();
  await expect(lost).rejects.toBeInstanceOf(Death);
  const after = gather(crew, 2, undefined, async (threads) => threads.every(({ isDead }) => !isDead));
  await expect(after).resolves.toBe(true);
});
