import type { secretmanager_v1 } from "@googleapis/secretmanager";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import type { SecretStore, SecretVersion } from "./secret-store";

/**
 * A secret in Google Cloud's Secret Manager, over Google's own REST client, with the credentials that the machine or
 * the person has (cloud.google.com/docs/authentication/application-default-credentials).
 */

/** What tests put in place of Google. */
export interface SecretManagerOptions {
  /** Where the service answers. @default https://secretmanager.googleapis.com */
  readonly endpoint?: string;
  /** Shown instead of the machine's credentials. @default those */
  readonly accessToken?: string;
  /** Of one request, milliseconds. @default ten seconds */
  readonly requestTimeoutMs?: number;
}

type Secrets = secretmanager_v1.Resource$Projects$Secrets;

const REQUEST_TIMEOUT_MS = 10_000;
/** Tries again after 0.1, 0.5 and 1.5 s; whoever starts and can wait does so for longer. */
const RETRIES = 3;
/** Answers that may be others the next time (google.aip.dev/194, and every 5xx as of a proxy on the way). */
const RETRIED_STATUSES = [
  [408, 408],
  [429, 429],
  [500, 599],
];
const PAGE_VERSIONS = 100;
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** What each call needs to be allowed (cloud.google.com/secret-manager/docs/access-control). */
const ROLES = {
  read: "roles/secretmanager.secretAccessor",
  add: "roles/secretmanager.secretVersionAdder",
  manage: "roles/secretmanager.secretVersionManager",
};
/** The words of Google's clients where there is no token to be had (google-auth-library 10). */
const WITHOUT_CREDENTIALS = /default credentials|refresh access token/i;
const CLOCK_CODES = ["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"];
const CAUSES_MAX = 10;

type Call = keyof typeof ROLES;

/**
 * Nothing is asked before the first call. An `add` whose answer is lost is tried again, so that the same value may
 * stand in two versions.
 * @param name `projects/PROJECT/secrets/SECRET`
 */
export function createSecretManagerStore(name: string, options: SecretManagerOptions = {}): SecretStore {
  let client: Promise<Secrets> | undefined;

  /** Runs a call, and says in a sentence why it failed. */
  async function call<T>(kind: Call, request: (secrets: Secrets) => Promise<{ readonly data: T }>): Promise<T> {
    try {
      // Credentials that could not be had are looked for again: a program may keep its store for as long as it lives.
      client ??= connect(options).catch((error: unknown) => {
        client = undefined;
        throw error;
      });
      return (await request(await client)).data;
    } catch (error) {
      throw unusable(name, kind, error);
    }
  }

  /** Names of the enabled versions, newest first: the order in which Secret Manager lists them. */
  async function enabled(): Promise<string[]> {
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await call("manage", ({ versions }) =>
        versions.list({
          parent: name,
          filter: "state:ENABLED",
          pageSize: PAGE_VERSIONS,
          ...(pageToken === undefined ? {} : { pageToken }),
        }),
      );
      for (const version of page.versions ?? []) if (version.name) names.push(version.name);
      pageToken = page.nextPageToken || undefined;
    } while (pageToken !== undefined);
    return names.sort((a, b) => numberOf(b) - numberOf(a));
  }

  async function access(version: string): Promise<SecretVersion> {
    const { name: found, payload } = await call("read", ({ versions }) => versions.access({ name: version }));
    return { name: found ?? version, value: Buffer.from(payload?.data ?? "", "base64").toString("utf8") };
  }

  return {
    url: name,
    async latest() {
      try {
        return await access(`${name}/versions/latest`);
      } catch (error) {
        const status = statusOf(error);
        // The same answer for a secret without versions as for none at all; who may read it may not ask which.
        if (status === 404) return undefined;
        // `latest` is the newest version even where that is disabled, which is then refused.
        if (status !== 400) throw error;
        const [newest] = await enabled().catch((listing: unknown) => {
          throw statusOf(listing) === 403 ? error : listing;
        });
        return newest === undefined ? undefined : await access(newest);
      }
    },
    async add(value) {
      const { name: added } = await call("add", (secrets) =>
        secrets.addVersion({
          parent: name,
          requestBody: { payload: { data: Buffer.from(value, "utf8").toString("base64") } },
        }),
      );
      return added ?? `${name}/versions/latest`;
    },
    enabled,
    async isEnabled(number) {
      try {
        const { state } = await call("manage", ({ versions }) => versions.get({ name: `${name}/versions/${number}` }));
        return state === "ENABLED";
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    },
    async disable(version) {
      await call("manage", ({ versions }) => versions.disable({ name: version, requestBody: {} }));
    },
  };
}

