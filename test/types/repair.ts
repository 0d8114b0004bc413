/** What the declarations of repairs promise, as a consumer would use them. It is compiled, never run. */
import type { Engine } from "spectral-norm";
import {
  bakeCheckpoint,
  clipCheckpoint,
  type Diff,
  diffCheckpoints,
  normalizeCheckpoint,
  type Repair,
  stripCheckpoint,
} from "spectral-norm/repair";

export async function repairs(engine: Engine, file: Uint8Array): Promise<number> {
  const normalized: Repair = await normalizeCheckpoint(engine, file, {
    target: 2,
    certainty: "rigorous",
    axis: "last",
    only: ({ name, shape }) => name !== "" && shape.length === 2,
    onTensor: ({ dtype }, { index, count }) => void [dtype, index + count],
    output: "out.safetensors",
    overwrite: "files",
  });
  const clipped = await clipCheckpoint(engine, file, { maxNorm: 1, by: "scale", dryRun: true });
  const baked = await bakeCheckpoint(engine, "model.npz", { format: "safetensors" });
  const stripped = await stripCheckpoint(file);
  const { tensors, mismatched }: Diff = await diffCheckpoints(engine, file, file, { tolerance: 1e-3 });
  // @ts-expect-error a limit must be given
  await clipCheckpoint(engine, file, {});
  // @ts-expect-error stripping measures nothing
  await stripCheckpoint(file, { axis: 0 });
  // @ts-expect-error norms are needed for all but stripping
  await bakeCheckpoint(file);
  const [{ size, path } = { size: 0, path: "" }] = normalized.files;
  const sigma: number | null | undefined = tensors[0]?.relative;
  return (
    size +
    path.length +
    clipped.removed.length +
    baked.omitted.length +
    stripped.files.length +
    mismatched.length +
    (sigma ?? 0)
  );
}
