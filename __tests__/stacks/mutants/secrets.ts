import type { Mutant } from "./mutant";

const TEMPLATE = "google_compute_instance_template";
const SECRET = "google_secret_manager_secret";
const GRANT = "google_secret_manager_secret_iam_member";
const PLACE = "A secret stays in the region, under a key of our own where the environment has keys";
const NEVER_DECLARED = "What a secret holds is never declared";
const IN_METADATA = "No metadata of a machine holds a secret";
const OWN = "A program reads its own credentials alone, and who makes them can read none";
const CLOSED_LIST = "Programs have exactly the grants of the closed list";
const WHY = "A sentence that says why it is granted.";

/** Mistakes that tell a secret to somebody, or lose it. */
export const SECRET_MUTANTS: readonly Mutant[] = [
  {
    title: "a secret in every region of the world",
    breaks: [PLACE],
    seed: (draft) => draft.set(SECRET, "generator-credentials/secret", "replication", { auto: {} }),
  },
  {
    title: "a secret under Google's keys",
    breaks: [PLACE],
    seed: (draft) =>
      draft.set(
        SECRET,
        "processor-credentials/secret",
        "replication.user_managed.replicas.customer_managed_encryption",
        undefined,
      ),
  },
  {
    title: "a secret whose destroyed versions are gone at once",
    breaks: ["A version of a secret that somebody destroys can be brought back for a while"],
    seed: (draft) => draft.set(SECRET, "processor-credentials/secret", "version_destroy_ttl", undefined),
  },
  {
    title: "a secret that a destroy takes along",
    breaks: ["Stores and what they hold can't be destroyed by accident"],
    seed: (draft) => draft.set(SECRET, "processor-credentials/secret", "lifecycle.prevent_destroy", false),
  },
  {
    title: "a password that Terraform makes, and keeps in its state",
    breaks: [NEVER_DECLARED, "Only types of resources are declared that these rules know"],
    seed: (draft) =>
      draft.add("kafka", "google_secret_manager_secret_version", "first", {
        secret: "rhythmic-prod-kafka-generator",
        secret_data: "change-me",
      }),
  },
  {
    title: "a password in a machine's metadata",
    breaks: [IN_METADATA],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "processor/template",
        "metadata.rhythmic-environment",
        "STATUS_PORT=",
        "KAFKA_PASSWORD=change-me\nSTATUS_PORT=",
      ),
  },
  {
    title: "the authority's key in what Kafka's machine is told",
    breaks: [IN_METADATA],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "kafka/template",
        "metadata.user-data",
        "runcmd:",
        "# -----BEGIN PRIVATE KEY-----\nruncmd:",
      ),
  },
  {
    title: "a generator that reads the processor's credentials",
    breaks: [OWN, CLOSED_LIST],
    seed: (draft) =>
      draft.set(GRANT, "generator/identity/read-credentials", "secret_id", "rhythmic-prod-kafka-processor"),
  },
  {
    title: "a Kafka that reads what it has given out",
    breaks: [OWN, CLOSED_LIST],
    seed: (draft) =>
      draft.set(GRANT, "kafka/identity/write-processor-credentials", "role", "roles/secretmanager.secretAccessor"),
  },
  {
    title: "a loader that reads every secret of the project",
    breaks: ["A project's grants are those that Google Cloud knows on projects only", CLOSED_LIST],
    seed: (draft) =>
      draft.add(
        "batch",
        "google_project_iam_member",
        "read-secrets",
        {
          project: "rhythmic-example",
          role: "roles/secretmanager.secretAccessor",
          member: "serviceAccount:rhythmic-prod-loader@rhythmic-example.iam.gserviceaccount.com",
        },
        WHY,
      ),
  },
  {
    title: "a program that is told of a secret that nobody declares",
    breaks: ["A program is told of a secret that is declared"],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "generator/template",
        "metadata.rhythmic-environment",
        "rhythmic-prod-kafka-generator",
        "rhythmic-prod-generator",
      ),
  },
  {
    title: "secrets that nobody is seen to read",
    breaks: ["The audit log says who read and wrote the stores"],
    seed: (draft) => draft.remove("google_project_iam_audit_config", "audit-secretmanager"),
  },
];
