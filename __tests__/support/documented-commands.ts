import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Commands as the pages have them, for tests that hold them against what they name. */

const ROOT = path.join(__dirname, "../..");

/** Markdown pages that a person follows, relative to the repository. */
export const GUIDES: readonly string[] = [
  "README.md",
  ...["docs", "docs/runbooks"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
];

/** What stands for a name of the reader's own. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  "<environment>": "dev",
  "<project>": "acme-music",
  "<zone>": "us-central1-a",
  "<region>": "us-central1",
  PROJECT: "acme-music",
  NAME: "processor",
};

/**
 * The commands of a page that begin with a text: lines of its code blocks, joined where they go on, and what stands
 * between backticks.
 */
export function commandsIn(page: string, begin: string): readonly string[] {
  const text = readFileSync(path.join(ROOT, page), "utf8").replaceAll(/ *\\\n\s*/g, " ");
  const found = text.split("\n").flatMap((line) => {
    const inline = [...line.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
    return [line.trim(), ...inline].filter((command) => command.startsWith(begin));
  });
  return found.map((command) =>
    Object.entries(PLACEHOLDERS).reduce(
      // Not within a longer word, such as a variable's name.
      (filled, [placeholder, value]) => filled.replaceAll(new RegExp(`(?<!\\w)${placeholder}(?!\\w)`, "g"), value),
      command.replace(/\s+#.*$/, ""),
    ),
  );
}

/** The words of a command as a shell splits them; its variables are filled in. */
export function wordsOf(command: string, variables: Readonly<Record<string, string>> = {}): readonly string[] {
  const [program = "", ...rest] = command.split(" ");
  const script = `say() { for word in "$@"; do printf '%s\\036' "$word"; done; }\nsay ${rest.join(" ")}`;
  const { stdout } = spawnSync("/bin/sh", ["-c", script], { env: variables, encoding: "utf8" });
  return [program, ...stdout.split("\u001e").slice(0, -1)];
}