/** Loaded here and nowhere else, so that whoever has a credential in a file does not pay for it. */
async function connect({ endpoint, accessToken, requestTimeoutMs }: SecretManagerOptions): Promise<Secrets> {
  const { auth, secretmanager } = await import("@googleapis/secretmanager");
  const given = new auth.OAuth2();
  given.setCredentials({ access_token: accessToken ?? null });
  const client = secretmanager({
    version: "v1",
    auth: accessToken === undefined ? new auth.GoogleAuth({ scopes: [SCOPE] }) : given,
    ...(endpoint === undefined ? {} : { rootUrl: endpoint }),
    // Of Node.js itself: the client's own choice is a package that it imports when the first request is under way.
    fetchImplementation: fetch,
    timeout: requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    retryConfig: {
      retry: RETRIES,
      noResponseRetries: RETRIES,
      // By itself the client tries nothing again that is not a GET.
      httpMethodsToRetry: ["GET", "POST"],
      statusCodesToRetry: RETRIED_STATUSES,
    },
  });
  return client.projects.secrets;
}

/** The number at the end of a version's name. */
function numberOf(version: string): number {
  return Number(version.slice(version.lastIndexOf("/") + 1));
}

/** The HTTP status of a Google client's error, and of ours that was made from one. */
function statusOf(error: unknown): number | undefined {
  const { status, context } = error as { readonly status?: unknown; readonly context?: { readonly status?: unknown } };
  const found = status ?? context?.status;
  return typeof found === "number" ? found : undefined;
}

function unusable(name: string, kind: Call, error: unknown): RhythmicError {
  // The metadata server's answer is not about the secret: a machine without a service account gets a 404 from it.
  const status = WITHOUT_CREDENTIALS.test(messageOf(error)) ? undefined : statusOf(error);
  const action = { read: "read", add: "given a version", manage: "managed" }[kind];
  return new RhythmicError(
    "secret_unusable",
    `The secret ${name} can't be ${action}: ${reasonOf(status, kind, wordsOf(error))}.`,
    // Without its cause: the client's error holds the request, and with it the value and the token.
    { context: { secret: name, ...(status === undefined ? {} : { status }) } },
  );
}

/** The client's words, with the code of what is behind them: it says `fetch failed` for everything. */
function wordsOf(error: unknown): string {
  let code: string | undefined;
  for (let current = error, depth = 0; current && code === undefined && depth < CAUSES_MAX; depth++) {
    code = codeOf(current);
    current = (current as { readonly cause?: unknown }).cause;
  }
  const words = messageOf(error).replace(/\.$/, "");
  if (code === undefined || words.includes(code)) return words;
  // A certificate of Google's is right; it is the clock that is not.
  if (!CLOCK_CODES.includes(code)) return `${words}, ${code}`;
  return `${words}, ${code}: this machine's clock says ${new Date().toISOString()}, which may be wrong`;
}

/** Such as ECONNREFUSED or TimeoutError; Google's clients put the HTTP status into the same field, as a text. */
function codeOf(error: unknown): string | undefined {
  const code = systemCodeOf(error);
  if (code !== undefined && /^[A-Z_]+$/.test(code)) return code;
  const { name } = error as { readonly name?: unknown };
  return name === "TimeoutError" ? name : undefined;
}

/** @param words Secret Manager's own, which never hold the value */
function reasonOf(status: number | undefined, kind: Call, words: string): string {
  switch (status) {
    case undefined:
      return WITHOUT_CREDENTIALS.test(words)
        ? `this machine has no credentials of Google Cloud (${words}); a virtual machine gets them from its service account, a person by gcloud auth application-default login`
        : `Secret Manager does not answer (${words})`;
    case 400:
      return `${words}; enable that version again, or add a new one`;
    case 401:
      return `Secret Manager does not accept the credentials (${words}); a person renews them by gcloud auth application-default login`;
    case 403:
      return `that is not allowed (${words}); grant ${ROLES[kind]} on it to the account that this program runs as. A grant takes minutes until it holds`;
    case 404:
      return `there is no such secret or version (${words}); the stacks make the secrets, so deploy them, or check the name`;
    default:
      return `Secret Manager answered ${status} (${words})`;
  }
}
