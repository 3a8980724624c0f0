import type { Environment } from "../../../stacks/environment-record";
import { accountEmailOf } from "../../../stacks/names";
import type { SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { grantsOf, isKnown, type ReadGrant, textOf } from "../grants";
import { allowedGrants, GRANTED_ON_PROJECTS_ONLY, OWN_ROLES } from "../grants-allowed";
import { block, type Finding, findingAt, forEach, mustBe, mustEqualSet, type Rule, shown, valueAt } from "../rule";

/** Every machine is somebody, and may do what its program needs and nothing else. */

const TEMPLATE = "google_compute_instance_template";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
/** Roles with storage.objects.delete (docs.cloud.google.com/storage/docs/access-control/iam-roles). */
const ROLES_THAT_DELETE_OBJECTS =
  /^roles\/(storage\.(objectUser|objectAdmin|admin|legacyBucketWriter|legacyBucketOwner)|editor|owner)$/;
/** Reading objects, and the bucket's own properties. */
const ROLES_THAT_READ = ["roles/storage.objectViewer", "roles/storage.legacyBucketReader"];
/** Types that replace what others have granted, or that make keys which can be carried away. */
const REFUSED_TYPES =
  /_iam_(binding|policy)$|_acl$|_access_control$|^google_bigquery_dataset_access$|_account_key$|_hmac_key$/;

function emailOf(template: SynthesizedResource): string {
  return String(valueAt(template.attributes, "service_account.email"));
}

function grantFindings(
  platform: SynthesizedPlatform,
  environment: Environment,
  problem: (grant: ReadGrant) => string | undefined,
): Finding[] {
  return grantsOf(platform, environment).flatMap((grant) => {
    const allowed = problem(grant);
    return allowed === undefined ? [] : [findingAt(grant.resource, textOf(grant), allowed)];
  });
}

export const IDENTITY: readonly Rule[] = [
  {
    name: "Every machine has a service account of its own, which the platform declares",
    why: "Two programs under one account have each other's rights; the default account may edit the whole project.",
    source: "https://docs.cloud.google.com/compute/docs/access/service-accounts",
    check: (platform, environment) => {
      const declared = platform.ofType("google_service_account").map(({ attributes }) => attributes.account_id);
      const emails = platform.ofType(TEMPLATE).map(emailOf);
      return forEach(platform, TEMPLATE, (template) => {
        const program = template.path.split("/")[0] ?? "";
        const email = emailOf(template);
        return [
          email === accountEmailOf(environment, program) && declared.includes(email.split("@")[0])
            ? undefined
            : findingAt(template, email, `${accountEmailOf(environment, program)}, declared beside it`),
          emails.filter((other) => other === email).length > 1
            ? findingAt(template, `${email}, which another machine has too`, "an account of its own")
            : undefined,
          shown(block(template.attributes.service_account)?.scopes) === shown([SCOPE])
            ? undefined
            : findingAt(template, block(template.attributes.service_account)?.scopes, `${SCOPE}: grants decide`),
        ];
      });
    },
  },
  {
    name: "Programs have exactly the grants of the closed list",
    why: "A grant too many is a way in, a grant too few a program that fails at night.",
    check: (platform, environment) =>
      mustEqualSet(
        grantsOf(platform, environment).map((grant) => [textOf(grant), grant.resource] as const),
        allowedGrants(environment),
        "a grant",
        "each grant once, as scripts/policy/grants-allowed.ts lists them",
      ),
  },
  {
    name: "Nobody is owner, editor or administrator of anything",
    why: "Such a role holds hundreds of permissions, among them that of granting more.",
    source: "https://docs.cloud.google.com/iam/docs/roles-overview",
    check: (platform, environment) =>
      grantFindings(platform, environment, ({ role }) =>
        /^roles\/(owner|editor|viewer)$|admin|owner/i.test(role) ? "a role for one task" : undefined,
      ),
  },
  {
    name: "A project's grants are those that Google Cloud knows on projects only",
    why: "A role on the project reaches every bucket and dataset that will ever be in it.",
    check: (platform, environment) =>
      grantFindings(platform, environment, ({ resource, role }) =>
        resource.type !== "google_project_iam_member" || GRANTED_ON_PROJECTS_ONLY.includes(role)
          ? undefined
          : `on the project only ${GRANTED_ON_PROJECTS_ONLY.join(", ")}`,
      ),
  },
  {
    name: "Every grant says why",
    why: "A grant that nobody can explain is never removed.",
    check: (platform, environment) =>
      grantsOf(platform, environment)
        .filter(({ resource }) => !/^[A-Z].{20,}\.$/.test(resource.why ?? ""))
        .map(({ resource }) => findingAt(resource, resource.why, "a sentence that says why")),
  },
  {
    name: "Nobody but the processor can delete or overwrite in the lake",
    why: "A table whose log loses an entry is wrong without anybody noticing.",
    source: "https://docs.cloud.google.com/storage/docs/access-control/iam-roles",
    check: (platform, environment) =>
      grantFindings(platform, environment, ({ who, role, on }) =>
        on === "bucket lake" && who !== "processor" && ROLES_THAT_DELETE_OBJECTS.test(role)
          ? "roles/storage.objectViewer, or roles/storage.objectCreator under loads/"
          : undefined,
      ),
  },
  {
    name: "The loader creates objects under loads/ only",
    why: "An object among a table's files could be taken for one of them.",
    check: (platform, environment) =>
      grantFindings(platform, environment, ({ who, role, on, under }) =>
        who === "loader" && on === "bucket lake" && !ROLES_THAT_READ.includes(role) && under !== "loads/"
          ? "a condition on the prefix loads/"
          : undefined,
      ),
  },
  {
    name: "The generator has no right to the lake or the warehouse",
    why: "What writes events needs to read none.",
    check: (platform, environment) =>
      grantFindings(platform, environment, ({ who, on }) =>
        who === "generator" && /^(bucket lake|dataset )/.test(on) ? "none" : undefined,
      ),
  },
  {
    name: "A program reads its own bundles only, and nobody writes them",
    why: "Who can write a bundle runs code as the program.",
    check: (platform, environment) =>
      grantFindings(platform, environment, ({ who, role, on, under }) => {
        // What Kafka's machine runs from a bundle is the keeper.
        const own = `bundles/${who === "kafka" ? "keeper" : who}/`;
        return on === "bucket artifacts" && (role !== "roles/storage.objectViewer" || under !== own)
          ? `roles/storage.objectViewer under ${own}`
          : undefined;
      }),
  },
  {
    name: "Grants add to what others have granted, and there are no keys to carry away",
    why: "A binding removes everybody whom it does not name; a key works from anywhere, for ever.",
    source: "https://docs.cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys",
    check: (platform) =>
      platform.resources
        .filter(({ type }) => REFUSED_TYPES.test(type))
        .map((resource) => findingAt(resource, resource.type, "grants of one role to one member")),
  },
  {
    name: "Grants go to the platform's own accounts and to Google's agents",
    why: "A person's or another project's account has no task here.",
    check: (platform, environment) =>
      grantsOf(platform, environment)
        .filter((grant) => !isKnown(grant))
        .map(({ resource }) =>
          findingAt(resource, resource.attributes.member, "an account of the platform or an agent"),
        ),
  },
  {
    name: "Roles of our own hold exactly the permissions that they were made for",
    why: "A permission that is added to a role reaches everybody who has it.",
    check: (platform, environment) =>
      forEach(platform, "google_project_iam_custom_role", (role) => {
        const id = String(role.attributes.role_id).replace(`rhythmic_${environment.name}_`, "");
        return [mustBe(role, "permissions", OWN_ROLES[id] ?? "none: the role is not in OWN_ROLES")];
      }),
  },
];
