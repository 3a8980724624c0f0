import type { Construct } from "constructs";
import { grantOnBucket } from "./constructs/grants";
import { PrivateBucket } from "./constructs/private-bucket";
import type { ProgramAccount } from "./constructs/program-account";
import type { Environment } from "./environments";
import type { FoundationStack } from "./foundation-stack";
import { PlatformStack } from "./platform-stack";

/** The bucket with the Delta tables. */
export class LakeStack extends PlatformStack {
  private readonly bucketName: string;

  constructor(scope: Construct, environment: Environment, { foundation }: { readonly foundation: FoundationStack }) {
    super(scope, "lake", environment, [foundation]);
    const { bucketName } = new PrivateBucket(this, "lake", {
      environment,
      what: "lake",
      contents: { kind: "tables", prefix: "events/", coldAfterDays: environment.coldAfterDays },
    });
    this.bucketName = bucketName;
  }

  /** As the programs' LAKE_URL says it. */
  get url(): string {
    return `gs://${this.bucketName}`;
  }

  /** For the processor, which owns the tables. */
  grantTables(account: ProgramAccount): void {
    grantOnBucket(account, this.bucketName, {
      id: "own-tables",
      role: "roles/storage.objectUser",
      why: "Writes the tables' files and log entries, reads the log, and removes its own files that no entry names.",
    });
  }

  /** For the loader: reads the tables, and adds its plans beside them. */
  grantLoads(account: ProgramAccount): void {
    grantOnBucket(account, this.bucketName, {
      id: "read-tables",
      role: "roles/storage.objectViewer",
      why: "Reads the tables' logs and has the warehouse load their files.",
    });
    grantOnBucket(
      account,
      this.bucketName,
      {
        id: "write-plans",
        role: "roles/storage.objectCreator",
        why: "Creates the plans of its loads; it can neither change nor delete anything.",
      },
      "loads/",
    );
  }
}
