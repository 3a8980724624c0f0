import type { BucketMetadata, CreateBucketRequest, Storage } from "@google-cloud/storage";
import type { Environment } from "../../stacks/environment-record";
import { PREFIX, stateBucketOf } from "../../stacks/names";
import { explain } from "./problems";

/**
 * The bucket with Terraform's state, as it must be. One for all environments of a project, a prefix an environment and
 * stack; it is made before any stack, so it stands in none of them.
 */

/**
 * Old versions of a state that stay: so many deploys can be taken back by hand
 * (developer.hashicorp.com/terraform/language/backend/gcs recommends versioning).
 */
export const OLD_VERSIONS_KEPT = 50;
/** How long what was deleted can be brought back, days; Cloud Storage allows 7 to 90 (docs/soft-delete). */
export const SOFT_DELETE_DAYS = 30;
const SECONDS_PER_DAY = 86_400;
const LABELS = { platform: PREFIX, purpose: "terraform-state" } as const;

/** One thing about the bucket that must be as it should. */
interface Aspect {
  readonly what: string;
  /** As a person says it. */
  readonly wanted: string;
  /** The same of a bucket that is there. */
  found(bucket: BucketMetadata): string;
  /** What to write so that it is. */
  readonly metadata: CreateBucketRequest;
}

const onOrOff = (enabled: boolean | undefined) => (enabled === true ? "on" : "off");

const ASPECTS: readonly Aspect[] = [
  {
    what: "versioning",
    wanted: "on",
    found: ({ versioning }) => onOrOff(versioning?.enabled),
    metadata: { versioning: { enabled: true } },
  },
  {
    what: "uniform access",
    wanted: "on",
    found: ({ iamConfiguration }) => onOrOff(iamConfiguration?.uniformBucketLevelAccess?.enabled),
    metadata: { iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } },
  },
  {
    what: "public access prevention",
    wanted: "enforced",
    found: ({ iamConfiguration }) => iamConfiguration?.publicAccessPrevention ?? "inherited",
    metadata: { iamConfiguration: { publicAccessPrevention: "enforced" } },
  },
  {
    what: "soft delete",
    wanted: `${SOFT_DELETE_DAYS} days`,
    found: ({ softDeletePolicy }) => {
      const seconds = Number(softDeletePolicy?.retentionDurationSeconds ?? 0);
      return seconds === 0 ? "off" : `${seconds / SECONDS_PER_DAY} days`;
    },
    metadata: { softDeletePolicy: { retentionDurationSeconds: SOFT_DELETE_DAYS * SECONDS_PER_DAY } },
  },
  {
    what: "lifecycle",
    wanted: `keeps the newest ${OLD_VERSIONS_KEPT} old versions of each state, and all current ones`,
    found: ({ lifecycle }) => describeRules(lifecycle?.rule ?? []),
    metadata: {
      lifecycle: {
        rule: [{ action: { type: "Delete" }, condition: { isLive: false, numNewerVersions: OLD_VERSIONS_KEPT } }],
      },
    },
  },
  {
    what: "labels",
    wanted: describeLabels(LABELS),
    // Labels of somebody else's stay.
    found: ({ labels = {} }) =>
      describeLabels(
        Object.fromEntries(Object.keys(LABELS).flatMap((key) => (key in labels ? [[key, labels[key]]] : []))),
      ),
    metadata: { labels: LABELS },
  },
];

function describeLabels(labels: Readonly<Record<string, string | null | undefined>>): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return texts.length === 0 ? "none" : texts.join(", ");
}

function describeRules(rules: NonNullable<NonNullable<BucketMetadata["lifecycle"]>["rule"]>): string {
  const [rule, ...more] = rules;
  if (rule === undefined) return "no rule";
  const { isLive, numNewerVersions, ...others } = rule.condition;
  const ours = rule.action.type === "Delete" && isLive === false && Object.keys(others).length === 0;
  if (ours && more.length === 0 && numNewerVersions !== undefined) {
    return `keeps the newest ${numNewerVersions} old versions of each state, and all current ones`;
  }
  return `other rules: ${JSON.stringify(rules)}`;
}

