/** Audits a file with all defaults, as `npx spectral-norm audit` does, and tells time and the peak of memory. */
import { audit } from "../../dist/audit.js";

const [path, memory] = process.argv.slice(2);
const start = performance.now();
const { tensors } = await audit(path, memory === undefined ? {} : { memory: Number(memory) });
const seconds = (performance.now() - start) / 1000;
const passes = tensors.reduce((sum, { iterations }) => sum + (iterations ?? 0), 0);
const kept = tensors.filter(({ note }) => note?.includes("stayed in its file")).length;
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ seconds, count: tensors.length, passes, kept, peak })}\n`);
