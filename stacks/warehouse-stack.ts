import { BigqueryConnection } from "@cdktf/provider-google/lib/bigquery-connection";
import { BigqueryDataset } from "@cdktf/provider-google/lib/bigquery-dataset";
import { BigqueryTable } from "@cdktf/provider-google/lib/bigquery-table";
import { ProjectIamCustomRole } from "@cdktf/provider-google/lib/project-iam-custom-role";
import type { Construct } from "constructs";
import { bigQueryFields } from "../runtime/schema/bigquery";
import { columnsOf } from "../runtime/schema/columns";
import { EVENTS } from "../runtime/schema/events";
import { GoogleAgent } from "./constructs/google-agent";
import { grantOnConnection, grantOnDataset, grantOnProject } from "./constructs/grants";
import type { ProgramAccount } from "./constructs/program-account";
import { MS_PER_DAY } from "./durations";
import type { Environment } from "./environment-record";
import type { FoundationStack } from "./foundation-stack";
import type { LakeStack } from "./lake-stack";
import { connectionIdOf, datasetOf, datasetPrefixOf, delegateRoleIdOf, keyNameOf } from "./names";
import { PlatformStack } from "./platform-stack";

/** The datasets, by the names that the programs know. */
const SCHEMAS = {
  staging: "The events as they came: one table a topic, an hour a partition, replaced whole by each load.",
  marts: "What people ask: dimensions, facts and aggregates, made from staging.",
  control: "The loader's own books.",
  lake: "The lake's Delta tables, read where they lie: the loader publishes each as soon as it exists.",
} as const;
type Schema = keyof typeof SCHEMAS;

export interface WarehouseStackProps {
  readonly foundation: FoundationStack;
  readonly lake: LakeStack;
}

/**
 * BigQuery: the datasets, the staging tables as the schema of the events says, and the connection by which it reads
 * the lake. An external table over a Delta table takes its columns from the table's log, so it can't be made before
 * the first processor has started: the loader makes it, and this stack only lets it.
 */
export class WarehouseStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, { foundation, lake }: WarehouseStackProps) {
    super(scope, "warehouse", environment, [foundation, lake]);
    for (const schema of Object.keys(SCHEMAS) as Schema[]) this.addDataset(schema);
    this.addConnection(lake);
    this.tellWhereToLook();
  }

  /** As the programs' WAREHOUSE_URL says it. */
  get url(): string {
    return `bigquery://${this.environment.project}/${datasetPrefixOf(this.environment)}`;
  }

  /** For the loader. */
  grantLoads(account: ProgramAccount): void {
    for (const schema of Object.keys(SCHEMAS) as Schema[]) {
      grantOnDataset(account, datasetOf(this.environment, schema), {
        id: `write-${schema}`,
        role: "roles/bigquery.dataEditor",
        why: `Makes and replaces the tables of ${schema}.`,
      });
    }
    const { project, region } = this.environment;
    grantOnConnection(account, connectionIdOf(this.environment), region, {
      id: "delegate-connection",
      role: `projects/${project}/roles/${delegateRoleIdOf(this.environment)}`,
      why: "Makes tables that read the lake by the connection's account, so that readers of them need none of their own.",
    });
    grantOnProject(account, {
      id: "run-jobs",
      role: "roles/bigquery.jobUser",
      why: "Runs load jobs and queries, which BigQuery grants on projects only.",
    });
  }

  /** BigQuery reads the lake by an account of the connection's own, whoever asks. */
  private addConnection(lake: LakeStack): void {
    const { environment } = this;
    const connection = new BigqueryConnection(this, "connection", {
      connectionId: connectionIdOf(environment),
      location: environment.region,
      friendlyName: `The lake of ${environment.name}`,
      description: "By which external tables read the lake's files.",
      cloudResource: {},
      lifecycle: { preventDestroy: !environment.mayBeDestroyed },
    });
    const reader = new GoogleAgent(this, "reader", `serviceAccount:${connection.cloudResource.serviceAccountId}`);
    lake.grantReading(
      reader,
      "BigQuery reads the lake's tables where they lie, for whoever may read the external ones.",
    );
    // Google's own role with this permission may also change and delete connections.
    new ProjectIamCustomRole(this, "delegate", {
      roleId: delegateRoleIdOf(environment),
      title: `Rhythmic: makes tables over a connection (${environment.name})`,
      description: "May make tables that read by a connection's account, and neither change nor see the connection.",
      permissions: ["bigquery.connections.delegate"],
    });
  }

  private tellWhereToLook(): void {
    const { project, region } = this.environment;
    const marts = datasetOf(this.environment, "marts");
    this.tell("warehouse_url", this.url, "The warehouse, as the programs' WAREHOUSE_URL and `--warehouse` take it.");
    this.tell(
      "marts",
      `https://console.cloud.google.com/bigquery?project=${project}&p=${project}&d=${marts}&page=dataset`,
      "The marts in BigQuery Studio.",
    );
    this.tell(
      "query",
      `bq query --project_id=${project} --location=${region} --use_legacy_sql=false ` +
        `'SELECT * FROM ${marts}.top_songs LIMIT 10'`,
      "Asks a mart from the command line.",
    );
  }

  private addDataset(schema: Schema): void {
    const { region, mayBeDestroyed } = this.environment;
    const key = keyNameOf(this.environment, "warehouse");
    const dataset = new BigqueryDataset(this, schema, {
      datasetId: datasetOf(this.environment, schema),
      description: SCHEMAS[schema],
      location: region,
      ...(key === undefined ? {} : { defaultEncryptionConfiguration: { kmsKeyName: key } }),
      deleteContentsOnDestroy: mayBeDestroyed,
      lifecycle: { preventDestroy: !mayBeDestroyed },
    });
    if (schema === "staging") this.addStagingTables(dataset);
  }

  private addStagingTables(dataset: BigqueryDataset): void {
    const key = keyNameOf(this.environment, "warehouse");
    for (const event of EVENTS) {
      new BigqueryTable(this, event.topic, {
        datasetId: dataset.datasetId,
        tableId: event.topic,
        description: event.description,
        schema: JSON.stringify(bigQueryFields(columnsOf(event))),
        timePartitioning: {
          type: "HOUR",
          field: "event_hour",
          expirationMs: this.environment.stagingRetentionDays * MS_PER_DAY,
        },
        // A query without an hour would read, and be billed for, everything.
        requirePartitionFilter: true,
        // The marts ask by listener; the loader proves its counts by partition and offset.
        clustering: ["user_id", "kafka_partition", "kafka_offset"],
        // Said here too: a table that takes its dataset's key in silence would be replaced by the next deploy.
        ...(key === undefined ? {} : { encryptionConfiguration: { kmsKeyName: key } }),
        deletionProtection: !this.environment.mayBeDestroyed,
      });
    }
  }
}
