/**
 * How many tests passed and failed, as each kind of runner says it.
 *
 * @module
 */
const sum = (matches) => [...matches].reduce((total, match) => total + Number(match[1]), 0);

/** One test. */
export const byExit = ({ code }) => (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/** A failing exit code is never without a failure, whatever the counts say: a runner can die after its summary. */
function atLeastOne(result, counts) {
  if (result.code !== 0) return { passed: counts.passed, failed: Math.max(1, counts.failed) };
  // A green run of nothing proves nothing.
  return counts.passed === 0 ? { passed: 0, failed: 1 } : counts;
}

/** cargo test: a line for each binary. */
export const byCargo = (result) =>
  atLeastOne(result, {
    passed: sum(result.output.matchAll(/test result: .*? (\d+) passed/g)),
    failed: sum(result.output.matchAll(/test result: .*? (\d+) failed/g)),
  });

/** vitest: "Tests  2 failed | 31 passed (33)". */
export function byVitest(result) {
  const line = result.output.match(/^\s*Tests\s+(.*)$/m)?.[1] ?? "";
  return atLeastOne(result, {
    passed: sum(line.matchAll(/(\d+) passed/g)),
    failed: sum(line.matchAll(/(\d+) failed/g)),
  });
}

/** The proof run: a row for all matrices of each part, "all  4400  0 …". */
export const byProof = (result) =>
  atLeastOne(result, {
    passed: sum(result.output.matchAll(/^all +(\d+)/gm)),
    failed: sum(result.output.matchAll(/^all +\d+ +(\d+)/gm)),
  });

/** The last line is "N passed, M failed". */
export const byLastLine = (result) =>
  atLeastOne(result, {
    passed: sum(result.output.matchAll(/^(\d+) passed, \d+ failed$/gm)),
    failed: sum(result.output.matchAll(/^\d+ passed, (\d+) failed$/gm)),
  });

/** The conformance suite: "210 results, all bits equal; 35 checks hold", or how many of each do not. */
export function byConformance(result) {
  const [, results, differ] = result.output.match(/(\d+) results, (?:all bits equal|(\d+) differ)/) ?? [0, 0, 0];
  const [, broken, checks] = result.output.match(/; (?:(\d+) of )?(\d+) checks/) ?? [0, 0, 0];
  const failed = Number(differ ?? 0) + Number(broken ?? 0);
  return atLeastOne(result, { passed: Number(results) + Number(checks) - failed, failed });
}

/** A line for each app: "ok    vite  sigma …" or "FAIL  …". */
export const byApp = (result) =>
  atLeastOne(result, {
    passed: [...result.output.matchAll(/^ok {2,}/gm)].length,
    failed: [...result.output.matchAll(/^FAIL {2,}/gm)].length,
  });
