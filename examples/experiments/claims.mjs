// @ts-check
/**
 * The article's claims, each as comparisons of recorded runs whose outcome decides it by rules.mjs. Written before the runs.
 *
 * @module
 */
import { against, claim, part, select } from "./comparisons.mjs";
import { SETTINGS } from "./plan.mjs";
import * as quantities from "./quantities.mjs";
import { median } from "./rules.mjs";

/** @typedef {import("./records.mjs").Record} Record */
/** @typedef {import("./comparisons.mjs").Claim} Claim */

/** The same comparison on every data set of claims 1 to 3. @param {readonly Record[]} records */
function everywhere(records) {
  const shallow = select(records, { task: "gan" }).filter(({ run }) => run.claims.includes(1));
  const data = [...new Set(shallow.map(({ run }) => run.data))];
  return (
    /** @type {string} */ what,
    /** @type {(record: Record) => number} */ measure,
    /** @type {string} */ smaller,
    /** @type {string} */ larger,
  ) =>
    data.flatMap((name) =>
      against(what, name, measure, {
        [smaller]: select(shallow, { data: name, method: smaller }),
        [larger]: select(shallow, { data: name, method: larger }),
      }),
    );
}

/** @param {readonly Record[]} records @param {string} id @param {string} method @param {string} how */
function faster(records, id, method, how) {
  const on = everywhere(records);
  return claim(
    id,
    `Spectral normalization (${how}) against the gradient penalty`,
    "Spectral normalization needs fewer steps to a given distance than the gradient penalty, and a step is cheaper.",
    [
      part("fewer steps", on("steps to distance", quantities.stepsToDistance, method, "gradientPenalty")),
      part("a cheaper step", on("ms a step", quantities.timeOfStep, method, "gradientPenalty")),
      part("less time", on("s to distance", quantities.timeToDistance, method, "gradientPenalty"), false),
      part("a lower distance at the end", on("distance", quantities.finalDistance, method, "gradientPenalty"), false),
    ],
  );
}

/**
 * The runs of a method on some data at the settings that suit it best, by the median distance at the end.
 *
 * @param {readonly Record[]} records
 * @param {string} data
 * @param {string} method
 */
function atItsBest(records, data, method) {
  const runs = select(records, { task: "gan", data, method }).filter(({ run }) => run.options["depth"] === undefined);
  const settingOf = (/** @type {Record} */ { run: { options } }) =>
    `rate ${options["rate"]}${options["lambda"] === undefined ? "" : `, λ = ${options["lambda"]}`}`;
  const at = (/** @type {string} */ setting) => runs.filter((record) => settingOf(record) === setting);
  const quality = (/** @type {string} */ setting) => median(at(setting).map(quantities.finalDistance));
  const settings = [...new Set(runs.map(settingOf))];
  const best = settings.reduce((a, b) => (quality(b) < quality(a) ? b : a), settings[0] ?? "");
  return { name: `${method}, ${best}`, runs: at(best) };
}

/** Whether claim 1 hangs on the settings that all critics have in common. @param {readonly Record[]} records */
function atBest(records) {
  const swept = [...new Set(records.flatMap(({ run }) => (run.claims.includes(SETTINGS) ? [run.data] : [])))];
  const on = (/** @type {string} */ what, /** @type {(record: Record) => number} */ measure) =>
    swept.flatMap((data) => {
      const [smaller, larger] = ["spectralTorch", "gradientPenalty"].map((method) => atItsBest(records, data, method));
      return against(what, data, measure, {
        [smaller?.name ?? ""]: smaller?.runs ?? [],
        [larger?.name ?? ""]: larger?.runs ?? [],
      });
    });
  return claim(
    "1c",
    "The same, each at its best settings",
    "Spectral normalization (one persistent step) needs fewer steps than the gradient penalty, each at the learning rate, and the weight of the penalty, that suits it best.",
    [
      part("fewer steps", on("steps to distance", quantities.stepsToDistance)),
      part("a lower distance at the end", on("distance", quantities.finalDistance), false),
    ],
  );
}

/** @param {readonly Record[]} records */
function constraint(records) {
  const on = everywhere(records);
  const [after, through] = ["spectralConstraint", "spectralTorch"];
  return claim(
    "2",
    "Constraint after the update against reparameterization",
    "With a constraint after the update the gradient is further from the true one than with a reparameterization, and samples are worse.",
    [
      part("a larger angle", on("angle, °", quantities.typicalAngle, through, after)),
      part("worse samples", on("distance", quantities.finalDistance, through, after)),
      part(
        "the same for the article's five steps",
        on("distance", quantities.finalDistance, "spectralArticle", after),
        false,
      ),
    ],
  );
}

/** @param {readonly Record[]} records */
function sides(records) {
  const on = everywhere(records);
  return claim("3", "One-sided against two-sided penalty", "The one-sided gradient penalty is the better one.", [
    part("a lower distance", on("distance", quantities.finalDistance, "oneSidedPenalty", "gradientPenalty")),
    part(
      "fewer steps",
      on("steps to distance", quantities.stepsToDistance, "oneSidedPenalty", "gradientPenalty"),
      false,
    ),
  ]);
}

