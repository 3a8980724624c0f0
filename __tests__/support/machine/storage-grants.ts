import type { Attributes, SynthesizedPlatform } from "../../../stacks/synthesis/synthesized";

/** A request of Cloud Storage as its access control sees it. */
interface Wanted {
  readonly permission: string;
  readonly bucket: string;
  /** None for what is about the bucket itself. */
  readonly object?: string;
}

/** The permissions of the roles that our stacks grant on buckets (cloud.google.com/storage/docs/access-control/iam-roles). */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  "roles/storage.objectViewer": ["objects.get", "objects.list"],
  "roles/storage.objectCreator": ["objects.create"],
  "roles/storage.objectUser": ["objects.get", "objects.list", "objects.create", "objects.update", "objects.delete"],
  "roles/storage.legacyBucketReader": ["buckets.get", "objects.list"],
};

/**
 * Whether a synth's grants let an account do what a request asks, conditions included.
 * @returns a judge of requests: the account, the method, and path with query
 */
export function storageGrantsOf(platform: SynthesizedPlatform) {
  const grants = platform.ofType("google_storage_bucket_iam_member").map(({ attributes }) => attributes);
  return (email: string, method: string, url: string): boolean => {
    const wanted = wantedBy(method, url);
    return (
      wanted !== undefined &&
      grants.some(
        ({ bucket, member, role, condition }) =>
          bucket === wanted.bucket &&
          member === `serviceAccount:${email}` &&
          PERMISSIONS[String(role)]?.includes(wanted.permission) === true &&
          isMet(condition as Attributes | undefined, wanted),
      )
    );
  };
}

/** Of the XML API the download alone; of the JSON API what its client uses. */
function wantedBy(method: string, url: string): Wanted | undefined {
  const { pathname, searchParams } = new URL(url, "http://storage");
  const [, api, bucket, object] = /^\/(?:(upload|download)\/)?storage\/v1\/b\/([^/]+)(?:\/o(?:\/([^/]+))?)?$/
    .exec(pathname)
    ?.map((part) => (part === undefined ? undefined : decodeURIComponent(part))) ?? [undefined, undefined];
  if (bucket === undefined) {
    const [, xmlBucket, xmlObject] = /^\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    if (xmlBucket === undefined || xmlObject === undefined || method !== "GET") return undefined;
    return { permission: "objects.get", bucket: xmlBucket, object: decodeURIComponent(xmlObject) };
  }
  if (api === "upload") {
    return { permission: "objects.create", bucket, object: searchParams.get("name") ?? "" };
  }
  if (object === undefined) {
    return { permission: pathname.endsWith("/o") ? "objects.list" : "buckets.get", bucket };
  }
  const permission = { GET: "objects.get", PATCH: "objects.update", DELETE: "objects.delete" }[method];
  return permission === undefined ? undefined : { permission, bucket, object };
}

/** Our conditions: names that begin with something, or that are something, one of which must hold. */
function isMet(condition: Attributes | undefined, { bucket, object }: Wanted): boolean {
  if (condition === undefined) return true;
  const name = `projects/_/buckets/${bucket}${object === undefined ? "" : `/objects/${object}`}`;
  return String(condition.expression)
    .split(" || ")
    .some((term) => {
      const [, prefix, whole] = /^resource\.name(?:\.startsWith\("([^"]+)"\)| == "([^"]+)")$/.exec(term) ?? [];
      if (prefix === undefined && whole === undefined) throw new Error(`no test knows the condition ${term}`);
      return prefix === undefined ? name === whole : name.startsWith(prefix);
    });
}
