import type { Environment } from "../../stacks/environment-record";
import type { Gcloud } from "./gcloud";

/** What every action of `npm run vm` works with. */
export interface Tools {
  readonly environment: Environment;
  readonly gcloud: Gcloud;
  /** Nothing is run: what gcloud would be asked is printed instead. */
  readonly dryRun: boolean;
  /** A line for the person; none in a dry run, whose output is commands alone. */
  readonly say: (line: string) => void;
  /** A line of the result, on standard output. */
  readonly print: (line: string) => void;
}
