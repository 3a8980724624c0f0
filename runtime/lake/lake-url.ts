import { RhythmicError } from "../support/errors";

/** Where a lake lies, as its URL says. */
export type LakePlace = { readonly kind: "folder"; readonly path: string };

/**
 * Reads a lake's URL: a folder, or `gs://bucket[/prefix]` once its driver is there.
 * @throws RhythmicError unsupported, bad_settings
 */
export function parseLakeUrl(url: string): LakePlace {
  if (url.startsWith("gs://")) {
    throw new RhythmicError(
      "unsupported",
      `The lake ${url} is on Cloud Storage, whose driver is not built yet; give a local folder instead.`,
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined) {
    throw new RhythmicError(
      "bad_settings",
      `The lake ${url} begins with ${scheme}://; allowed are a local folder and gs://bucket[/prefix].`,
    );
  }
  return { kind: "folder", path: url };
}
