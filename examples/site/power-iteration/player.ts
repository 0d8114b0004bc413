/**
 * Step by step, or played. A step is a jump, never a glide, so that nothing moves that was not asked to.
 *
 * @module
 */
import { find } from "../shared/dom.ts";
import { STEPS } from "./tasks.ts";

/** Milliseconds for each step: time enough to see where a dot went. */
const PACE = 600;

/** Connects the buttons; `go` shows a step. */
export function player(current: () => number, go: (step: number) => void): void {
  const play = find("play", HTMLButtonElement);
  let timer: ReturnType<typeof setInterval> | undefined;

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  };
  const tick = (): void => {
    if (current() >= STEPS) stop();
    else go(current() + 1);
  };
  const start = (): void => {
    if (current() >= STEPS) go(0);
    play.textContent = "Pause";
    timer = setInterval(tick, PACE);
  };
  const toggle = (): void => {
    if (timer !== undefined) stop();
    else start();
  };
  const by = (change: number) => () => {
    stop();
    go(Math.min(STEPS, Math.max(0, current() + change)));
  };
  play.addEventListener("click", toggle);
  find("step-back", HTMLButtonElement).addEventListener("click", by(-1));
  find("step-on", HTMLButtonElement).addEventListener("click", by(1));
  find("step", HTMLInputElement).addEventListener("input", stop);
  document.addEventListener("keydown", (event) => {
    // A key that a control listens to is the control's.
    if (event.key !== " " || event.target !== document.body) return;
    event.preventDefault();
    toggle();
  });
}
