import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { messageOf } from "../runtime/support/errors";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import type { Environment } from "../stacks/environment-record";
import { isExample, selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import type { CloudQuestions } from "./check-setup/cloud";
import { type Finding, isReady, tableOf } from "./check-setup/finding";
import { checkSetup } from "./check-setup/local";
import { environmentNameOf, readFlags } from "./flags";

const HELP = `check-setup: what is there, what is missing, and what for.

  --cloud
      Looks at what a deploy needs instead: credentials, project, billing, services, your permissions, quotas, the
      bucket of Terraform's state. Asks Google with your credentials; changes nothing.
  --environment NAME
      With --cloud: dev or prod; default: RHYTHMIC_ENV, else dev. RHYTHMIC_PROJECT names the project.
  --json
      Prints JSON instead of a table.
  --help
      Prints this text.

Exit codes: 0 the demo and npm test (with --cloud: a deploy) can run, 1 something that they need is missing, 2 bad usage.
`;

const FLAGS = { cloud: "alone", environment: { value: "NAME" }, json: "alone" } as const;

/** What the command needs from around it. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Writes a line to standard error. */
  readonly say: (line: string) => void;
  /** Whom to ask about the cloud; Google, with the credentials of whoever runs this, where it is left out. */
  readonly cloud?: Pick<CloudQuestions, "credentials" | "endpoints">;
}

/** Runs the command. @returns the exit code */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { variables, print, say } = surroundings;
  try {
    const flags = readFlags(args, FLAGS);
    if (flags.has("help")) {
      print(HELP.trimEnd());
      return EXIT_DONE;
    }
    if (!flags.has("cloud") && flags.has("environment")) {
      throw new SynthesisError("--environment is for a deploy; allowed: with --cloud.");
    }
    const { findings, what } = flags.has("cloud")
      ? await askCloud(
          selectEnvironment({ ...variables, RHYTHMIC_ENV: environmentNameOf(flags, variables) }),
          surroundings,
        )
      : { findings: await checkSetup(), what: "npm run demo and npm test" };
    const ready = isReady(findings);
    print(flags.has("json") ? JSON.stringify({ ready, findings }) : tableOf(findings, what));
    return ready ? EXIT_DONE : EXIT_FAILED;
  } catch (error) {
    say(`check-setup: ${messageOf(error)}`);
    return error instanceof SynthesisError ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

async function askCloud(
  environment: Environment,
  { cloud }: Surroundings,
): Promise<{ readonly findings: readonly Finding[]; readonly what: string }> {
  if (isExample(environment)) {
    throw new SynthesisError(
      "RHYTHMIC_PROJECT is not set, and the example project is nobody's; allowed: the id of your Google Cloud project.",
    );
  }
  // Only here, and in the way that `npm run` can load: nobody who asks about Node.js waits for the synth.
  const { checkCloud } = require("./check-setup/cloud") as typeof import("./check-setup/cloud");
  const { checkDeployTools } = require("./check-setup/deploy-tools") as typeof import("./check-setup/deploy-tools");
  const { synthesize } = require("./synth") as typeof import("./synth");
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-check-setup-"));
  try {
    const platform = synthesize(environment, folder);
    const who = cloud ?? { credentials: await ownCredentials() };
    const findings = [...(await checkDeployTools()), ...(await checkCloud({ environment, platform, ...who }))];
    return { findings, what: `A deploy of ${environment.name} to ${environment.project}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Google's own search: a variable, the file that gcloud writes, the machine's account. */
async function ownCredentials(): Promise<CloudQuestions["credentials"]> {
  const { GoogleAuth } = await import("google-auth-library");
  return () => new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" }).getClient();
}

if (require.main === module) {
  const surroundings: Surroundings = {
    variables: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
  };
  void main(process.argv.slice(2), surroundings).then((code) => {
    process.exitCode = code;
  });
}
