import type { Logger } from "../../runtime/support/logging";

export interface Line {
  readonly severity: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export function collectLines(): Logger & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const keep = (severity: Line["severity"]) => (context: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ severity, message, context });
  return { lines, debug: keep("DEBUG"), info: keep("INFO"), warn: keep("WARNING"), error: keep("ERROR") };
}
