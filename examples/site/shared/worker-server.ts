/**
 * The worker's end of the line to the engine: it loads and computes off the main thread, which never waits for either.
 *
 * @module
 */
import { type Engine, load } from "spectral-norm";

/** What a worker can be asked for by name; a promise is waited for. */
export type Tasks = Readonly<Record<string, (engine: Engine, ...args: never[]) => unknown>>;

/** A question, as it crosses to the worker. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Its answer. Errors cross as what they say, for a clone of one loses its code. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

async function answer(engine: Promise<Engine>, tasks: Tasks, { id, name, args }: Question): Promise<Answer> {
  try {
    const task = tasks[name] as (engine: Engine, ...args: readonly unknown[]) => unknown;
    return { id, value: await task(await engine, ...args) };
  } catch (error) {
    const { code = "INTERNAL", message } = error as { code?: string; message: string };
    return { id, error: { code, message } };
  }
}

/** Answers questions for as long as the worker lives. */
export function serve(tasks: Tasks): void {
  const engine = load();
  self.addEventListener("message", async ({ data }: MessageEvent<Question>) => {
    self.postMessage(await answer(engine, tasks, data));
  });
}
