/**
 * Gives the exports that return several values a few signatures in common. V8 as of Node 20 makes machine code for each
 * signature of such exports by its optimizing compiler, when it compiles the module: a quarter of a millisecond each,
 * whether or not anything is called.
 */
import { rewrite } from "./rewrite.mjs";

/** The numbers of arguments. Calls from JavaScript may pass fewer: the others are NaN, and nobody reads them. */
const ARITIES = [3, 11];

/** Whatever an export returns, it is found in these places: the first may be a number, or an index as the others are. */
const RESULTS = ["f64", "i32", "i32", "i32"];

/** A function that takes and returns what its likes do, and calls the one of that name. */
function addDoor(binaryen, module, name, { params, results }) {
  const { f64, i32 } = module;
  const [given, own] = [binaryen.expandType(params), binaryen.expandType(results)];
  const arity = ARITIES.find((most) => most >= given.length);
  if (arity === undefined || own.length > RESULTS.length) throw new Error(`${name} takes or returns too much`);
  const argument = (type, place) => {
    const number = module.local.get(place, binaryen.f64);
    return type === binaryen.f64 ? number : i32.trunc_u_sat.f64(number);
  };
  const result = (kind, place) => {
    if (place >= own.length) return kind === "f64" ? f64.const(0) : i32.const(0);
    const value = module.tuple.extract(module.local.get(arity, results), place);
    if (binaryen[kind] === own[place]) return value;
    if (kind !== "f64") throw new Error(`${name} returns a number where indices are`);
    return f64.convert_u.i32(value);
  };
  const body = module.block(null, [
    module.local.set(arity, module.call(name, given.map(argument), results)),
    module.return(module.tuple.make(RESULTS.map(result))),
  ]);
  const types = [Array(arity).fill(binaryen.f64), RESULTS.map((kind) => binaryen[kind])].map(binaryen.createType);
  module.addFunction(`${name} door`, ...types, [results], body);
}

/** The module with those functions in the place of its exports. */
export async function shareSignatures(module) {
  return (await rewrite(module, shareAll)).bytes;
}

function shareAll(binaryen, module) {
  const exported = Array.from({ length: module.getNumExports() }, (_, index) =>
    binaryen.getExportInfo(module.getExportByIndex(index)),
  );
  for (const { kind, name, value } of exported) {
    if (kind !== binaryen.ExternalFunction) continue;
    const inner = binaryen.getFunctionInfo(module.getFunction(value));
    if (binaryen.expandType(inner.results).length < 2) continue;
    addDoor(binaryen, module, value, inner);
    module.removeExport(name);
    module.addFunctionExport(`${value} door`, name);
  }
}
