/**
 * The report as a file.
 *
 * @module
 */
import type { Audit } from "spectral-norm/audit";
import { save } from "../shared/download.ts";
import { render } from "./session.ts";
import type { ReportKind } from "./tasks.ts";

const KINDS: Readonly<Record<ReportKind, { readonly suffix: string; readonly type: string }>> = {
  html: { suffix: "html", type: "text/html" },
  json: { suffix: "json", type: "application/json" },
  csv: { suffix: "csv", type: "text/csv" },
  markdown: { suffix: "md", type: "text/markdown" },
};

/** `model.safetensors` gives `model.norms.csv`; of an address the last part counts. */
export function reportName(name: string, suffix: string): string {
  const last =
    name
      .replace(/[?#].*$/, "")
      .split(/[/\\]/)
      .at(-1) ?? "";
  const stem = last.replace(/\.(?:safetensors|onnx|npy|npz|h5|keras|json)$/i, "");
  return `${stem === "" ? "checkpoint" : stem}.norms.${suffix}`;
}

/** Makes the buttons save the report that `audit` gives; returns what switches them on and off. */
export function offerReports(
  audit: () => Audit | undefined,
  fail: (error: unknown) => void,
): (isThere: boolean) => void {
  const buttons = Array.from(document.querySelectorAll<HTMLButtonElement>("[data-report]"));
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      const report = audit();
      if (report === undefined) return;
      const kind = button.dataset["report"] as ReportKind;
      try {
        const { suffix, type } = KINDS[kind];
        save(
          new Blob([await render(report, kind)], { type: `${type};charset=utf-8` }),
          reportName(report.file, suffix),
        );
      } catch (error) {
        fail(error);
      }
    });
  }
  return (isThere) => {
    for (const button of buttons) button.disabled = !isThere;
  };
}
