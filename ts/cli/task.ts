/**
 * What is measured, in words that can be sent to a thread, or through a queue to another machine.
 *
 * @module
 */
import { type AuditJob, type OpenAuditOptions, parseArchitecture, type Question, type Shares } from "../audit.js";

/** Options of an audit. Numbers that are wrong may still be text: `openAudit` judges. */
export interface Settings
  extends Pick<
    OpenAuditOptions,
    "axis" | "tolerance" | "maxIterations" | "seed" | "loraAlpha" | "heads" | "memory" | "detail"
  > {
  /** A path or an address of the model that LoRA pairs are added to. */
  readonly base?: string | undefined;
  /** The file of layers: what it is called, and what is in it. */
  readonly layers?: { readonly name: string; readonly text: string } | undefined;
}

/** A checkpoint, and how to measure its weights. */
export interface Task {
  /** A path or an address. */
  readonly source: string;
  readonly settings: Settings;
  /** What the checkpoint has to hold, by `contentsOf`; undefined is whatever is there. */
  readonly contents?: string | undefined;
}

/** One row to be measured. */
export interface Order {
  readonly task: Task;
  readonly job: AuditJob;
}

/** A question to be answered by a share of a weight. */
export interface ShareOrder extends Order {
  readonly share: number;
  readonly question: Question;
}

/** A question to be answered by shares that a thread holds, until it is asked for something else. */
export interface HeldOrder extends Order {
  readonly shares: Shares;
  /** Of the memory that a weight may take, what the shares may. */
  readonly portion: number;
  readonly question: Question;
}

/** The options as `openAudit` takes them. */
export function optionsOf({ layers, ...rest }: Settings): OpenAuditOptions {
  return { ...rest, architecture: layers && parseArchitecture(layers.name, layers.text) };
}