/** What was done about one thing, or would be. */
export interface Step {
  readonly what: string;
  readonly done: "made" | "found" | "repaired" | "would make" | "would repair";
  /** How it is now, or would be; with what it was before. */
  readonly now: string;
}

/**
 * Makes the bucket, or repairs the one that is there; does nothing where nothing is to be done.
 * @param storage a client of the environment's project
 * @param dryRun says what would be done instead
 * @throws BootstrapError with a remedy
 */
export async function ensureStateBucket(storage: Storage, environment: Environment, dryRun: boolean): Promise<Step[]> {
  const name = stateBucketOf(environment);
  const found = await findBucket(storage, environment, name);
  if (found === undefined) {
    if (!dryRun) await makeBucket(storage, environment, name);
    const done = dryRun ? "would make" : "made";
    const place = { what: "bucket", done, now: `in ${environment.region}` } as const;
    return [place, ...ASPECTS.map(({ what, wanted }) => ({ what, done, now: wanted }) as const)];
  }
  const wrong = ASPECTS.filter((aspect) => aspect.found(found) !== aspect.wanted);
  if (wrong.length > 0 && !dryRun) await repairBucket(storage, environment, name, found, wrong);
  const steps = ASPECTS.map((aspect): Step => {
    const { what, wanted } = aspect;
    if (!wrong.includes(aspect)) return { what, done: "found", now: wanted };
    return { what, done: dryRun ? "would repair" : "repaired", now: `${wanted}; was: ${aspect.found(found)}` };
  });
  return [{ what: "bucket", done: "found", now: placeOf(found, environment) }, ...steps];
}

function placeOf({ location = "" }: BucketMetadata, { region, name }: Environment): string {
  const place = location.toLowerCase();
  if (place === region) return `in ${place}`;
  return `in ${place}; ${name} is in ${region}, but a bucket can't move, and its state works from anywhere`;
}

/**
 * The bucket among those of the project. Not by its name alone: whoever else owns a bucket of this name would be
 * handed the state.
 */
async function findBucket(
  storage: Storage,
  environment: Environment,
  name: string,
): Promise<BucketMetadata | undefined> {
  const [buckets] = await storage.getBuckets({ prefix: name }).catch((error: unknown) => {
    throw explain(error, environment, "storage.buckets.list");
  });
  return buckets.find((bucket) => bucket.name === name)?.metadata;
}

async function makeBucket(storage: Storage, environment: Environment, name: string): Promise<void> {
  try {
    await storage.createBucket(name, { location: environment.region, ...merge(ASPECTS) });
  } catch (error) {
    const problem = explain(error, environment, "storage.buckets.create");
    // 409 also answers a request that was sent again after the first had made the bucket.
    if (problem.reason === "taken" && (await findBucket(storage, environment, name)) !== undefined) return;
    throw problem;
  }
}

async function repairBucket(
  storage: Storage,
  environment: Environment,
  name: string,
  found: BucketMetadata,
  wrong: readonly Aspect[],
): Promise<void> {
  try {
    // Not over a change that somebody else has made since it was read.
    await storage.bucket(name).setMetadata(merge(wrong), { ifMetagenerationMatch: Number(found.metageneration) });
  } catch (error) {
    throw explain(error, environment, "storage.buckets.update");
  }
}

function merge(aspects: readonly Aspect[]): CreateBucketRequest {
  const all = aspects.map(({ metadata }) => metadata);
  const iamConfiguration = Object.assign({}, ...all.map((metadata) => metadata.iamConfiguration));
  return {
    ...Object.assign({}, ...all),
    ...(Object.keys(iamConfiguration).length === 0 ? {} : { iamConfiguration }),
  };
}
