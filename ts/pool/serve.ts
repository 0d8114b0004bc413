/**
 * What runs in a worker: an engine of its own, over the module that the pool compiled.
 *
 * @module
 */
import { createSlot } from "../engine/load.js";
import { answererOf, type Question, type Reply } from "./answer.js";
import { tell } from "./told.js";

/** What a worker is asked first: to start. */
export interface Start {
  readonly kind: "start";
  readonly module: WebAssembly.Module;
}

/** The worker's end of the line. */
export interface Port {
  onQuestion(listen: (question: Start | Question) => void): void;
  post(answer: unknown, moved: readonly ArrayBuffer[]): void;
}

/** Answers questions until the worker is ended. */
export function serve(port: Port): void {
  let answerer: ((question: Question) => Reply) | undefined;
  const answer = async (question: Start | Question): Promise<Reply> => {
    if (question.kind === "start") {
      answerer = answererOf(await createSlot().open(() => Promise.resolve(question.module)));
      return { answer: {}, moved: [] } as unknown as Reply;
    }
    return (answerer as (question: Question) => Reply)(question);
  };
  port.onQuestion((question) => {
    answer(question).then(
      (reply) => port.post(reply.answer, reply.moved),
      (thrown: unknown) => port.post({ error: tell(thrown) }, []),
    );
  });
}
