/**
 * A worker as whoever gives it work sees it: a question at a time, and an answer, or its death.
 *
 * @module
 */

/** What is transferred with a message. */
export type Moved = readonly ArrayBuffer[];

/** What kinds of workers have in common. */
export interface Line {
  /** Sends a message; throws if it cannot be sent. */
  post(message: unknown, moved: Moved): void;
  /** Says whom to tell of answers, and of the worker's end with its reason. */
  listen(onAnswer: (answer: unknown) => void, onEnd: (reason: string) => void): void;
  /** Whether the process has to stay for it. */
  hold(isBusy: boolean): void;
  /** Ends the worker at once. */
  terminate(): unknown;
}

/** A worker died, or was ended. */
export class Death extends Error {}

/** A worker. */
export interface Thread {
  /** Whether it will never answer again. */
  readonly isDead: boolean;
  /**
   * Asks a question, once the one before is answered.
   *
   * @param moved Buffers within the question that are transferred.
   * @throws {Death} It died of it. Whatever sending throws: it goes on then.
   */
  ask(question: unknown, moved?: Moved): Promise<unknown>;
  /** Ends it, whatever it is about. */
  end(): Promise<void>;
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** The worker at the other end of a line. */
export function threadOf(line: Line): Thread {
  let pending: Pending | undefined;
  let death: Death | undefined;
  const settle = (): Pending | undefined => {
    const settled = pending;
    pending = undefined;
    line.hold(false);
    return settled;
  };
  const die = (reason: string): void => {
    death ??= new Death(reason);
    settle()?.reject(death);
  };
  line.listen((answer) => settle()?.resolve(answer), die);
  line.hold(false);
  return {
    get isDead() {
      return death !== undefined;
    },
    ask(question, moved = []) {
      return new Promise((resolve, reject) => {
        if (death !== undefined) throw death;
        pending = { resolve, reject };
        line.hold(true);
        try {
          line.post(question, moved);
        } catch (thrown) {
          settle();
          throw thrown;
        }
      });
    },
    async end() {
      die("it was ended");
      await line.terminate();
    },
  };
}
