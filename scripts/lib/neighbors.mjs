/**
 * Brings functions of a module that are alike beside each other, so that gzip, which looks back 32 kB and pays for distance,
 * finds more of one in the other: half a kilobyte of our module.
 */

/** Bytes that stand in common, no matter where, are what likeness is made of. */
const LENGTH = 4;
/** What stands in so many functions tells nothing. */
const COMMON = 40;

/** The module with a section of names; in the order of these, functions follow one another by likeness. */
export function nameByLikeness(module) {
  const { imported, bodies } = read(module);
  const order = chain(bodies);
  const names = new Array(imported + bodies.length);
  for (let index = 0; index < imported; index += 1) names[index] = `i${index}`;
  for (const [place, body] of order.entries()) names[imported + body] = `n${String(place).padStart(6, "0")}`;
  const entries = names.flatMap((name, index) => [...leb(index), ...text(name)]);
  const functions = [...leb(names.length), ...entries];
  const content = [...text("name"), 1, ...leb(functions.length), ...functions];
  return Buffer.concat([module, Buffer.from([0, ...leb(content.length), ...content])]);
}

/** From each function to the most alike of those that are left. */
function chain(bodies) {
  const counts = bodies.map(gramsOf);
  const functionsWith = new Map();
  for (const grams of counts) {
    for (const gram of grams.keys()) functionsWith.set(gram, (functionsWith.get(gram) ?? 0) + 1);
  }
  const likeness = (one, other) => {
    const [few, many] = counts[one].size < counts[other].size ? [one, other] : [other, one];
    let sum = 0;
    for (const [gram, count] of counts[few]) {
      const spread = functionsWith.get(gram);
      if (spread < COMMON) sum += Math.min(count, counts[many].get(gram) ?? 0) * Math.log(bodies.length / spread);
    }
    return sum / Math.sqrt(Math.min(bodies[one].length, bodies[other].length));
  };
  const left = new Set(bodies.keys());
  const order = [];
  for (let here = 0; here !== undefined; ) {
    order.push(here);
    left.delete(here);
    let best = -1;
    let next;
    for (const candidate of left) {
      const alike = likeness(here, candidate);
      if (alike > best) [best, next] = [alike, candidate];
    }
    here = next;
  }
  return order;
}

function gramsOf(body) {
  const counts = new Map();
  for (let place = 0; place + LENGTH <= body.length; place += 1) {
    const gram = body.readUInt32LE(place);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** How many functions the module imports, and the bodies of its own. */
function read(module) {
  let place = 8;
  const number = () => {
    let value = 0;
    for (let [byte, shift] = [128, 0]; byte > 127; shift += 7) {
      byte = module[place++];
      value |= (byte & 127) << shift;
    }
    return value;
  };
  let imported = 0;
  const bodies = [];
  while (place < module.length) {
    const section = module[place++];
    const end = number() + place;
    if (section === 2) imported = WebAssembly.Module.imports(new WebAssembly.Module(module)).filter(isFunction).length;
    if (section === 10) {
      for (let count = number(); count > 0; count -= 1) {
        const length = number();
        bodies.push(module.subarray(place, place + length));
        place += length;
      }
    }
    place = end;
  }
  return { imported, bodies };
}

const isFunction = ({ kind }) => kind === "function";
const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const text = (string) => [...leb(string.length), ...Buffer.from(string, "latin1")];