/** @param {readonly Record[]} records */
function clipping(records) {
  const deep = records.filter(({ run }) => run.claims.includes(4));
  const on = (
    /** @type {string} */ what,
    /** @type {(record: Record) => number} */ measure,
    /** @type {readonly string[]} */ others,
  ) =>
    others.flatMap((method) =>
      against(what, "swissRoll", measure, {
        [method]: select(deep, { method }),
        weightClipping: select(deep, { method: "weightClipping" }),
      }),
    );
  const others = ["gradientPenalty", "spectralTorch"];
  return claim(
    "4",
    "Weight clipping",
    "Under weight clipping gradients fade or explode from layer to layer of a deep critic.",
    [
      part("gradients less even", on("decades a layer", quantities.unevenness, others)),
      part("worse samples", on("distance", quantities.finalDistance, others), false),
    ],
  );
}

/**
 * Of the runs of one regularizer those with the λ that the validation part prefers under attack, by the median over seeds.
 *
 * @param {readonly Record[]} records
 * @param {string} method
 */
export function chosen(records, method) {
  const runs = select(records, { task: "supervised", method });
  const lambdas = [...new Set(runs.map(({ run }) => run.options["lambda"] ?? 0))];
  const quality = (/** @type {number} */ lambda) =>
    median(select(runs, {}, { lambda }).map((record) => quantities.scoresOf(record).validationAttacked));
  const best = lambdas.reduce((a, b) => (quality(b) > quality(a) ? b : a), lambdas[0] ?? 0);
  return select(runs, {}, { lambda: best });
}

/** @typedef {"clean" | "gaussian" | "attacked" | "gap" | "radius"} Score */

/** @param {readonly Record[]} records @param {string} id @param {string} better @param {string} worse @param {string} statement */
function supervised(records, id, better, worse, statement) {
  const ranks = (/** @type {string} */ what, /** @type {Score} */ score, larger = true) => {
    const [low, high] = larger ? [worse, better] : [better, worse];
    return against(what, "digits", (record) => quantities.scoresOf(record)[score], {
      [low]: chosen(records, low),
      [high]: chosen(records, high),
    });
  };
  return claim(id, `Supervised: ${better} against ${worse}`, statement, [
    part("accuracy under attack", ranks("attacked accuracy", "attacked")),
    part("accuracy under Gaussian noise", ranks("noisy accuracy", "gaussian")),
    part("accuracy on clean images", ranks("clean accuracy", "clean"), false),
    part("a smaller generalization gap", ranks("gap", "gap", false), false),
    part("a larger certified radius", ranks("certified radius", "radius"), false),
  ]);
}

/** @param {readonly Record[]} records */
function conditional(records) {
  const [few, many] = [2, 10].map((classes) => select(records, { task: "conditional" }, { classes }));
  const penalties = ["gradientPenalty", "oneSidedPenalty"];
  const ratio = (/** @type {readonly Record[] | undefined} */ from) => (/** @type {Record} */ record) => {
    const [other] = select(from ?? [], { method: "spectralTorch", seed: record.run.seed });
    return quantities.finalDistance(record) / (other === undefined ? Number.NaN : quantities.finalDistance(other));
  };
  const growth = penalties.flatMap((method) => {
    const sidesOf = [few, many].map((from) => ({ method, from: from ?? [] }));
    // Each side has its own measure, for the ratio is to the runs with as many classes.
    const measure = (/** @type {Record} */ record) => ratio(record.run.options["classes"] === 2 ? few : many)(record);
    const [left, right] = sidesOf.map(({ from }) => select(from, { method }));
    return against("distance, of that by spectralTorch", "digits", measure, {
      [`${method}, 2 classes`]: left ?? [],
      [`${method}, 10 classes`]: right ?? [],
    });
  });
  const worse = penalties.flatMap((method) =>
    against("distance", "digits", quantities.finalDistance, {
      spectralTorch: select(many ?? [], { method: "spectralTorch" }),
      [method]: select(many ?? [], { method }),
    }),
  );
  return claim(
    "6",
    "Conditional generation",
    "With many classes a penalty at interpolated points suffers, against spectral normalization.",
    [part("worse with ten classes than with two", growth), part("worse with ten classes", worse, false)],
  );
}

/**
 * The verdicts.
 *
 * @param {readonly Record[]} records
 * @returns {Claim[]} Those for which there are records.
 */
export function judge(records) {
  const claims = [
    faster(records, "1a", "spectralTorch", "one persistent step"),
    faster(records, "1b", "spectralArticle", "the article's five steps from all ones"),
    atBest(records),
    constraint(records),
    sides(records),
    clipping(records),
    supervised(records, "5a", "spectral", "frobenius", "λ‖W‖₂² makes a model more robust than λ‖W‖_F²."),
    supervised(
      records,
      "5b",
      "gradient",
      "spectral",
      "The article's open question: a gradient penalty makes a supervised model more robust than λ‖W‖₂².",
    ),
    conditional(records),
  ];
  return claims.filter(({ parts }) => parts.some(({ comparisons }) => comparisons.length > 0));
}
