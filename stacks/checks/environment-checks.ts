import type { EnvironmentRecord } from "../environment-record";
import { refusal } from "../synthesis/synthesis-error";
import { addressesOf, isPrivate, overlaps, PRIVATE_RANGES, parseAddress } from "./cidr";
import { isRegion, regionsLike, zonesOf } from "./regions";

/** What an environment's record may say: refused here, before anything is declared from it. */

/**
 * Refuses environments that would get in each other's way: the same name (everything would be named the same), or
 * subnets that could never be connected.
 * @throws SynthesisError
 */
export function checkApart(records: Readonly<Record<string, EnvironmentRecord>>): void {
  const seen: EnvironmentRecord[] = [];
  for (const [key, record] of Object.entries(records)) {
    if (record.name !== key || seen.some(({ name }) => name === record.name)) {
      throw refusal(`The name of the environment ${key}`, record.name, `${key}, because all names are made from it`);
    }
    const range = addressesOf(record.subnetRange);
    for (const other of seen) {
      const otherRange = addressesOf(other.subnetRange);
      if (range !== undefined && otherRange !== undefined && overlaps(range, otherRange)) {
        throw refusal(
          `The subnet of ${record.name}`,
          record.subnetRange,
          `a range apart from ${other.name}'s, which is ${other.subnetRange}`,
        );
      }
    }
    seen.push(record);
  }
}

/** Alerts look at windows of five minutes, and one that waits for more than a day tells nobody in time. */
const ALERT_MINUTES_MIN = 6;
const ALERT_MINUTES_MAX = 24 * 60;
/** A BigQuery table holds 10,000 partitions (cloud.google.com/bigquery/quotas); ours are hours. */
const HOURLY_PARTITIONS_MAX = 10_000;
/** docs.cloud.google.com/storage/docs/soft-delete: 0, which turns it off, or 7 to 90 days. */
const SOFT_DELETE_DAYS = [7, 90] as const;
/** What is deleted from NEARLINE in its first 30 days is charged for as if it had stayed so long. */
const COLD_DAYS_MIN = 30;

/**
 * Refuses what the provider would find at the earliest when it is applied, and what makes no sense.
 * @throws SynthesisError
 */
export function checkRecord(record: EnvironmentRecord): void {
  const { name, region, zone } = record;
  if (!isRegion(region)) throw refusal(`The region of ${name}`, region, regionsLike(region));
  if (!zonesOf(region).includes(zone)) {
    throw refusal(`The zone of ${name}`, zone, `a zone of the region ${region}: ${zonesOf(region).join(", ")}`);
  }
  checkAddresses(record);
  checkCommits(record);
  checkRetention(record);
  checkSizes(record);
  checkLimits(record);
}

function checkAddresses({ name, subnetRange, kafkaAddress }: EnvironmentRecord): void {
  const range = addressesOf(subnetRange);
  if (range === undefined) {
    throw refusal(`The subnet of ${name}`, subnetRange, "an IPv4 range such as 10.20.0.0/24, host bits 0");
  }
  if (!isPrivate(range)) {
    throw refusal(`The subnet of ${name}`, subnetRange, `a range inside ${PRIVATE_RANGES.join(", ")}`);
  }
  const address = parseAddress(kafkaAddress);
  // Google keeps the first two and the last two addresses of a subnet for itself.
  if (address === undefined || address < range.first + 2 || address > range.last - 2) {
    throw refusal(`Kafka's address in ${name}`, kafkaAddress, `an address inside ${subnetRange}`);
  }
}

/** An alert about missing commits must allow for two that were due. */
function checkCommits({ name, commitIntervalSeconds, alerts }: EnvironmentRecord): void {
  const secondsMax = (alerts.commitAgeMaxMinutes * 60) / 2;
  if (!Number.isInteger(commitIntervalSeconds) || commitIntervalSeconds < 1 || commitIntervalSeconds > secondsMax) {
    throw refusal(
      `The commit interval of ${name}, seconds,`,
      commitIntervalSeconds,
      `1 to ${secondsMax} (half of what the alert about stalled commits waits for)`,
    );
  }
}

