// @ts-check
/**
 * The loops of a pass as a table of their instructions.
 *
 * @module
 */
import { kinds } from "./generated/loops.mjs";
import { table } from "./report.mjs";

/** @type {Readonly<{ [kind in import("./generated/loops.mjs").Kind]: string }>} */
const words = {
  load: "loads",
  multiplication: "multiplications",
  addition: "additions",
  store: "stores",
  place: "addresses",
  control: "loop",
  spilled: "spilled registers",
  other: "others",
};

/** A row for each loop of each engine. @param {unknown} _ @param {{ cases: import("./parts/index.mjs").Case[] }} found */
export function counted(_, { cases }) {
  const rows = cases.flatMap(({ name, loops, nanoseconds = 1, most = 1 }) => {
    const { products, sums } = /** @type {import("./parts/index.mjs").Loops} */ (loops);
    const total = (/** @type {typeof sums} */ counts) => kinds.reduce((sum, kind) => sum + counts[kind], 0);
    const cells = (/** @type {typeof sums} */ counts) => [...kinds.map((kind) => counts[kind]), total(counts)];
    const arithmetic = [products, sums].reduce((sum, counts) => sum + counts.multiplication + counts.addition, 0);
    const rates = [
      ((total(products) + total(sums)) / nanoseconds).toFixed(1),
      `${(arithmetic / nanoseconds).toFixed(1)} (${Math.round((100 * arithmetic) / nanoseconds / most)}% of ${most.toFixed(1)})`,
    ];
    return [
      [name, "four rows times v", ...cells(products), "", ""],
      ["", "their sum into z", ...cells(sums), ...rates],
    ];
  });
  const head = ["", "loop", ...kinds.map((kind) => words[kind]), "together", "a nanosecond", "arithmetic a nanosecond"];
  return table(
    head,
    rows.map((cells) => cells.map((one) => (typeof one === "number" ? String(Number(one.toFixed(1))) : one))),
  );
}
