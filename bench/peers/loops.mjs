/** Loops have none of their own; they are as fast as the JavaScript engine makes them. */
const version = `V8 ${process.versions.v8}`;

/**
 * Loops in JavaScript, as a careful programmer writes them: one pass over the rows in the order of memory, a row used
 * twice while it is in cache, locals hoisted, sums in `number`.
 */
export const loops = {
  name: "loops",
  version,
  prepare(weight, rows, columns) {
    return powerMethod(columns, (v, z) => {
      let at = 0;
      for (let i = 0; i < rows; i++) {
        let sum = 0;
        for (let j = 0; j < columns; j++, at++) sum += weight[at] * v[j];
        at -= columns;
        for (let j = 0; j < columns; j++, at++) z[j] += weight[at] * sum;
      }
    });
  },
};

/** The same with four sums at once, so that an addition need not wait for the one before: what unrolling by hand buys. */
export const unrolledLoops = {
  name: "loops, unrolled by 4",
  version,
  prepare(weight, rows, columns) {
    const whole = columns - (columns % 4);
    return powerMethod(columns, (v, z) => {
      for (let i = 0, at = 0; i < rows; i++, at += columns) {
        let s0 = 0;
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        for (let j = 0; j < whole; j += 4) {
          s0 += weight[at + j] * v[j];
          s1 += weight[at + j + 1] * v[j + 1];
          s2 += weight[at + j + 2] * v[j + 2];
          s3 += weight[at + j + 3] * v[j + 3];
        }
        let sum = s0 + s1 + (s2 + s3);
        for (let j = whole; j < columns; j++) sum += weight[at + j] * v[j];
        for (let j = 0; j < whole; j += 4) {
          z[j] += weight[at + j] * sum;
          z[j + 1] += weight[at + j + 1] * sum;
          z[j + 2] += weight[at + j + 2] * sum;
          z[j + 3] += weight[at + j + 3] * sum;
        }
        for (let j = whole; j < columns; j++) z[j] += weight[at + j] * sum;
      }
    });
  },
};

/** Iterations from all ones; `addGram` adds WᵀWv to z. */
function powerMethod(columns, addGram) {
  let v = new Float32Array(columns);
  let z = new Float32Array(columns);
  return (iterations) => {
    v.fill(1 / Math.sqrt(columns));
    let squared = 0;
    for (let n = 0; n < iterations; n++) {
      z.fill(0);
      addGram(v, z);
      squared = 0;
      for (let j = 0; j < columns; j++) squared += z[j] * z[j];
      const inverse = 1 / Math.sqrt(squared);
      for (let j = 0; j < columns; j++) z[j] *= inverse;
      [v, z] = [z, v];
    }
    return Math.sqrt(Math.sqrt(squared));
  };
}
