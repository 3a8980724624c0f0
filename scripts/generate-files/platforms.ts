import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../main";
import type { Environment, EnvironmentName } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { synthesizeInto } from "../../stacks/synthesis/synthesize";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";

/** Not the example project, which has what keeps it from being deployed. */
const PROJECT = "some-project";
/** Somebody to tell of alerts, so that what tells them is declared too. */
const ALERT_EMAIL = "oncall@example.com";

/** An environment as it is declared for a project of somebody's own. */
export interface Declared {
  readonly environment: Environment;
  readonly platform: SynthesizedPlatform;
}

/** Both environments, by name. */
export type Environments = Readonly<Record<EnvironmentName, Declared>>;

export function declareAll(): Environments {
  return { dev: declare("dev"), prod: declare("prod") };
}

function declare(name: EnvironmentName): Declared {
  const environment = selectEnvironment({
    RHYTHMIC_ENV: name,
    RHYTHMIC_PROJECT: PROJECT,
    RHYTHMIC_ALERT_EMAIL: ALERT_EMAIL,
  });
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-pages-"));
  try {
    return { environment, platform: synthesizeInto((app) => declarePlatform(app, environment), folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A text of a synth without the names of the environment and of the project, so that both read the same. */
export function withoutNames(text: string, { name }: Environment): string {
  return text
    .replaceAll(PROJECT, "PROJECT")
    .replaceAll(`rhythmic-${name}`, "rhythmic-ENV")
    .replaceAll(`rhythmic_${name}`, "rhythmic_ENV");
}
