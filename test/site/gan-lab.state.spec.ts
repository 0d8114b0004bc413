import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { methods } from "../../examples/shared/methods.mjs";
import {
  type Cells,
  cellAt,
  cells,
  centerOf,
  LIMIT,
  MOONS,
  SIDE,
  stroke,
  withCell,
} from "../../examples/site/gan-lab/cells.ts";
import { METHOD_NAMES, MOST, type Slots, toggled } from "../../examples/site/gan-lab/methods.ts";
import { REACH } from "../../examples/site/gan-lab/places.ts";
import { CODECS, DEFAULTS, NUMBER_NAMES, NUMBERS, type State } from "../../examples/site/gan-lab/state.ts";
import { readState, writeState } from "../../examples/site/shared/url-state.ts";

const cell = fc.integer({ min: 0, max: SIDE * SIDE - 1 });
const drawings = fc.uniqueArray(cell, { maxLength: LIMIT }).map((drawn): Cells => drawn.sort((a, b) => a - b));

describe("a drawing", () => {
  test("crosses the address unchanged, in two characters a point", () => {
    fc.assert(
      fc.property(drawings, (drawn) => {
        const text = cells.write(drawn);
        expect(text).toHaveLength(2 * drawn.length);
        expect(encodeURIComponent(text)).toBe(text);
        expect(cells.read(text)).toEqual(drawn);
      }),
    );
  });

  test.each(["A", "AAA", "ABAA", "AAAA", "A+", "A ", "AB".repeat(LIMIT + 1)])("is not read from %s", (text) => {
    expect(cells.read(text)).toBeUndefined();
  });

  test("has its points where they were put", () => {
    fc.assert(
      fc.property(cell, (index) => {
        expect(cellAt(...centerOf(index))).toBe(index);
      }),
    );
    for (const [x, y] of [
      [REACH, 0],
      [-1.01 * REACH, 0],
      [0, 1.01 * REACH],
      [0, -REACH],
      [Number.NaN, 0],
    ] as const) {
      expect(cellAt(x, y)).toBeUndefined();
    }
  });

  test("is a set: putting twice is putting once, taking undoes it, and it can be full", () => {
    fc.assert(
      fc.property(drawings, cell, (drawn, index) => {
        const put = withCell(drawn, index, true);
        expect(withCell(put, index, true)).toBe(put);
        expect([...put]).toEqual([...put].sort((a, b) => a - b));
        expect(put.length).toBeLessThanOrEqual(LIMIT);
        const taken = withCell(put, index, false);
        expect(taken).toEqual(drawn.filter((other) => other !== index));
      }),
    );
    const full = Array.from({ length: LIMIT }, (_, index) => index);
    expect(withCell(full, LIMIT, true)).toBe(full);
  });

  test("has no gaps along a stroke", () => {
    fc.assert(
      fc.property(cell, cell, (from, to) => {
        const passed = stroke(from, to);
        expect([passed[0], passed.at(-1)]).toEqual([from, to]);
        for (const [index, next] of passed.slice(1).entries()) {
          const last = passed[index] ?? 0;
          expect(Math.abs((next % SIDE) - (last % SIDE))).toBeLessThanOrEqual(1);
          expect(Math.abs(Math.floor(next / SIDE) - Math.floor(last / SIDE))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("begins with two moons, which fit into a link", () => {
    expect(cells.read(cells.write(MOONS))).toEqual(MOONS);
    expect(MOONS.length).toBeGreaterThan(40);
  });
});

describe("methods", () => {
  test("are those of the core", () => expect(METHOD_NAMES).toEqual(Object.keys(methods)));

  test("are two to four, whatever is toggled, and keep their places", () => {
    const names = fc.constantFrom(...METHOD_NAMES);
    fc.assert(
      fc.property(fc.array(names, { maxLength: 40 }), (clicks) => {
        let slots: Slots = DEFAULTS.methods;
        for (const name of clicks) {
          const next = toggled(slots, name);
          for (const [place, method] of slots.entries()) {
            if (method !== undefined && method !== name) expect(next[place]).toBe(method);
          }
          slots = next;
          const chosen = slots.filter((method) => method !== undefined);
          expect(chosen.length).toBeGreaterThanOrEqual(2);
          expect(chosen.length).toBeLessThanOrEqual(MOST);
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(CODECS.methods.read(CODECS.methods.write(slots))).toEqual(expect.arrayContaining(chosen));
        }
      }),
    );
  });

  test.each(["", "none", "none_none", "none_x", "x", "none_weightClipping____x", "none_weightClipping____"])(
    "are not read from %s",
    (text) => expect(CODECS.methods.read(text)).toBeUndefined(),
  );

  test("are read with their places", () => {
    expect(CODECS.methods.read("_none__weightClipping")).toEqual([undefined, "none", undefined, "weightClipping"]);
    expect(CODECS.methods.write([undefined, "none", undefined, "weightClipping"])).toBe("_none__weightClipping");
    expect(CODECS.methods.write(["none", "weightClipping", undefined, undefined])).toBe("none_weightClipping");
  });
});

describe("the address", () => {
  test("carries every setting within its range, and none beyond", () => {
    for (const name of NUMBER_NAMES) {
      const { least, most } = NUMBERS[name];
      for (const value of [least, most]) {
        const state: State = { ...DEFAULTS, [name]: value };
        expect(readState(writeState(state, CODECS, DEFAULTS), CODECS, DEFAULTS)).toEqual(state);
      }
      for (const text of ["", "x", "1e400", "0x10", String(most * 10), String(least - 1)]) {
        expect(CODECS[name].read(text), `${name}=${text}`).toBeUndefined();
      }
    }
  });

  test("carries layers, also none of them", () => {
    for (const layers of [[], ["real"], ["real", "samples", "grid", "gradients"]] as const) {
      expect(CODECS.layers.read(CODECS.layers.write(layers))).toEqual(layers);
    }
    expect(CODECS.layers.read("real_x")).toBeUndefined();
    expect(CODECS.layers.read("real_real")).toBeUndefined();
  });
});
