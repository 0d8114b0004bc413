import { type Order, type Painted, paint } from "./picture.ts";

/** The newest picture of each canvas, for what came in between would not be seen. */
const waiting = new Map<number, Order>();

function paintAll(): void {
  for (const { id, turn, picture } of waiting.values()) {
    const bitmap = paint(picture);
    self.postMessage({ id, turn, bitmap } satisfies Painted, { transfer: [bitmap] });
  }
  waiting.clear();
}

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if (waiting.size === 0) setTimeout(paintAll, 0);
  waiting.set(data.id, data);
});
