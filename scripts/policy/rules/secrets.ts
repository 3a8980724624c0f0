import type { Environment } from "../../../stacks/environment-record";
import { keyNameOf } from "../../../stacks/names";
import type { SynthesizedPlatform } from "../../../stacks/synthesis/synthesized";
import { grantsOf, textOf } from "../grants";
import { block, blocks, findingAt, forEach, missing, mustHold, type Rule, shown } from "../rule";
import { settingOf } from "./settings";

/** What opens Kafka to a program is known to that program, and stands nowhere else. */

const SECRET = "google_secret_manager_secret";
const ADD_VERSIONS = "roles/secretmanager.secretVersionManager";
const READ = "roles/secretmanager.secretAccessor";
/** A destroyed version can be brought back meanwhile; a day is the least that Secret Manager takes. */
const DESTROYED_KEPT_SECONDS_MIN = 86_400;
/** Keys and certificates, tokens, and passwords with a value. */
const SECRET_TEXT = /-----BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)-----|ya29\.|"?password"?\s*[:=]\s*"?[^\s"]+/i;

function credentialFindings(platform: SynthesizedPlatform, environment: Environment) {
  return grantsOf(platform, environment)
    .filter(({ resource }) => resource.type === `${SECRET}_iam_member`)
    .filter(
      ({ who, role, on, condition }) =>
        condition !== "" ||
        !((role === READ && on === `secret kafka-${who}`) || (role === ADD_VERSIONS && who === "kafka")),
    )
    .map((grant) =>
      findingAt(grant.resource, textOf(grant), `${READ} on the program's own secret, ${ADD_VERSIONS} of kafka`),
    );
}

export const SECRETS: readonly Rule[] = [
  {
    name: "A secret stays in the region, under a key of our own where the environment has keys",
    why: "No public rule looks at secrets, whose default is every region under Google's keys.",
    source: "https://docs.cloud.google.com/secret-manager/docs/choosing-replication",
    check: (platform, environment) =>
      forEach(platform, SECRET, (secret) => {
        const key = keyNameOf(environment, "secrets");
        const replicas = blocks(block(block(secret.attributes.replication)?.user_managed)?.replicas);
        return [
          replicas.length > 0 && replicas.every(({ location }) => location === environment.region)
            ? undefined
            : findingAt(secret, secret.attributes.replication, `user_managed replicas in ${environment.region}`),
          replicas.every((one) => block(one.customer_managed_encryption)?.kms_key_name === key)
            ? undefined
            : findingAt(secret, secret.attributes.replication, `the key ${key ?? "of Google"} for every replica`),
        ];
      }),
  },
  {
    name: "A version of a secret that somebody destroys can be brought back for a while",
    why: "A program that starts again without its credentials stays outside of Kafka.",
    source: "https://docs.cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions",
    check: (platform) =>
      forEach(platform, SECRET, (secret) => [
        mustHold(
          secret,
          "version_destroy_ttl",
          (ttl) => Number(/^(\d+)s$/.exec(String(ttl))?.[1]) >= DESTROYED_KEPT_SECONDS_MIN,
          `seconds with their s, at least ${DESTROYED_KEPT_SECONDS_MIN}s`,
        ),
      ]),
  },
  {
    name: "What a secret holds is never declared",
    why: "Terraform keeps what it declares in its state, in plain text, for everybody who deploys.",
    source: "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    check: (platform) => [
      ...platform.resources
        .filter(({ type }) => /_secret_version$/.test(type))
        .map((resource) => findingAt(resource, resource.type, "versions that Kafka's machine adds")),
      ...platform.stacks
        .flatMap(({ data }) => data)
        .filter(({ type }) => /_secret_version(_access)?$/.test(type))
        .map((source) => findingAt(source, source.type, "no look at what a secret holds")),
    ],
  },
  {
    name: "No metadata of a machine holds a secret",
    why: "Whoever may see a machine reads its metadata, and so does every process on it.",
    source: "https://docs.cloud.google.com/compute/docs/metadata/overview",
    check: (platform) =>
      forEach(platform, "google_compute_instance_template", (template) =>
        Object.entries(block(template.attributes.metadata) ?? {}).map(([name, value]) => {
          const found = SECRET_TEXT.exec(String(value))?.[0];
          return found === undefined
            ? undefined
            : findingAt(template, `metadata.${name} with ${shown(found).slice(0, 20)}...`, "names of secrets alone");
        }),
      ),
  },
  {
    name: "A program reads its own credentials alone, and who makes them can read none",
    why: "A program that knows another's password can do in Kafka what that one can.",
    source: "https://docs.cloud.google.com/secret-manager/docs/access-control",
    check: credentialFindings,
  },
  {
    name: "A program is told of a secret that is declared",
    why: "It would wait for credentials that nobody makes.",
    check: (platform, { project }) => {
      const declared = platform
        .ofType(SECRET)
        .map(({ attributes }) => `projects/${project}/secrets/${attributes.secret_id}`);
      return (["generator", "processor"] as const)
        .map((program) => settingOf(platform, program, "KAFKA_CREDENTIALS"))
        .filter((name) => !declared.includes(String(name)))
        .map((name) => ({ ...missing("kafka", `the secret ${name}`, declared.join(", ")) }));
    },
  },
];