/** How long things are kept, and that no rule works against another. */
function checkRetention(record: EnvironmentRecord): void {
  const { name, eventAgeMaxDays, stagingRetentionDays, softDeleteDays, coldAfterDays } = record;
  const { keyRotationDays, snapshotRetentionDays, accessLogsKeptDays } = record;
  const stagingDaysMax = Math.floor(HOURLY_PARTITIONS_MAX / 24);
  checkDays(
    `The retention of the staging tables of ${name}`,
    stagingRetentionDays,
    [eventAgeMaxDays, stagingDaysMax],
    `${eventAgeMaxDays} (what is still accepted as late) to ${stagingDaysMax} (BigQuery's partitions of an hour)`,
  );
  if (softDeleteDays !== 0) {
    checkDays(`The soft deletion of ${name}`, softDeleteDays, SOFT_DELETE_DAYS, "0 (none), or 7 to 90");
  }
  const coldDaysMin = Math.max(COLD_DAYS_MIN, eventAgeMaxDays);
  checkDays(
    `The age at which files of ${name} move to cheaper storage`,
    coldAfterDays,
    [coldDaysMin, Number.POSITIVE_INFINITY],
    `${coldDaysMin} or more, since an hour is loaded whole again as long as late events are accepted for it, ` +
      "and reading cheaper storage is charged for",
  );
  checkDays(`The rotation of the keys of ${name}`, keyRotationDays, [1, 365], "1 to 365");
  checkDays(`The retention of the snapshots of ${name}`, snapshotRetentionDays, [1, 65_535], "1 to 65535");
  checkDays(`The retention of the access logs of ${name}`, accessLogsKeptDays, [1, 3_650], "1 to 3650");
}

function checkDays(what: string, days: number, [least, most]: readonly [number, number], allowed: string): void {
  if (!Number.isInteger(days) || days < least || days > most) throw refusal(`${what}, days,`, days, allowed);
}

function checkSizes({ name, processor, kafka, generator, loader }: EnvironmentRecord): void {
  if (!Number.isInteger(processor.count) || processor.count < 1) {
    throw refusal(`The number of processors of ${name}`, processor.count, "1 or more");
  }
  for (const [machine, gb] of [
    ["Kafka", kafka.bootDiskGb],
    ["Kafka's data", kafka.dataDiskGb],
    ["the generator", generator.bootDiskGb],
    ["a processor", processor.bootDiskGb],
    ["the loader", loader.bootDiskGb],
  ] as const) {
    // A balanced disk has 10 to 65,536 GB (docs.cloud.google.com/compute/docs/disks/persistent-disks), as our image.
    if (!Number.isInteger(gb) || gb < 10 || gb > 65_536) {
      throw refusal(`The disk of ${machine} in ${name}, GB,`, gb, "10 to 65536");
    }
  }
}

/** Where alerts and the budget begin. */
function checkLimits({ name, alerts, budgetUsdPerMonth, expected }: EnvironmentRecord): void {
  const { commitAgeMaxMinutes, lagRecordsMax, loadAgeMaxMinutes, diskUsedMaxPercent } = alerts;
  for (const [what, value, least, most] of [
    ["minutes without a commit that raise an alert", commitAgeMaxMinutes, ALERT_MINUTES_MIN, ALERT_MINUTES_MAX],
    ["minutes without a load that raise an alert", loadAgeMaxMinutes, ALERT_MINUTES_MIN, ALERT_MINUTES_MAX],
    ["waiting records that raise an alert", lagRecordsMax, 1, Number.MAX_SAFE_INTEGER],
    ["percent of Kafka's disk that raise an alert", diskUsedMaxPercent, 1, 99],
    ["dollars of the budget", budgetUsdPerMonth, 1, Number.MAX_SAFE_INTEGER],
    ["events a day that are expected", expected.eventsPerDay, 1, Number.MAX_SAFE_INTEGER],
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw refusal(`The number of ${what} in ${name}`, value, `a whole number from ${least} to ${most}`);
    }
  }
}
