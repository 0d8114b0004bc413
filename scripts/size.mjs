import { at } from "./lib/paths.mjs";
import { measure, table } from "./lib/size.mjs";

/** Prints the sizes of what is published, in kB, and fails when one exceeds its budget. */
const rows = measure(at("dist"));
const excess = rows.filter((row) => row.excess).length;
console.log(table(rows));
console.log(`${rows.length - excess} passed, ${excess} failed`);
process.exitCode = excess === 0 ? 0 : 1;
