/** Runs the suite by a runtime that takes a file, in a folder where the package is installed as a user's would be. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execute, inTemporaryFolder, ROOT } from "./process.mjs";

async function install(folder) {
  const home = join(folder, "node_modules", "spectral-norm");
  await mkdir(home, { recursive: true });
  await cp(join(ROOT, "package.json"), join(home, "package.json"));
  await cp(join(ROOT, "dist"), join(home, "dist"), { recursive: true });
  await cp(join(ROOT, "test/conformance"), join(folder, "conformance"), { recursive: true });
  await cp(join(ROOT, "test/fixtures/conformance-bits.json"), join(folder, "fixtures/conformance-bits.json"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
}

/** The outcome as the runtime's one line of JSON among whatever else it printed. */
export function outcomeIn(output) {
  const line = output.split("\n").find((candidate) => candidate.startsWith('{"results":'));
  return line === undefined ? undefined : JSON.parse(line);
}

/** @param flags What comes before the file's name. */
export function byFile(binary, flags) {
  return inTemporaryFolder(async (folder) => {
    await install(folder);
    const { code, stdout, output } = await execute(binary, [...flags, join(folder, "conformance", "plain.mjs")], {
      cwd: folder,
      env: { DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" },
    });
    return { code, output, outcome: outcomeIn(stdout) };
  });
}
