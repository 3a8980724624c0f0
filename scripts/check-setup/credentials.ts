import type { AuthClient } from "google-auth-library";
import { messageOf } from "../../runtime/support/errors";
import type { Finding } from "./finding";
import { GOOGLE_ENDPOINTS } from "./google";

const LOGIN = "gcloud auth application-default login";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const CHECK = { name: "credentials", neededFor: "Terraform, and every check below" };

/** Who asks, and the client that asks for them; without a client there is nobody. */
export interface Caller {
  readonly finding: Finding;
  readonly client: AuthClient | undefined;
  /** As an IAM policy names it: `user:somebody@example.com`; `undefined` where Google did not say. */
  readonly member: string | undefined;
}

/** What Google says of a token (developers.google.com/identity/protocols/oauth2); the token goes in the body. */
interface TokenInfo {
  readonly email?: string;
  readonly scope?: string;
}

/**
 * The credentials that Terraform would find, tried once.
 * @param load Google's own search for them (cloud.google.com/docs/authentication/application-default-credentials)
 */
export async function checkCredentials(
  load: () => Promise<AuthClient>,
  oauth2: string = GOOGLE_ENDPOINTS.oauth2,
): Promise<Caller> {
  try {
    const client = await load();
    const { token } = await client.getAccessToken();
    if (!token) return nobody("none that give a token", `run ${LOGIN}`);
    const { email, scope } = await infoOf(client, token, oauth2);
    if (scope !== undefined && !scope.split(" ").includes(SCOPE)) {
      return nobody(
        `${email ?? "an account"}, without the scope cloud-platform`,
        `run ${LOGIN}, and allow what it asks`,
      );
    }
    const kind = email?.endsWith(".gserviceaccount.com") ? "serviceAccount" : "user";
    const found = email ?? "an account that Google does not name";
    return { client, member: email && `${kind}:${email}`, finding: { ...CHECK, state: "ok", found } };
  } catch (error) {
    return explained(messageOf(error));
  }
}

function nobody(found: string, remedy: string): Caller {
  return { client: undefined, member: undefined, finding: { ...CHECK, state: "missing", found, remedy } };
}

function explained(message: string): Caller {
  if (/Could not load the default credentials/.test(message)) return nobody("none", `run ${LOGIN}`);
  if (/invalid_grant|invalid_rapt|reauth/i.test(message)) return nobody("run out, or withdrawn", `run ${LOGIN} again`);
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|socket hang up|fetch failed/.test(message)) {
    return nobody(`Google can't be reached (${message})`, "check the network, then run this again");
  }
  // The library reads the file before it asks anybody.
  if (/^The file at .+ does not exist|JSON|does not contain|is not a file/.test(message)) {
    return nobody(
      `GOOGLE_APPLICATION_CREDENTIALS: ${message}`,
      `correct or unset GOOGLE_APPLICATION_CREDENTIALS, or run ${LOGIN}`,
    );
  }
  return nobody(message, `run ${LOGIN}`);
}

/** Nothing where Google does not say: then the checks below show whether the credentials do. */
async function infoOf(client: AuthClient, token: string, oauth2: string): Promise<TokenInfo> {
  try {
    const response = await client.request<TokenInfo>({
      url: `${oauth2}/tokeninfo`,
      method: "POST",
      data: new URLSearchParams({ access_token: token }),
      responseType: "json",
      fetchImplementation: fetch,
    });
    return response.data;
  } catch {
    return {};
  }
}
