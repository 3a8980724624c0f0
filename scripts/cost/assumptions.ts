/**
 * What the costs rest on beside the declared resources and the price list. Each figure says where it comes from; the
 * events a day come from the environment (stacks/environments.ts, `expected`).
 */

export const DAYS_PER_MONTH = 365 / 12;
/** Google bills storage by 2^30 bytes, and calls that a GB. */
export const BYTES_PER_GB = 2 ** 30;

/** What the events of a topic take where they are kept. */
export interface EventSize {
  /** Part of all events. */
  readonly share: number;
  /** A record in Kafka's log, with its key, headers and framing; nothing compresses it. */
  readonly kafkaBytes: number;
  /** A Parquet file of n rows takes `parquetFactor * n ** parquetExponent` bytes. */
  readonly parquetFactor: number;
  readonly parquetExponent: number;
  /** A row in BigQuery, logical bytes. */
  readonly bigQueryBytes: number;
}

/**
 * Measured by `npm run bench -- event-bytes` on 2026-11-22: 600,000 generated events of 100,000 listeners, synthetic
 * catalogue, files of 30 to 3,000 rows. Real listeners' titles and browsers are a little longer or shorter.
 */
export const EVENT_SIZES: Readonly<Record<string, EventSize>> = {
  listen_events: { share: 0.4465, kafkaBytes: 604, parquetFactor: 697, parquetExponent: 0.685, bigQueryBytes: 340 },
  page_view_events: { share: 0.5488, kafkaBytes: 632, parquetFactor: 735, parquetExponent: 0.672, bigQueryBytes: 352 },
  auth_events: { share: 0.0037, kafkaBytes: 503, parquetFactor: 687, parquetExponent: 0.63, bigQueryBytes: 270 },
  status_change_events: {
    share: 0.0011,
    kafkaBytes: 515,
    parquetFactor: 862,
    parquetExponent: 0.575,
    bigQueryBytes: 283,
  },
};

/** How much history the lake holds in the month that is reckoned: nothing deletes its data by itself. */
export const MONTHS_KEPT_DEFAULT = 12;

/** All bundles that were ever deployed, and versions kept for a while: the bundles are a few megabytes each. */
export const ARTIFACTS_GB = 1;

/** Machines run all month; Google bills by the second. */
export const MACHINES_RUN = "every machine runs the whole month";
