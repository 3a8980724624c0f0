import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * A gcloud on the PATH that asks nobody: it writes down its arguments and answers what it was told to. What the real
 * one understands, `gcloud.long.test.ts` asks it.
 */
export interface StandInGcloud {
  /** As PATH, so that there is no other. */
  readonly path: string;
  /** The arguments of every call since the last look, in order. */
  calls(): string[][];
  /**
   * Answers commands that hold a text from now on; the newest that fits counts.
   * @param part of the arguments with blanks between them
   */
  answer(part: string, answer: Answer): void;
  remove(): void;
}

export interface Answer {
  /** Printed on standard output; an object as JSON. */
  readonly stdout?: unknown;
  readonly stderr?: string;
  /** @default 0 */
  readonly code?: number;
}

export function standInGcloud(): StandInGcloud {
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-gcloud-"));
  const file = path.join(folder, "gcloud");
  const record = path.join(folder, "calls");
  const answers: string[] = [];
  const write = () => {
    // Only what the shell itself can do: its PATH holds nothing but itself.
    const script = [
      "#!/bin/sh",
      `{ for word in "$@"; do printf '%s\\037' "$word"; done; printf '\\036'; } >> '${record}'`,
      'show() { while IFS= read -r line || [ -n "$line" ]; do printf \'%s\\n\' "$line"; done < "$1"; }',
      'case "$*" in',
      ...answers,
      "esac",
    ];
    writeFileSync(file, `${script.join("\n")}\n`);
    chmodSync(file, 0o755);
  };
  write();
  return {
    path: folder,
    calls() {
      const text = existsSync(record) ? readFileSync(record, "utf8") : "";
      rmSync(record, { force: true });
      return text
        .split("\u001e")
        .filter((call) => call !== "")
        .map((call) => call.split("\u001f").slice(0, -1));
    },
    answer(part, { stdout = "", stderr = "", code = 0 }) {
      const name = path.join(folder, `answer-${answers.length}`);
      writeFileSync(`${name}.out`, typeof stdout === "string" ? stdout : JSON.stringify(stdout));
      writeFileSync(`${name}.err`, stderr);
      const pattern = part.replaceAll(/[^\w-]/g, (sign) => `\\${sign}`);
      answers.unshift(`  *${pattern}*) show '${name}.out'; show '${name}.err' >&2; exit ${code} ;;`);
      write();
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
