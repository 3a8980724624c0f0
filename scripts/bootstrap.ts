import { Storage } from "@google-cloud/storage";
import { messageOf } from "../runtime/support/errors";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import type { Environment } from "../stacks/environment-record";
import { isExample, selectEnvironment } from "../stacks/environments";
import { stateBucketOf } from "../stacks/names";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { ensureStateBucket, type Step } from "./bootstrap/state-bucket";
import { readFlags } from "./flags";

const HELP = `bootstrap: makes the bucket in which Terraform keeps the state of your project, before the first deploy.

  RHYTHMIC_PROJECT  id of your Google Cloud project
  RHYTHMIC_ENV      dev or prod, for where the bucket is made; both use the same one. Default dev

  --dry-run
      Looks at what is there, and says what would be done.
  --help
      Prints this text.

The bucket keeps old versions and what was deleted, and can't be made public. Run it as often as you like: it changes
only what is not as it should be. It needs credentials (gcloud auth application-default login) with
storage.buckets.list, .create and .update, as roles/storage.admin has them.
Exit codes: 0 done, 2 bad usage, 1 failure.
`;

/** A line a step, and one that sums them up. */
export function report(environment: Environment, steps: readonly Step[]): string {
  const width = Math.max(...steps.map(({ what }) => what.length));
  const doneWidth = Math.max(...steps.map(({ done }) => done.length));
  const lines = steps.map(({ what, done, now }) => `  ${what.padEnd(width)}  ${done.padEnd(doneWidth)}  ${now}`);
  const changes = steps.filter(({ done }) => done !== "found").length;
  const would = steps.some(({ done }) => done.startsWith("would"));
  const sum = changes === 0 ? "Nothing to change." : would ? "Nothing was changed: this is a dry run." : "Done.";
  return [`State bucket ${stateBucketOf(environment)} of project ${environment.project}:`, ...lines, sum].join("\n");
}

async function main(args: string[]): Promise<number> {
  const flags = readFlags(args, { "dry-run": "alone" });
  if (flags.has("help")) {
    process.stdout.write(HELP);
    return EXIT_DONE;
  }
  const environment = selectEnvironment();
  if (isExample(environment)) {
    throw new SynthesisError(
      "RHYTHMIC_PROJECT is not set, and the example project is nobody's; allowed: the id of your Google Cloud project.",
    );
  }
  if (environment.state === "local") {
    process.stdout.write("RHYTHMIC_STATE is local: the state lies in files beside cdktf.json, and needs no bucket.\n");
    return EXIT_DONE;
  }
  const storage = new Storage({ projectId: environment.project });
  const steps = await ensureStateBucket(storage, environment, flags.has("dry-run"));
  process.stdout.write(`${report(environment, steps)}\n`);
  return EXIT_DONE;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`bootstrap: ${messageOf(error)}\n`);
      process.exitCode = error instanceof SynthesisError ? EXIT_BAD_USAGE : EXIT_FAILED;
    },
  );
}
