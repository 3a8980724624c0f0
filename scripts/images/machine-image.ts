import { GoogleAuth } from "google-auth-library";
import { messageOf, RhythmicError } from "../../runtime/support/errors";

/** What was found of a family: its newest image, or why nobody could be asked. */
export type NewestImage = { readonly image: string } | { readonly unknown: string };

/** Asks Google Compute Engine's API. @returns what it answers, as JSON */
export type AskGoogle = (url: string) => Promise<unknown>;

const API = "https://compute.googleapis.com/compute/v1";
const READ_ONLY = "https://www.googleapis.com/auth/compute.readonly";

/** With the credentials of this machine. */
export const askWithCredentials: AskGoogle = async (url) => {
  const client = await new GoogleAuth({ scopes: [READ_ONLY] }).getClient();
  return (await client.request({ url, timeout: 20_000 })).data;
};

/**
 * The newest image of a family (cloud.google.com/compute/docs/reference/rest/v1/images/getFromFamily). Google shows
 * public images to whoever has credentials, and to nobody else.
 * @param family `projects/cos-cloud/global/images/family/cos-121-lts`
 * @throws RhythmicError download_failed where the answer is not an image
 */
export async function newestImageOf(family: string, ask: AskGoogle = askWithCredentials): Promise<NewestImage> {
  let answer: unknown;
  try {
    answer = await ask(`${API}/${family}`);
  } catch (error) {
    return { unknown: messageOf(error) };
  }
  const { name, deprecated } = (answer ?? {}) as { readonly name?: unknown; readonly deprecated?: unknown };
  if (typeof name !== "string" || !/^[a-z][-a-z0-9]{0,62}$/.test(name) || deprecated !== undefined) {
    throw new RhythmicError(
      "download_failed",
      `Google gave no image of ${family} that is in use; check the family's name.`,
    );
  }
  return { image: family.replace(/family\/[^/]+$/, name) };
}
