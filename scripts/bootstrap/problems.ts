import { messageOf } from "../../runtime/support/errors";
import type { Environment } from "../../stacks/environment-record";
import { stateBucketOf } from "../../stacks/names";

export type ProblemReason =
  | "credentials"
  | "permission"
  | "api_off"
  | "billing"
  | "no_project"
  | "taken"
  | "changed"
  | "network"
  | "other";

/** The bucket could not be made; the message ends with what to do. */
export class BootstrapError extends Error {
  constructor(
    readonly reason: ProblemReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "BootstrapError";
  }
}

/** What an error of the client may carry: HTTP's status, or Node.js's name of a failed connection. */
interface ClientError {
  readonly code?: number | string;
  readonly errors?: readonly { readonly reason?: string }[];
}

/**
 * Cloud Storage's answer as a sentence with a remedy (cloud.google.com/storage/docs/json_api/v1/status-codes).
 * @param permission what the failed call needs
 */
export function explain(error: unknown, environment: Environment, permission: string): BootstrapError {
  const { project } = environment;
  const { code, errors = [] } = (typeof error === "object" && error !== null ? error : {}) as ClientError;
  const message = messageOf(error);
  const reasons = errors.map(({ reason }) => reason);
  const problem = (reason: ProblemReason, text: string) => new BootstrapError(reason, text, { cause: error });

  if (
    /Could not load the default credentials|invalid_grant|invalid_rapt|reauth/i.test(message) ||
    Number(code) === 401
  ) {
    return problem(
      "credentials",
      "There are no Google credentials that are valid now; run gcloud auth application-default login, then this again.",
    );
  }
  // The client reads the file before it asks anybody (google-auth-library, googleauth.js and its clients' fromJSON).
  const file = process.env.GOOGLE_APPLICATION_CREDENTIALS;
  if (file !== undefined && /^The file at .+ does not exist|JSON/.test(message)) {
    return problem(
      "credentials",
      `GOOGLE_APPLICATION_CREDENTIALS names ${file}, which holds no credentials (${message}); correct or unset it, then ` +
        "run this again.",
    );
  }
  if (reasons.includes("accessNotConfigured") || /has not been used in project|SERVICE_DISABLED/.test(message)) {
    return problem(
      "api_off",
      `Cloud Storage's API is off in ${project}; run gcloud services enable storage.googleapis.com --project ${project}, ` +
        "wait a minute, then this again.",
    );
  }
  if (reasons.includes("accountDisabled") || /billing account.*(disabled|absent)/i.test(message)) {
    return problem(
      "billing",
      `The project ${project} has no billing account in force; link one (gcloud billing projects link ${project} ` +
        "--billing-account ID), then run this again.",
    );
  }
  if (code === 403) {
    return problem(
      "permission",
      `Your account may not do ${permission} in ${project}; ask an owner of the project for roles/storage.admin ` +
        "on it, then run this again.",
    );
  }
  if (code === 404 || (code === 400 && /project/i.test(message))) {
    return problem(
      "no_project",
      `Cloud Storage knows no project ${project}; check RHYTHMIC_PROJECT against gcloud projects list.`,
    );
  }
  if (code === 409) {
    return problem(
      "taken",
      `A bucket ${stateBucketOf(environment)} belongs to somebody else, not to ${project}: its owner could read and ` +
        "forge the state, so nothing was done. Bucket names are global; use a project of another id.",
    );
  }
  if (code === 412) {
    return problem("changed", "Somebody else changed the bucket at the same moment; run this again.");
  }
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|socket hang up/.test(`${code} ${message}`)) {
    return problem("network", `Cloud Storage can't be reached (${message}); check the network, then run this again.`);
  }
  return problem("other", `Cloud Storage refused ${permission} in ${project}: ${message}`);
}
