import "../shared/theme.css";
import "../shared/lab.css";
import "../shared/controls.css";
import "../shared/figures.css";
import "./page.css";
import "./models.css";
import { responsive } from "../shared/chart.ts";
import { offerLink, radios, slider } from "../shared/controls.ts";
import { allDrawn, eachFrame, find, nextTask, oneAFrame } from "../shared/dom.ts";
import { offerSvg } from "../shared/download.ts";
import { number } from "../shared/format.ts";
import { notice } from "../shared/notice.ts";
import { keepState, readState } from "../shared/url-state.ts";
import { connect, newest } from "../shared/worker-client.ts";
import { Card } from "./card.ts";
import type { Progress } from "./contestant.ts";
import { drawCurve } from "./curve.ts";
import { Editor } from "./editor.ts";
import { Law } from "./law.ts";
import { MODELS, NAMES, STEPS } from "./models.ts";
import { BLANK, COUNT, type Levels, noisy, toLevels, toValues } from "./pixels.ts";
import { CODECS, DEFAULTS, lambdaOf, type State, settingsOf, TARGETS } from "./state.ts";
import { strip } from "./strip.ts";
import type { Answer, Change, PageTasks, Samples } from "./tasks.ts";
import { Trainer } from "./training.ts";
import { progressOf } from "./words.ts";

// The page itself takes its time to be parsed and styled, and so do its parts: each has a task.
await nextTask();

