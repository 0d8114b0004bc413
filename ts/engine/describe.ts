/**
 * Renders any value for an error message, briefly, and whatever it is: symbols, cycles, getters that throw.
 *
 * @module
 */

const longestText = 40;
const mostEntries = 8;

/** The kind of a typed array, such as `"Float32Array"`, also of another realm; `undefined` for anything else. */
export function typedArrayKind(value: unknown): string | undefined {
  return kindGetter?.call(value) as string | undefined;
}

// `instanceof` fails for arrays of another realm (an iframe, a vm context, some test runners), and
// Object.prototype.toString can be fooled. This getter reads the internal slot.
const kindGetter = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

/** A few words for `value`, after "got". */
export function describe(value: unknown): string {
  try {
    return Array.isArray(value) ? describeArray(value) : describeOne(value);
  } catch {
    return "a value that cannot be shown";
  }
}

function describeArray(values: readonly unknown[]): string {
  const shown = Array.from(values.slice(0, mostEntries), describeOne).join(", ");
  return values.length > mostEntries ? `[${shown}, …] of length ${values.length}` : `[${shown}]`;
}

function describeOne(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > longestText ? `${value.slice(0, longestText)}…` : value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  const kind = typedArrayKind(value);
  if (kind !== undefined) {
    return `${kind}(${(value as ArrayLike<unknown>).length})`;
  }
  if (Array.isArray(value)) {
    return `an array of length ${value.length}`;
  }
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object"
    ? `an object of class ${name}`
    : describeKeys(value);
}

function describeKeys(value: object): string {
  const keys = Object.keys(value);
  const shown = keys.slice(0, mostEntries).join(", ");
  return keys.length > mostEntries ? `{ ${shown}, … }` : keys.length > 0 ? `{ ${shown} }` : "{}";
}
