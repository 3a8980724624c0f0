import type { AuthClient } from "google-auth-library";
import { messageOf } from "../../runtime/support/errors";

/** Google's REST services that are asked, with their addresses. */
export const GOOGLE_ENDPOINTS = {
  oauth2: "https://oauth2.googleapis.com",
  resourceManager: "https://cloudresourcemanager.googleapis.com",
  billing: "https://cloudbilling.googleapis.com",
  serviceUsage: "https://serviceusage.googleapis.com",
  compute: "https://compute.googleapis.com",
  storage: "https://storage.googleapis.com",
} as const;
export type GoogleService = keyof typeof GOOGLE_ENDPOINTS;
export type GoogleEndpoints = Readonly<Record<GoogleService, string>>;

/** An answer of Google that is no success; `status` is 0 where there was no answer. */
export class GoogleFailure extends Error {
  constructor(
    readonly status: number,
    /** Google's word for it, such as SERVICE_DISABLED; empty where there is none. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "GoogleFailure";
  }
}

/** The body of a failure (cloud.google.com/apis/design/errors; Cloud Storage and Compute Engine have `errors`). */
interface FailureBody {
  readonly error?: {
    readonly message?: string;
    readonly status?: string;
    readonly errors?: readonly { readonly reason?: string }[];
    readonly details?: readonly { readonly reason?: string }[];
  };
}

const REQUEST_TIMEOUT_MS = 20_000;

/** Asks Google's REST services with a person's credentials. Changes nothing: POST is for questions with a body. */
export class Google {
  constructor(
    private readonly client: Pick<AuthClient, "request">,
    private readonly endpoints: GoogleEndpoints = GOOGLE_ENDPOINTS,
  ) {}

  /** @throws GoogleFailure */
  get<T>(service: GoogleService, path: string): Promise<T> {
    return this.#ask<T>(`${this.endpoints[service]}/${path}`, "GET", undefined);
  }

  /** @throws GoogleFailure */
  post<T>(service: GoogleService, path: string, data: object): Promise<T> {
    return this.#ask<T>(`${this.endpoints[service]}/${path}`, "POST", data);
  }

  async #ask<T>(url: string, method: "GET" | "POST", data: object | undefined): Promise<T> {
    const response = await this.client
      .request<T & FailureBody>({
        url,
        method,
        ...(data === undefined ? {} : { data }),
        responseType: "json",
        timeout: REQUEST_TIMEOUT_MS,
        fetchImplementation: fetch,
        // A failure's body says more than the error that the client would make of it.
        validateStatus: () => true,
      })
      .catch((error: unknown) => {
        throw new GoogleFailure(0, "", messageOf(error), { cause: error });
      });
    if (response.status >= 200 && response.status < 300) return response.data;
    const { error } = response.data ?? {};
    const reasons = [...(error?.details ?? []), ...(error?.errors ?? [])].map(({ reason }) => reason);
    const reason = reasons.find((one) => one !== undefined) ?? error?.status ?? "";
    throw new GoogleFailure(response.status, reason, error?.message ?? `HTTP ${response.status}`);
  }
}
