import { messageOf } from "../../runtime/support/errors";
import type { Environment } from "../../stacks/environment-record";
import { stateBucketOf } from "../../stacks/names";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import type { Finding } from "./finding";
import { type Google, GoogleFailure } from "./google";

/** What every check of a project works with. */
export interface CloudContext {
  readonly google: Google;
  readonly environment: Environment;
  /** What would be deployed. */
  readonly platform: SynthesizedPlatform;
  /** Who would deploy it, as an IAM policy names them. */
  readonly member: string | undefined;
}

/** Without these two Terraform can't enable the others. */
const ENABLED_BY_HAND = ["cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"];

type Refusal = "no answer" | "service off" | "quota project" | "forbidden" | "other";

function refusalOf({ status, reason, message }: GoogleFailure): Refusal {
  if (status === 0) return "no answer";
  if (/SERVICE_DISABLED|accessNotConfigured/.test(reason) || /has not been used in project/.test(message)) {
    return "service off";
  }
  if (/USER_PROJECT_DENIED/.test(reason) || /quota project/i.test(message)) return "quota project";
  return status === 403 ? "forbidden" : "other";
}

/**
 * A finding for an answer that is no success: what is known of every service.
 * @throws what is no failure of Google's
 */
export function failed(
  check: Pick<Finding, "name" | "neededFor">,
  error: unknown,
  { environment: { project }, member }: CloudContext,
): Finding {
  if (!(error instanceof GoogleFailure)) throw error;
  const unknown = (found: string, remedy: string): Finding => ({ ...check, state: "unknown", found, remedy });
  const text = messageOf(error);
  switch (refusalOf(error)) {
    case "no answer":
      return unknown(`no answer (${text})`, "check the network, then run this again");
    case "service off": {
      const service = /[\w-]+\.googleapis\.com/.exec(text)?.[0] ?? "cloudresourcemanager.googleapis.com";
      return unknown(`${service} is off`, `gcloud services enable ${service} --project=${project}`);
    }
    case "quota project":
      return unknown(
        "the credentials name no quota project that counts",
        `gcloud auth application-default set-quota-project ${project}`,
      );
    case "forbidden":
      return unknown(
        `may not be asked (${text})`,
        `ask an owner of ${project} for roles/viewer for ${member ?? "your account"}`,
      );
    case "other":
      return unknown(`Google answers ${error.status}: ${text}`, "run this again later");
  }
}

/** Is the project there, and active? Everything else is asked of it. */
export async function checkProject(context: CloudContext): Promise<Finding> {
  const { google, environment } = context;
  const check = { name: "project", neededFor: "everything that is deployed" };
  try {
    const { state } = await google.get<{ state?: string }>("resourceManager", `v3/projects/${environment.project}`);
    if (state === "ACTIVE") return { ...check, state: "ok", found: environment.project };
    const remedy = `gcloud projects undelete ${environment.project}, or choose another in RHYTHMIC_PROJECT`;
    return { ...check, state: "missing", found: `${environment.project} is ${state}`, remedy };
  } catch (error) {
    // Google answers 403 for a project that there is not, too, so that nobody can search for names.
    const isHidden = error instanceof GoogleFailure && (error.status === 404 || refusalOf(error) === "forbidden");
    // Nothing else can be asked then, so that nobody could say that a deploy can run.
    if (!isHidden) return { ...failed(check, error, context), state: "missing" };
    const remedy = "check RHYTHMIC_PROJECT against gcloud projects list, or choose the account that may see it";
    return { ...check, state: "missing", found: `${environment.project}: not there, or not for you`, remedy };
  }
}

/** @returns with the billing account's name, such as billingAccounts/0A0A0A-0B0B0B-0C0C0C */
export async function checkBilling(
  context: CloudContext,
): Promise<{ readonly finding: Finding; readonly account: string | undefined }> {
  const { google, environment } = context;
  const check = { name: "billing", neededFor: "everything that costs" };
  try {
    const { billingEnabled, billingAccountName } = await google.get<{
      billingEnabled?: boolean;
      billingAccountName?: string;
    }>("billing", `v1/projects/${environment.project}/billingInfo`);
    if (billingEnabled === true) {
      const found = billingAccountName ?? "on";
      return { finding: { ...check, state: "ok", found }, account: billingAccountName };
    }
    const remedy = `gcloud billing projects link ${environment.project} --billing-account=ACCOUNT_ID`;
    return { finding: { ...check, state: "missing", found: "no account in force", remedy }, account: undefined };
  } catch (error) {
    return { finding: failed(check, error, context), account: undefined };
  }
}

interface ServicesPage {
  readonly services?: readonly { readonly config?: { readonly name?: string } }[];
  readonly nextPageToken?: string;
}

/** The services that the foundation stack enables, and the two that must be on before. */
export async function checkServices(context: CloudContext): Promise<Finding[]> {
  const { google, environment, platform } = context;
  const { project } = environment;
  const check = { name: "services", neededFor: "what the stacks declare" };
  const wanted = platform.ofType("google_project_service").map(({ attributes }) => String(attributes.service));
  try {
    const enabled = new Set<string>();
    for (let token = ""; ; ) {
      const page = await google.get<ServicesPage>(
        "serviceUsage",
        `v1/projects/${project}/services?filter=state:ENABLED&pageSize=200${token}`,
      );
      for (const { config } of page.services ?? []) enabled.add(config?.name ?? "");
      if (!page.nextPageToken) break;
      token = `&pageToken=${encodeURIComponent(page.nextPageToken)}`;
    }
    const off = wanted.filter((service) => !enabled.has(service));
    const first = off.filter((service) => ENABLED_BY_HAND.includes(service));
    const later = off.filter((service) => !ENABLED_BY_HAND.includes(service));
    const findings: Finding[] = [];
    if (first.length > 0) {
      const remedy = `gcloud services enable ${first.join(" ")} --project=${project}`;
      findings.push({ ...check, state: "missing", found: `off: ${first.join(", ")}`, remedy });
    }
    if (later.length > 0) {
      const remedy = "deploying the foundation stack enables them";
      findings.push({ ...check, state: "comes by itself", found: `off: ${later.join(", ")}`, remedy });
    }
    return findings.length > 0 ? findings : [{ ...check, state: "ok", found: `all ${wanted.length} on` }];
  } catch (error) {
    return [failed(check, error, context)];
  }
}

/** The bucket of Terraform's state, among those of the project: of somebody else's the name alone would say nothing. */
export async function checkStateBucket(context: CloudContext): Promise<Finding> {
  const { google, environment } = context;
  const check = { name: "state bucket", neededFor: "Terraform's state" };
  if (environment.state === "local") return { ...check, state: "ok", found: "none: RHYTHMIC_STATE is local" };
  const name = stateBucketOf(environment);
  try {
    const { items = [] } = await google.get<{ items?: readonly { readonly name?: string }[] }>(
      "storage",
      `storage/v1/b?project=${environment.project}&prefix=${name}`,
    );
    if (items.some((bucket) => bucket.name === name)) return { ...check, state: "ok", found: name };
    return { ...check, state: "missing", found: `no ${name}`, remedy: "npm run bootstrap" };
  } catch (error) {
    return failed(check, error, context);
  }
}