const ask = connect<PageTasks>(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
const keep = keepState(CODECS, DEFAULTS);

let state = readState(location.search, CODECS, DEFAULTS);
let samples: Samples | undefined;
let progress: readonly Progress[] = [];
let answers: readonly Answer[] = [];
/** The image that the answers are to. */
let answered: Float32Array = toValues(BLANK);
let isErasing = false;
let isTraining = false;

const cards = MODELS.map((model) => new Card(model));
find("models", HTMLElement).append(...cards.map(({ panel }) => panel));
const law = new Law();
await nextTask();

const levels = (): Levels => {
  if (state.drawn !== undefined) return state.drawn;
  const from = COUNT * state.digit;
  return samples === undefined ? BLANK : toLevels(samples.images.subarray(from, from + COUNT));
};
const editor = new Editor(find("digit", HTMLElement), {
  levels,
  isErasing: () => isErasing,
  change: (drawn) => change({ drawn }),
});
const drawStrip = strip((digit) => change({ digit, drawn: undefined }));
const redrawCurve = oneAFrame(
  responsive(find("curve", HTMLElement), (width) =>
    drawCurve(progress, Math.max(0, ...answers.map(({ size }) => size)), width),
  ),
);

const drawDigit = eachFrame(() => {
  editor.draw(levels());
  if (samples !== undefined) drawStrip(samples, state.digit, state.drawn !== undefined);
});
const drawCards = cards.map((card, index) =>
  oneAFrame(() => {
    const [answer, come] = [answers[index], progress[index]];
    if (answer !== undefined) card.showAnswer(answer, answered);
    if (come !== undefined) card.showProgress(come);
  }),
);
function drawAnswers(): void {
  for (const drawCard of drawCards) drawCard();
  redrawCurve();
}

function changeOf(image: Float32Array): Change {
  const { kind, radius, against, deviation, noise } = state;
  return kind === "noise" ? { kind: "image", image: noisy(image, deviation, noise) } : { kind, radius, against };
}

let [asked, shown] = [0, 0];
/** The state whose answers are shown with what the search found. */
let searched: State | undefined;

async function answer(isSearched: boolean): Promise<void> {
  if (samples === undefined) return;
  const image = toValues(levels());
  asked += 1;
  const [place, of] = [asked, state];
  try {
    const given = await ask("answer", image, changeOf(image), isSearched);
    // A search takes longer than what is asked after it: what comes late is no longer of what is shown.
    if (place < shown) return;
    // Nor does an answer without a search take the place of one to the same question with it.
    if (!(isSearched || isTraining) && searched === of) return;
    if (isSearched) searched = of;
    shown = place;
    answers = given;
    answered = image;
    law.check(answers);
    drawAnswers();
  } catch (error) {
    notice(error);
  }
}

const askAgain = newest(() => answer(false));
/** The search for the shortest change takes as long as some training steps: it waits until the training rests. */
const search = newest(async () => {
  if (!isTraining) await answer(true);
});

function reconsider(): void {
  askAgain(undefined);
  if (!isTraining) search(undefined);
}

const trainer = new Trainer(ask, {
  async progress(all) {
    progress = all;
    find("progress", HTMLProgressElement).value = all.reduce((sum, { step }) => sum + step, 0);
    find("progress-words", HTMLElement).textContent = progressOf(all);
    await answer(false);
    // Where the models' worker holds all processors, what is drawn would wait for it in the midst of a frame.
    await allDrawn();
  },
  state(isRunning) {
    isTraining = isRunning;
    const isOver = progress.length > 0 && progress.every(({ step, failure }) => step >= STEPS || failure !== undefined);
    const button = find("pause", HTMLButtonElement);
    button.textContent = isRunning ? "Pause" : isOver ? "Done" : "Go on";
    button.disabled = !isRunning && isOver;
    if (!isRunning) search(undefined);
  },
  fail: notice,
});

const setKind = radios("kind", [["worst", "worst-case step"] as const, ["noise", "noise"] as const], (kind) =>
  change({ kind }),
);
const setAgainst = radios(
  "against",
  TARGETS.map((target) => [target, target === "each" ? "each model itself" : NAMES[target].title] as const),
  (against) => change({ against }),
);
const setBrush = radios("brush", [["ink", "ink"] as const, ["erase", "erase"] as const], (brush) => {
  isErasing = brush === "erase";
});
setBrush("ink");
const sliders = (["radius", "deviation", "seed", "frobenius", "spectral"] as const).map(
  (key) => [key, slider(find(key, HTMLInputElement), (value) => change({ [key]: value }))] as const,
);

function showControls(): void {
  for (const [key, set] of sliders) set(state[key]);
  setKind(state.kind);
  setAgainst(state.against);
  find("worst-field", HTMLElement).hidden = state.kind !== "worst";
  find("noise-field", HTMLElement).hidden = state.kind !== "noise";
  const words = {
    radius: number(state.radius),
    deviation: number(state.deviation),
    seed: String(state.seed),
    frobenius: number(lambdaOf(state.frobenius), 3),
    spectral: number(lambdaOf(state.spectral), 3),
  };
  for (const [key, text] of Object.entries(words)) find(`${key}-name`, HTMLElement).textContent = text;
}

/** The one way by which the page changes. */
function change(part: Partial<State>): void {
  state = { ...state, ...part };
  if ("seed" in part || "frobenius" in part || "spectral" in part) trainer.set(settingsOf(state));
  else reconsider();
  showControls();
  drawDigit();
  keep(state);
}

async function start(): Promise<void> {
  showControls();
  drawDigit();
  try {
    samples = await ask("samples");
    drawDigit();
    trainer.set(settingsOf(state));
  } catch (error) {
    notice(error);
  }
}

find("progress", HTMLProgressElement).max = MODELS.length * STEPS;
find("clear", HTMLButtonElement).addEventListener("click", () => change({ drawn: BLANK }));
find("reseed", HTMLButtonElement).addEventListener("click", () => change({ noise: (state.noise + 1) % 1000 }));
find("pause", HTMLButtonElement).addEventListener("click", () => trainer.toggle());
offerLink(find("share", HTMLButtonElement));
offerSvg(
  find("save-curve", HTMLButtonElement),
  () =>
    find("curve", HTMLElement).querySelector("svg") ?? document.createElementNS("http://www.w3.org/2000/svg", "svg"),
  "certified-accuracy.svg",
);
await nextTask();
void start();
