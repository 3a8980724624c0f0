import { BigqueryDataset } from "@cdktf/provider-google/lib/bigquery-dataset";
import { BigqueryTable } from "@cdktf/provider-google/lib/bigquery-table";
import type { Construct } from "constructs";
import { bigQueryFields } from "../runtime/schema/bigquery";
import { columnsOf } from "../runtime/schema/columns";
import { EVENTS } from "../runtime/schema/events";
import { grantOnDataset, grantOnProject } from "./constructs/grants";
import type { ProgramAccount } from "./constructs/program-account";
import type { Environment } from "./environments";
import type { FoundationStack } from "./foundation-stack";
import { datasetOf, datasetPrefixOf } from "./names";
import { PlatformStack } from "./platform-stack";

const MS_PER_DAY = 86_400_000;

/** The datasets, by the names that the programs know. */
const SCHEMAS = {
  staging: "The events as they came: one table a topic, an hour a partition, replaced whole by each load.",
  marts: "What people ask: dimensions, facts and aggregates, made from staging.",
  control: "The loader's own books.",
} as const;
type Schema = keyof typeof SCHEMAS;

/** BigQuery: the datasets, and the staging tables as the schema of the events says. */
export class WarehouseStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, { foundation }: { readonly foundation: FoundationStack }) {
    super(scope, "warehouse", environment, [foundation]);
    for (const schema of Object.keys(SCHEMAS) as Schema[]) this.addDataset(schema);
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
    grantOnProject(account, {
      id: "run-jobs",
      role: "roles/bigquery.jobUser",
      why: "Runs load jobs and queries, which BigQuery grants on projects only.",
    });
  }

  private addDataset(schema: Schema): void {
    const { region, mayBeDestroyed } = this.environment;
    const dataset = new BigqueryDataset(this, schema, {
      datasetId: datasetOf(this.environment, schema),
      description: SCHEMAS[schema],
      location: region,
      deleteContentsOnDestroy: mayBeDestroyed,
      lifecycle: { preventDestroy: !mayBeDestroyed },
    });
    if (schema === "staging") this.addStagingTables(dataset);
  }

  private addStagingTables(dataset: BigqueryDataset): void {
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
        deletionProtection: !this.environment.mayBeDestroyed,
      });
    }
  }
}
