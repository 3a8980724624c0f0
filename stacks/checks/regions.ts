/**
 * Google Cloud's regions and the letters of their zones, as of 2026-11
 * (docs.cloud.google.com/compute/docs/regions-zones). A region that opens later is a line here.
 */
const ZONE_LETTERS: Readonly<Record<string, string>> = {
  "africa-south1": "abc",
  "asia-east1": "abc",
  "asia-east2": "abc",
  "asia-northeast1": "abc",
  "asia-northeast2": "abc",
  "asia-northeast3": "abc",
  "asia-south1": "abc",
  "asia-south2": "abc",
  "asia-southeast1": "abc",
  "asia-southeast2": "abc",
  "asia-southeast3": "abc",
  "australia-southeast1": "abc",
  "australia-southeast2": "abc",
  "europe-central2": "abc",
  "europe-north1": "abc",
  "europe-north2": "abc",
  "europe-southwest1": "abc",
  "europe-west1": "bcd",
  "europe-west2": "abc",
  "europe-west3": "abc",
  "europe-west4": "abc",
  "europe-west6": "abc",
  "europe-west8": "abc",
  "europe-west9": "abc",
  "europe-west10": "abc",
  "europe-west12": "abc",
  "me-central1": "abc",
  "me-central2": "abc",
  "me-west1": "abc",
  "northamerica-northeast1": "abc",
  "northamerica-northeast2": "abc",
  "northamerica-south1": "abc",
  "southamerica-east1": "abc",
  "southamerica-west1": "abc",
  "us-central1": "abcf",
  "us-east1": "bcd",
  "us-east4": "abc",
  "us-east5": "abc",
  "us-south1": "abc",
  "us-west1": "abc",
  "us-west2": "abc",
  "us-west3": "abc",
  "us-west4": "abc",
};

export function isRegion(name: string): boolean {
  return Object.hasOwn(ZONE_LETTERS, name);
}

/** The zones of a region, such as us-central1-a; none for what is no region. */
export function zonesOf(region: string): readonly string[] {
  return isRegion(region) ? [...(ZONE_LETTERS[region] ?? "")].map((letter) => `${region}-${letter}`) : [];
}

/** What to say where a region is none: those of its part of the world, else where there are regions. */
export function regionsLike(name: string): string {
  const all = Object.keys(ZONE_LETTERS);
  const near = all.filter((region) => region.startsWith(`${name.split(/[-_]/)[0]}-`));
  return `a region of Google Cloud, such as ${(near.length > 0 ? near : ["us-central1", "europe-west4"]).join(", ")}`;
}
