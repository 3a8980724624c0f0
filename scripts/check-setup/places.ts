import { MACHINE_IMAGE } from "../../stacks/constructs/images";
import type { Finding } from "./finding";
import { type CloudContext, failed } from "./project";

/** Is the family of the machines' image there, and its newest image to be used? */
export async function checkImage(context: CloudContext): Promise<Finding> {
  const check = { name: "machine image", neededFor: "every machine" };
  const family = MACHINE_IMAGE.split("/").at(-1) ?? "";
  try {
    const image = await context.google.get<{
      name?: string;
      status?: string;
      deprecated?: { readonly state?: string };
    }>("compute", `compute/v1/${MACHINE_IMAGE}`);
    const old = image.deprecated?.state;
    if (image.status === "READY" && (old === undefined || old === "ACTIVE")) {
      return { ...check, state: "ok", found: `${image.name} of ${family}` };
    }
    const remedy = "take a newer family in stacks/constructs/images.ts";
    return { ...check, state: "missing", found: `${image.name} is ${old ?? image.status}`, remedy };
  } catch (error) {
    return failed(check, error, context);
  }
}

/** A rule of the organization, as it holds for a project (cloud.google.com/resource-manager/reference/rest/v1/Policy). */
interface OrganizationPolicy {
  readonly booleanPolicy?: { readonly enforced?: boolean };
  readonly listPolicy?: {
    readonly allowedValues?: readonly string[];
    readonly deniedValues?: readonly string[];
    readonly allValues?: string;
  };
}

/** Rules of an organization that a deploy would run into, and what to ask for. */
const POLICIES: readonly {
  readonly constraint: string;
  readonly what: string;
  /** Does the rule stand in the way? */
  isInTheWay(policy: OrganizationPolicy, region: string): boolean;
  readonly remedy: string;
}[] = [
  {
    constraint: "constraints/iam.disableServiceAccountCreation",
    what: "service accounts of the machines",
    isInTheWay: ({ booleanPolicy }) => booleanPolicy?.enforced === true,
    remedy: "ask the organization's administrators for an exception for this project",
  },
  {
    constraint: "constraints/compute.trustedImageProjects",
    what: "the machines' image",
    isInTheWay: (policy) => !allows(policy, ["projects/cos-cloud", "is:projects/cos-cloud"]),
    remedy: "ask the organization's administrators to allow projects/cos-cloud",
  },
  {
    constraint: "constraints/iam.allowedPolicyMemberDomains",
    what: "the group by which Cloud Storage writes access logs",
    isInTheWay: (policy) => policy.listPolicy !== undefined && policy.listPolicy.allValues !== "ALLOW",
    remedy: "ask the organization's administrators to allow group:cloud-storage-analytics@google.com (docs/deploy.md)",
  },
  {
    constraint: "constraints/gcp.resourceLocations",
    what: "resources in the region",
    isInTheWay: (policy, region) =>
      !allows(policy, [region, `in:${region}-locations`, `in:${region.split("-")[0]}-locations`]),
    remedy: "ask the organization's administrators for the region, or take another in stacks/environments.ts",
  },
];

function allows({ listPolicy }: OrganizationPolicy, values: readonly string[]): boolean {
  if (listPolicy === undefined || listPolicy.allValues === "ALLOW") return true;
  if (listPolicy.allValues === "DENY") return false;
  if (listPolicy.deniedValues?.some((value) => values.includes(value)) === true) return false;
  return listPolicy.allowedValues === undefined || listPolicy.allowedValues.some((value) => values.includes(value));
}

/** What the organization forbids. A project without one, or whose rules can't be read, says so in one line. */
export async function checkPolicies(context: CloudContext): Promise<Finding[]> {
  const { google, environment } = context;
  const check = { name: "organization policies", neededFor: "what the stacks declare" };
  try {
    const findings = await Promise.all(
      POLICIES.map(async ({ constraint, what, isInTheWay, remedy }): Promise<Finding[]> => {
        const path = `v1/projects/${environment.project}:getEffectiveOrgPolicy`;
        const policy = await google.post<OrganizationPolicy>("resourceManager", path, { constraint });
        if (!isInTheWay(policy, environment.region)) return [];
        const found = `${constraint.replace("constraints/", "")} is in the way`;
        return [{ ...check, neededFor: what, state: "missing", found, remedy }];
      }),
    );
    const inTheWay = findings.flat();
    return inTheWay.length > 0 ? inTheWay : [{ ...check, state: "ok", found: `none of ${POLICIES.length} in the way` }];
  } catch (error) {
    return [
      { ...failed(check, error, context), remedy: "roles/orgpolicy.policyViewer can read them; a deploy says it too" },
    ];
  }
}
