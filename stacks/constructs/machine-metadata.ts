import { refusal } from "../synthesis/synthesis-error";

/** Names of the metadata by which a machine learns what to run. */
export const METADATA = {
  program: "rhythmic-program",
  bundle: "rhythmic-bundle",
  bundleSha256: "rhythmic-bundle-sha256",
  environment: "rhythmic-environment",
} as const;

/**
 * Settings as lines NAME=value, as Docker's --env-file reads them: it knows no quotes, so a value is one line.
 * @param path construct path, for the message
 * @throws SynthesisError
 */
export function environmentBlock(path: string, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    if (/[\r\n]/.test(value)) throw refusal(`${path}: the setting ${name}`, value, "a text of one line");
    return `${name}=${value}\n`;
  });
  return lines.sort().join("");
}

/** The settings back from such lines. */
export function parseEnvironmentBlock(block: string): Record<string, string> {
  const lines = block.split("\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
