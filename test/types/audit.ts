/** What the declarations of the audit promise, as a consumer would use them. It is compiled, never run. */
import {
  type AbortLike,
  type Ask,
  type Audit,
  type AuditedTensor,
  type AuditJob,
  type Axis,
  audit,
  type Field,
  fields,
  notes,
  type OpenAudit,
  openAudit,
  type Part,
  partSum,
  type Question,
  rowsOf,
  type SkippedTensor,
  type SkipReason,
} from "spectral-norm/audit";

const axis: Axis = "last";

export async function columns(source: string | Uint8Array, signal: AbortLike): Promise<(string | number | null)[][]> {
  const seen: AuditedTensor[] = [];
  const report: Audit = await audit(source, { axis, signal, onRow: (row) => void seen.push(row) });
  // @ts-expect-error the operators are the package's own
  await audit(source, { operators: {} });
  return rowsOf(report).map((row) => fields.map((field: Field) => field.value(row)));
}

export async function longest(source: string): Promise<readonly string[]> {
  const opened: OpenAudit = await openAudit(source, { axis });
  const jobs: AuditJob[] = [...opened.jobs].sort((one, other) => other.bytes - one.bytes);
  const rows = new Map<AuditJob, AuditedTensor>();
  for (const job of jobs) rows.set(job, await opened.measure(job));
  const report = await opened.finish(opened.jobs.map((job) => rows.get(job) as AuditedTensor));
  await opened.close();
  return [...report.skipped.map(reasonOf), ...notes(report).map(({ text }) => text)];
}

export async function inShares(
  opened: OpenAudit,
  send: (share: number, asked: Question) => Promise<Part>,
): Promise<void> {
  const [job] = opened.jobs;
  if (job === undefined) return;
  const count: number = await opened.shares(job);
  const ask: Ask = async (question) => {
    const sum = partSum(question);
    for (let share = 0; share < count; share++) sum.add(await send(share, question));
    return sum.part();
  };
  await opened.measure(job, ask);
}

const reasonOf = ({ reason }: SkippedTensor): SkipReason => reason;
