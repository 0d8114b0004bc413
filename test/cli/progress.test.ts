import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgress } from "../../ts/cli/progress.js";

const clear = "\r\u001b[K";

function fakeStream(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, columns: 20, write: (text: string) => written.push(text) > 0 };
  return { written, progress: createProgress(stream as unknown as NodeJS.WriteStream) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("one line, overwritten, cut to the terminal and cleared", () => {
  const { written, progress } = fakeStream(true);
  vi.advanceTimersByTime(1000);
  progress.show("1/2 short");
  progress.show("2/2 a.weight.that.is.long");
  progress.clear();
  progress.clear();
  expect(written).toEqual([`${clear}1/2 short`, `${clear}2/2 a.wei…t.is.long`, clear]);
});

test("nothing for what is over at once", () => {
  const { written, progress } = fakeStream(true);
  progress.show("1/1 short");
  progress.clear();
  expect(written).toEqual([]);
});

test("nothing where there is no terminal", () => {
  const { written, progress } = fakeStream(false);
  vi.advanceTimersByTime(1000);
  progress.show("1/1 short");
  progress.clear();
  expect(written).toEqual([]);
});
