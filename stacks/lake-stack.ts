import type { Construct } from "constructs";
import type { Grantee } from "./constructs/google-agent";
import { grantOnBucket } from "./constructs/grants";
import { PrivateBucket } from "./constructs/private-bucket";
import type { ProgramAccount } from "./constructs/program-account";
import type { Environment } from "./environment-record";
import type { FoundationStack } from "./foundation-stack";
import { PlatformStack } from "./platform-stack";

/** Where the Delta tables lie in the bucket, and where the plans of loads (runtime/lake/lake-layout.ts). */
const TABLES = ["events/", "dead_letters/"] as const;
const LOADS = "loads/";

/**
 * The bucket with the Delta tables. The processor owns them: nobody else can write, change or delete anything under a
 * table.
 */
export class LakeStack extends PlatformStack {
  private readonly bucketName: string;

  constructor(scope: Construct, environment: Environment, { foundation }: { readonly foundation: FoundationStack }) {
    super(scope, "lake", environment, [foundation]);
    const { bucketName } = new PrivateBucket(this, "lake", {
      environment,
      contents: { what: "lake", prefixes: TABLES, coldAfterDays: environment.coldAfterDays },
    });
    this.bucketName = bucketName;
    this.tell("lake_url", this.url, "The lake, as the programs' LAKE_URL and `--lake` take it.");
    this.tell(
      "tables",
      `https://console.cloud.google.com/storage/browser/${bucketName}/events?project=${environment.project}`,
      "The tables' folders; a table's log is its _delta_log.",
    );
    this.tell("latest_commits", `gcloud storage ls -l gs://${bucketName}/events/*/_delta_log/`, "Lists every commit.");
  }

  /** As the programs' LAKE_URL says it. */
  get url(): string {
    return `gs://${this.bucketName}`;
  }

  /** For the processor, which owns the tables. */
  grantTables(account: ProgramAccount): void {
    grantOnBucket(
      account,
      this.bucketName,
      {
        id: "own-tables",
        role: "roles/storage.objectUser",
        why: "Writes the tables' files and log entries, reads the log, and removes its own files that no entry names.",
      },
      { prefixes: TABLES, list: true },
    );
  }

  /** For the loader: reads the tables, and adds its plans beside them. */
  grantLoads(account: ProgramAccount): void {
    this.grantReading(account, "Reads the tables' logs, and has the warehouse load their files.");
    grantOnBucket(
      account,
      this.bucketName,
      {
        id: "write-plans",
        role: "roles/storage.objectCreator",
        why: "Creates the plans of its loads; it can neither change nor delete anything.",
      },
      { prefixes: [LOADS], list: false },
    );
  }

  /**
   * For who reads all of the lake through BigQuery, which asks for the bucket's properties besides its objects
   * (docs.cloud.google.com/bigquery/docs/loading-data-cloud-storage-parquet, "Required permissions").
   */
  grantReading(grantee: Grantee, why: string): void {
    grantOnBucket(grantee, this.bucketName, { id: "read-tables", role: "roles/storage.objectViewer", why });
    grantOnBucket(grantee, this.bucketName, {
      id: "see-bucket",
      role: "roles/storage.legacyBucketReader",
      why: "BigQuery asks where the bucket is, and what it is, before it reads from it.",
    });
  }
}
