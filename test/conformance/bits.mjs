/**
 * Results as text that two runtimes share exactly when they share every bit.
 *
 * @module
 */

const scratch = new DataView(new ArrayBuffer(8));

function hex32(word) {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/** The 16 hexadecimal digits of a number's float64. NaN has one spelling, for engines differ in its payload. */
function numberBits(value) {
  if (Number.isNaN(value)) return "nan";
  scratch.setFloat64(0, value);
  return hex32(scratch.getUint32(0)) + hex32(scratch.getUint32(4));
}

/**
 * FNV-1a, 64 bits, in four 16-bit limbs: the prime is 2^40 + 0x1b3, and 16 × 9 bits stay far inside a double, while
 * BigInt would take most of the suite's time.
 */
export function fnv1a(bytes) {
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2];
  for (const byte of bytes) {
    a ^= byte;
    const p = a * 0x1b3;
    const q = b * 0x1b3 + Math.floor(p / 0x10000);
    const r = c * 0x1b3 + ((a << 8) & 0xffff) + Math.floor(q / 0x10000);
    const s = d * 0x1b3 + (a >>> 8) + ((b << 8) & 0xffff) + Math.floor(r / 0x10000);
    a = p & 0xffff;
    b = q & 0xffff;
    c = r & 0xffff;
    d = s & 0xffff;
  }
  return hex32(d * 0x10000 + c) + hex32(b * 0x10000 + a);
}

function arrayBits(array) {
  const kind = { Float32Array: "f32", Float64Array: "f64" }[array.constructor.name] ?? array.constructor.name;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return `${kind}[${array.length}]:${fnv1a(bytes)}`;
}

function scalarBits(value) {
  if (typeof value === "number") return numberBits(value);
  if (ArrayBuffer.isView(value)) return arrayBits(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  return String(value);
}

function* parts(name, value) {
  const isRecord = typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);
  if (!isRecord) yield name === "" ? scalarBits(value) : `${name}=${scalarBits(value)}`;
  else for (const [field, part] of Object.entries(value)) yield* parts(name === "" ? field : `${name}.${field}`, part);
}

/** A scalar's or an array's bits; an object's as `field=bits`, one after the other. */
export function bitsOf(value) {
  return [...parts("", value)].join(" ");
}

function readable(part) {
  const [field, hex] = part.includes("=") ? part.split("=") : ["", part];
  if (!/^[0-9a-f]{16}$/.test(hex)) return part;
  scratch.setUint32(0, Number.parseInt(hex.slice(0, 8), 16));
  scratch.setUint32(4, Number.parseInt(hex.slice(8), 16));
  return `${field}${field && "="}${hex} (${scratch.getFloat64(0)})`;
}

/** Where two texts of bits part, in numbers as far as they stand for numbers; `undefined` where they agree. */
export function difference(expected, got) {
  if (expected === got) return undefined;
  if (expected === undefined || got === undefined) return `expected ${expected ?? "none"}, got ${got ?? "none"}`;
  if (got.startsWith("error: ")) return `expected ${expected}, got ${got}`;
  const before = expected.split(" ");
  const now = got.split(" ");
  const count = Math.max(before.length, now.length);
  return Array.from({ length: count }, (_, i) => [before[i] ?? "none", now[i] ?? "none"])
    .filter(([x, y]) => x !== y)
    .map(([x, y]) => `expected ${readable(x)}, got ${readable(y)}`)
    .join("; ");
}
