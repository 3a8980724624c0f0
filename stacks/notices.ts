import { unpinnedNotice } from "./constructs/images";
import type { Environment } from "./environment-record";
import { noticeOf } from "./environments";

/**
 * What a person who synthesizes must know, a line each.
 * @throws SynthesisError where the images' lock file is not one
 */
export function noticesOf(environment: Environment): string {
  const notices = [noticeOf(environment), unpinnedNotice()];
  return notices.flatMap((notice) => (notice === undefined ? [] : [`${notice}\n`])).join("");
}
