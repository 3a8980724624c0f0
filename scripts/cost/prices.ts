import { refusal } from "../../stacks/synthesis/synthesis-error";
import usCentral1 from "./prices/us-central1-2026-07-30.json";

/** The price of one thing, US dollars as text: a month, and where the list has them other ways to pay. */
export interface Price {
  readonly month: string;
  readonly month_1y?: string;
  readonly month_3y?: string;
  readonly month_spot?: string;
}

/** A dated list of prices of one region, as it was exported; storage is a GB and month. */
export interface PriceList {
  readonly source: string;
  /** The day of the export. */
  readonly generated: string;
  readonly region: string;
  readonly prices: Readonly<Record<string, Price>>;
}

export const PRICES: PriceList = usCentral1;

const MACHINE = "compute/instance/";

/** The list's names of Compute Engine's disk types (cloud.google.com/compute/docs/disks). */
const DISKS: Readonly<Record<string, string>> = {
  "pd-standard": "compute/storage/hdd",
  "pd-balanced": "compute/storage/balanced",
  "pd-ssd": "compute/storage/ssd",
  "pd-extreme": "compute/storage/extreme",
};

/** The list's names of Cloud Storage's classes (cloud.google.com/storage/docs/storage-classes). */
const CLASSES: Readonly<Record<string, string>> = {
  STANDARD: "storage/bucket/standard",
  NEARLINE: "storage/bucket/nearline",
  COLDLINE: "storage/bucket/coldline",
  ARCHIVE: "storage/bucket/archiv",
};

/** US dollars a month for something that the list must have. */
export function priceOf(list: PriceList, name: string): number {
  const price = list.prices[name];
  if (price === undefined) throw refusal("The name of a price", name, Object.keys(list.prices).join(", "));
  return Number(price.month);
}

/**
 * @param where address of the resource, for the error
 * @throws SynthesisError where the list has no price of the machine type
 */
export function machinePriceOf(list: PriceList, type: string, where: string): Price {
  const price = list.prices[`${MACHINE}${type}`];
  if (price !== undefined) return price;
  const known = Object.keys(list.prices).filter((name) => name.startsWith(MACHINE));
  throw unpriced(list, `The machine type of ${where}`, type, known, MACHINE);
}

/** @throws SynthesisError where the list has no price of the disk type */
export function diskPriceOf(list: PriceList, type: string, where: string): number {
  const name = DISKS[type];
  if (name === undefined) throw unpriced(list, `The disk type of ${where}`, type, Object.keys(DISKS));
  return priceOf(list, name);
}

/** @throws SynthesisError where the list has no price of the storage class */
export function storagePriceOf(list: PriceList, storageClass: string, where: string): number {
  const name = CLASSES[storageClass];
  if (name === undefined) throw unpriced(list, `The storage class of ${where}`, storageClass, Object.keys(CLASSES));
  return priceOf(list, name);
}

/**
 * Refuses what lies in a region that the list knows nothing of.
 * @param place a region or a zone of it; case does not matter
 * @throws SynthesisError
 */
export function checkRegion(list: PriceList, place: string, where: string): void {
  const { region } = list;
  const given = place.toLowerCase();
  if (given === region || given.startsWith(`${region}-`)) return;
  throw refusal(`The place of ${where}`, place, `${region}, the region of the price list of ${list.generated}`);
}

function unpriced(list: PriceList, what: string, given: string, known: readonly string[], prefix = "") {
  const names = known.map((name) => name.slice(prefix.length)).join(", ");
  return refusal(what, given, `what the price list of ${list.generated} has, ${names}`);
}
