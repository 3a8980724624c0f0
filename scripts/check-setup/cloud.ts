import type { AuthClient } from "google-auth-library";
import type { Environment } from "../../stacks/environment-record";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { checkCredentials } from "./credentials";
import type { Finding } from "./finding";
import { GOOGLE_ENDPOINTS, Google, type GoogleEndpoints } from "./google";
import { checkPermissions } from "./permissions";
import { checkImage, checkPolicies } from "./places";
import { type CloudContext, checkBilling, checkProject, checkServices, checkStateBucket } from "./project";
import { checkQuotas } from "./quotas";

export interface CloudQuestions {
  readonly environment: Environment;
  /** What would be deployed. */
  readonly platform: SynthesizedPlatform;
  /** Google's own search for a person's credentials, or a test's. */
  readonly credentials: () => Promise<AuthClient>;
  /** @default Google's */
  readonly endpoints?: GoogleEndpoints;
}

/** Everything that a deploy needs at Google. Asks only; nothing is changed, and no token is shown. */
export async function checkCloud({
  environment,
  platform,
  credentials,
  endpoints = GOOGLE_ENDPOINTS,
}: CloudQuestions): Promise<Finding[]> {
  const { client, member, finding } = await checkCredentials(credentials, endpoints.oauth2);
  if (client === undefined) return [finding];
  const context: CloudContext = { google: new Google(client, endpoints), environment, platform, member };
  const project = await checkProject(context);
  if (project.state !== "ok") return [finding, project];
  const billing = await checkBilling(context);
  const [services, bucket, permissions, quotas, image, policies] = await Promise.all([
    checkServices(context),
    checkStateBucket(context),
    checkPermissions(context, billing.account),
    checkQuotas(context),
    checkImage(context),
    checkPolicies(context),
  ]);
  const rest = [...services, bucket, ...permissions, ...quotas, image, ...policies];
  return [finding, project, billing.finding, ...rest];
}
