import type { Environment } from "../environment-record";
import { bucketNameOf, datasetPrefixOf, nameOf } from "../names";
import { onMetric, type PromQl } from "./promql";

/**
 * Queries on metrics that Google Cloud measures itself, in PromQL. Names and labels are those of
 * cloud.google.com/monitoring/api/metrics_gcp; where a metric belongs to several kinds of resources PromQL wants one
 * named.
 */

const MACHINE = 'monitored_resource="gce_instance"';

/** The machines of an environment, or those whose name goes on with `what`. */
function machines(environment: Environment, what = ""): string {
  return `${MACHINE},instance_name=~"${nameOf(environment, what)}.*"`;
}

/** How many machines of a program are up; nothing where none is. */
export function machinesUp(environment: Environment, program: string): PromQl {
  return onMetric(
    `count(last_over_time(compute_googleapis_com:instance_uptime_total{${machines(environment, `${program}-`)}}[5m]))`,
  );
}

/** Share of its processors that each machine uses, percent. */
export function processorsUsed(environment: Environment): PromQl {
  return onMetric(
    `100 * avg by (instance_name) (compute_googleapis_com:instance_cpu_utilization{${machines(environment)}})`,
  );
}

/** Share of its memory that each machine uses, percent, page cache not counted. */
export function memoryUsed(environment: Environment): PromQl {
  const bytes = (states: string) =>
    `sum by (instance_name) (compute_googleapis_com:guest_memory_bytes_used{${machines(environment)}${states}})`;
  return onMetric(`100 * ${bytes(',state="used"')} / ${bytes("")}`);
}

/**
 * How full the disks that are written to are, percent. Container-Optimized OS's node-problem-detector measures it
 * (pkg/systemstatsmonitor/disk_collector.go of kubernetes/node-problem-detector): sda1 is the part of the boot disk
 * that may be written, sdb the data disk; the rest is the read-only system, full by design.
 */
export function disksUsed(environment: Environment): PromQl {
  const bytes = (state: string) =>
    "sum by (instance_name, device_name) (compute_googleapis_com:guest_disk_bytes_used" +
    `{${machines(environment)},device_name=~"sda1|sd[b-z]",state=~"${state}"})`;
  return onMetric(`100 * ${bytes("used")} / ${bytes("used|free")}`);
}

/** Bytes that BigQuery bills queries for, of the whole project. */
export function queriedBytes(window: string): PromQl {
  return onMetric(
    `sum(increase(bigquery_googleapis_com:query_scanned_bytes_billed{monitored_resource="global"}[${window}]))`,
  );
}

/** Bytes that the datasets hold. */
export function warehouseBytes(environment: Environment): PromQl {
  const datasets = `monitored_resource="bigquery_dataset",dataset_id=~"${datasetPrefixOf(environment)}_.*"`;
  return onMetric(
    `sum by (dataset_id) (last_over_time(bigquery_googleapis_com:storage_stored_bytes{${datasets}}[1d]))`,
  );
}

/** Bytes that the lake holds; measured once a day. */
export function lakeBytes(environment: Environment): PromQl {
  const bucket = `monitored_resource="gcs_bucket",bucket_name="${bucketNameOf(environment, "lake")}"`;
  return onMetric(
    `sum by (storage_class) (last_over_time(storage_googleapis_com:storage_v2_total_bytes{${bucket}}[2d]))`,
  );
}

/** Bytes of logs that Cloud Logging bills for, of the whole project. */
export function loggedBytes(window: string): PromQl {
  return onMetric(
    `sum(increase(logging_googleapis_com:billing_bytes_ingested{monitored_resource="global"}[${window}]))`,
  );
}
