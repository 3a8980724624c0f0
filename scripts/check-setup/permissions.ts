import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import type { Finding } from "./finding";
import { PERMISSIONS_BY_TYPE, PERMISSIONS_OF_STATE, type PermissionsNeeded } from "./permission-table";
import { type CloudContext, failed } from "./project";

/** cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions: in one request. */
const PERMISSIONS_A_REQUEST_MAX = 100;
/** So many are named; who lacks more lacks a role, which is named in any case. */
const NAMED_MAX = 5;

/**
 * What a deploy of a synth needs.
 * @throws Error for a type of Google's provider that the table does not have
 */
export function permissionsFor(platform: SynthesizedPlatform): readonly PermissionsNeeded[] {
  const types = [...new Set(platform.resources.map(({ type }) => type))].filter((type) => type.startsWith("google_"));
  const needed = types.flatMap((type) => {
    const entry = PERMISSIONS_BY_TYPE[type];
    if (entry === undefined) throw new Error(`scripts/check-setup/permission-table.ts has no permissions for ${type}`);
    return entry;
  });
  return [...needed, PERMISSIONS_OF_STATE];
}

/** May the caller do what a deploy does? Asked of the project, and for the budget of the billing account. */
export async function checkPermissions(context: CloudContext, billingAccount: string | undefined): Promise<Finding[]> {
  const { project } = context.environment;
  const needed = permissionsFor(context.platform);
  const onProject = needed.filter(({ on = "project" }) => on === "project");
  const onBilling = needed.filter(({ on }) => on === "billing account");
  const member = context.member ?? "user:YOU";
  const findings = [
    await checkOn(context, "permissions", "resourceManager", `v3/projects/${project}`, onProject, (role) => {
      return `gcloud projects add-iam-policy-binding ${project} --member=${member} --role=${role}`;
    }),
  ];
  if (onBilling.length > 0 && billingAccount !== undefined) {
    const id = billingAccount.replace("billingAccounts/", "");
    const command = `gcloud billing accounts add-iam-policy-binding ${id} --member=${member}`;
    const name = "permissions (billing)";
    findings.push(
      await checkOn(context, name, "billing", `v1/${billingAccount}`, onBilling, (role) => `${command} --role=${role}`),
    );
  }
  return findings;
}

async function checkOn(
  context: CloudContext,
  name: string,
  service: "resourceManager" | "billing",
  resource: string,
  needed: readonly PermissionsNeeded[],
  grant: (role: string) => string,
): Promise<Finding> {
  const check = { name, neededFor: "deploying" };
  const permissions = [...new Set(needed.flatMap((one) => one.permissions))].sort();
  try {
    const granted = new Set<string>();
    for (let start = 0; start < permissions.length; start += PERMISSIONS_A_REQUEST_MAX) {
      const asked = permissions.slice(start, start + PERMISSIONS_A_REQUEST_MAX);
      const answer = await context.google.post<{ permissions?: readonly string[] }>(
        service,
        `${resource}:testIamPermissions`,
        { permissions: asked },
      );
      for (const permission of answer.permissions ?? []) granted.add(permission);
    }
    const lacking = permissions.filter((permission) => !granted.has(permission));
    if (lacking.length === 0) return { ...check, state: "ok", found: `all ${permissions.length}` };
    const roles = new Set(
      needed
        .filter((one) => one.permissions.some((permission) => lacking.includes(permission)))
        .map(({ role }) => role),
    );
    const named = lacking.slice(0, NAMED_MAX).join(", ");
    const more = lacking.length > NAMED_MAX ? ` and ${lacking.length - NAMED_MAX} more` : "";
    return {
      ...check,
      state: "missing",
      found: `${lacking.length} of ${permissions.length} lacking: ${named}${more}`,
      remedy: `ask an owner for: ${[...roles].map(grant).join("; ")}`,
    };
  } catch (error) {
    return failed(check, error, context);
  }
}
