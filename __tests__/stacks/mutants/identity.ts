import type { Mutant } from "./mutant";

const BUCKET_GRANT = "google_storage_bucket_iam_member";
const PROJECT_GRANT = "google_project_iam_member";
const TEMPLATE = "google_compute_instance_template";
const OWN_ACCOUNT = "Every machine has a service account of its own, which the platform declares";
const CLOSED_LIST = "Programs have exactly the grants of the closed list";
const NO_ADMIN = "Nobody is owner, editor or administrator of anything";
const PROJECT_ONLY = "A project's grants are those that Google Cloud knows on projects only";
const LAKE = "rhythmic-example-rhythmic-prod-lake";
const WHY = "Somebody has written a sentence that looks like a reason.";

const accountOf = (program: string) => `rhythmic-prod-${program}@rhythmic-example.iam.gserviceaccount.com`;
const memberOf = (program: string) => `serviceAccount:${accountOf(program)}`;

/** Mistakes that give somebody a right too many. */
export const IDENTITY_MUTANTS: readonly Mutant[] = [
  {
    title: "a lake that everybody may read",
    breaks: ["Nothing is granted to the public", "Grants go to the platform's own accounts and to Google's agents"],
    seed: (draft) => draft.set(BUCKET_GRANT, "loader/identity/read-tables", "member", "allUsers"),
  },
  {
    title: "a processor that may edit the whole project",
    breaks: [NO_ADMIN, PROJECT_ONLY, CLOSED_LIST],
    seed: (draft) =>
      draft.add(
        "stream",
        PROJECT_GRANT,
        "edit",
        { project: "rhythmic-example", role: "roles/editor", member: memberOf("processor") },
        WHY,
      ),
  },
  {
    title: "a loader that administers the warehouse",
    breaks: [NO_ADMIN, CLOSED_LIST],
    seed: (draft) =>
      draft.set("google_bigquery_dataset_iam_member", "loader/identity/write-staging", "role", "roles/bigquery.admin"),
  },
  {
    title: "a loader that may delete what the processor wrote",
    breaks: ["Nobody but the processor can delete or overwrite in the lake", CLOSED_LIST],
    seed: (draft) => draft.set(BUCKET_GRANT, "loader/identity/write-plans", "role", "roles/storage.objectUser"),
  },
  {
    title: "a loader that may create objects everywhere in the lake",
    breaks: ["The loader creates objects under loads/ only", CLOSED_LIST],
    seed: (draft) => draft.set(BUCKET_GRANT, "loader/identity/write-plans", "condition", undefined),
  },
  {
    title: "a condition that names another bucket's loads/",
    breaks: ["The loader creates objects under loads/ only", CLOSED_LIST],
    seed: (draft) =>
      draft.replace(BUCKET_GRANT, "loader/identity/write-plans", "condition.expression", "prod-lake", "dev-lake"),
  },
  {
    title: "a generator that may read the lake",
    breaks: ["The generator has no right to the lake or the warehouse", CLOSED_LIST],
    seed: (draft) =>
      draft.add(
        "kafka",
        BUCKET_GRANT,
        "read-lake",
        { bucket: LAKE, role: "roles/storage.objectViewer", member: memberOf("generator") },
        WHY,
      ),
  },
  {
    title: "a program that reads every program's bundles",
    breaks: ["A program reads its own bundles only, and nobody writes them", CLOSED_LIST],
    seed: (draft) => draft.set(BUCKET_GRANT, "processor/identity/fetch-bundle", "condition", undefined),
  },
  {
    title: "a right on all buckets of the project instead of one",
    breaks: [PROJECT_ONLY, CLOSED_LIST],
    seed: (draft) =>
      draft.add(
        "batch",
        PROJECT_GRANT,
        "read-all",
        { project: "rhythmic-example", role: "roles/storage.objectViewer", member: memberOf("loader") },
        WHY,
      ),
  },
  {
    title: "a grant that has gone missing",
    breaks: [CLOSED_LIST],
    seed: (draft) => draft.remove(BUCKET_GRANT, "processor/identity/own-tables"),
  },
  {
    title: "a grant without a reason",
    breaks: ["Every grant says why"],
    seed: (draft) => draft.set(BUCKET_GRANT, "processor/identity/own-tables", "//.why", undefined),
  },
  {
    title: "a person among the grants",
    breaks: ["Grants go to the platform's own accounts and to Google's agents", CLOSED_LIST],
    seed: (draft) => draft.set(BUCKET_GRANT, "loader/identity/read-tables", "member", "user:somebody@example.com"),
  },
  {
    title: "a binding that throws everybody else out",
    breaks: ["Grants add to what others have granted, and there are no keys to carry away"],
    seed: (draft) =>
      draft.add("lake", "google_storage_bucket_iam_binding", "viewers", {
        bucket: LAKE,
        role: "roles/storage.objectViewer",
        members: [memberOf("loader")],
      }),
  },
  {
    title: "a key of a service account, to carry away",
    breaks: ["Grants add to what others have granted, and there are no keys to carry away"],
    seed: (draft) =>
      draft.add("batch", "google_service_account_key", "key", { service_account_id: accountOf("loader") }),
  },
  {
    title: "a role of our own that may do more than it was made for",
    breaks: ["Roles of our own hold exactly the permissions that they were made for"],
    seed: (draft) =>
      (draft.one("google_project_iam_custom_role", "delegate").permissions as string[]).push(
        "bigquery.connections.update",
      ),
  },
  {
    title: "an account of the same name in another project",
    breaks: ["Grants go to the platform's own accounts and to Google's agents", CLOSED_LIST],
    seed: (draft) =>
      draft.set(
        BUCKET_GRANT,
        "loader/identity/read-tables",
        "member",
        "serviceAccount:rhythmic-prod-loader@somebody-else.iam.gserviceaccount.com",
      ),
  },
  {
    title: "two programs under one account",
    breaks: [OWN_ACCOUNT],
    seed: (draft) => draft.set(TEMPLATE, "generator/template", "service_account.email", accountOf("processor")),
  },
  {
    title: "a machine under the project's default account",
    breaks: [OWN_ACCOUNT],
    seed: (draft) => draft.set(TEMPLATE, "loader/template", "service_account", undefined),
  },
];
