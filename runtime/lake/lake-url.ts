import { RhythmicError } from "../support/errors";

/** Where a lake lies, as its URL says. */
export type LakePlace =
  | { readonly kind: "folder"; readonly path: string }
  /** `prefix` without a slash at its ends; empty: the whole bucket. */
  | { readonly kind: "bucket"; readonly bucket: string; readonly prefix: string };

const SCHEME = "gs://";
/** cloud.google.com/storage/docs/buckets#naming */
const BUCKET = /^[a-z0-9][a-z0-9._-]*[a-z0-9]$/;
const BUCKET_RULES =
  "allowed are 3 to 63 lowercase letters, digits, dashes, underscores and dots, with a letter or digit at both ends " +
  "(with dots up to 222, 63 between two of them; no IP address; neither goog at the beginning nor google anywhere)";
/** What stands for many names in Google's tools, and what no name may hold (docs/objects#naming). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
const UNFIT_PREFIX = /[\u0000-\u001f\u007f#?*[\]]|\/\/|^\/|\/$|(^|\/)\.\.?(\/|$)/;
const PREFIX_BYTES_MAX = 512;

/**
 * Reads a lake's URL: a folder, or `gs://bucket[/prefix]`.
 * @throws RhythmicError bad_settings
 */
export function parseLakeUrl(url: string): LakePlace {
  if (url.startsWith(SCHEME)) return parseBucketUrl(url);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined) {
    throw new RhythmicError(
      "bad_settings",
      `The lake ${url} begins with ${scheme}://; allowed are a local folder and gs://bucket[/prefix].`,
    );
  }
  return { kind: "folder", path: url };
}

function parseBucketUrl(url: string): LakePlace {
  const [bucket = "", ...rest] = url.slice(SCHEME.length).split("/");
  if (!isBucketName(bucket)) {
    throw new RhythmicError(
      "bad_settings",
      `The lake ${url} names the bucket ${JSON.stringify(bucket)}, which can't be one; ${BUCKET_RULES}.`,
    );
  }
  // One slash at the end is as good as none.
  const prefix = rest.join("/").replace(/\/$/, "");
  if (UNFIT_PREFIX.test(prefix) || Buffer.byteLength(prefix) > PREFIX_BYTES_MAX) {
    throw new RhythmicError(
      "bad_settings",
      `The lake ${url} has the prefix ${JSON.stringify(prefix)}; allowed are names with single slashes between them, ` +
        `without "." and "..", # ? * [ ] and control characters, of at most ${PREFIX_BYTES_MAX} bytes.`,
    );
  }
  return { kind: "bucket", bucket, prefix };
}

function isBucketName(name: string): boolean {
  const parts = name.split(".");
  return (
    name.length >= 3 &&
    name.length <= (parts.length > 1 ? 222 : 63) &&
    parts.every((part) => part.length >= 1 && part.length <= 63) &&
    BUCKET.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !name.startsWith("goog") &&
    !name.includes("google")
  );
}
