import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type AuthClient, OAuth2Client } from "google-auth-library";
import type { GoogleEndpoints } from "../../../scripts/check-setup/google";

/**
 * Google's REST services as `check-setup --cloud` asks them, on loopback: one project in which everything is as it
 * should be, until a test changes an answer. Shapes are those of the REST references.
 */
export interface StandInGoogle {
  /** All of Google's addresses. */
  readonly endpoints: GoogleEndpoints;
  /** Method and path of every question, with its body; never its headers. */
  readonly questions: { readonly question: string; readonly body: string }[];
  /** Every Authorization that was shown. */
  readonly authorizations: Set<string>;
  /**
   * Answers questions whose method and path hold a text from now on.
   * @param body what is answered; a function gets the question's body
   */
  answer(part: string, body: unknown, status?: number): void;
  stop(): Promise<void>;
}

export const TOKEN = "ya29.a-token-that-nobody-must-see";
export const PROJECT = "acme-music";

/** Somebody who is logged in. */
export function loggedIn(): Promise<AuthClient> {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: TOKEN, expiry_date: Date.now() + 3_600_000 });
  return Promise.resolve(client);
}

interface Rule {
  readonly part: string;
  readonly status: number;
  readonly body: unknown;
}

/** A failure as Google writes it (cloud.google.com/apis/design/errors). */
export function refusal(status: number, message: string, reason?: string): object {
  const details = reason === undefined ? [] : [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }];
  return { error: { code: status, message, status: "PERMISSION_DENIED", details } };
}

const quota = (metric: string, limit: number, usage = 0) => ({ metric, limit, usage });
const named = (...names: string[]) => ({ items: names.map((name) => ({ name })) });
const echo = (body: string) => JSON.parse(body) as object;

/** The newest rule that fits counts; so these are the oldest. */
function rulesOf(services: readonly string[]): Rule[] {
  const compute = `/compute/v1/projects/${PROJECT}`;
  const all: [string, unknown][] = [
    [
      "POST /oauth2/tokeninfo",
      { email: "ada@example.com", scope: "openid https://www.googleapis.com/auth/cloud-platform" },
    ],
    [`GET /resourceManager/v3/projects/${PROJECT}`, { projectId: PROJECT, state: "ACTIVE" }],
    [":testIamPermissions", echo],
    [":getEffectiveOrgPolicy", {}],
    ["billingInfo", { billingEnabled: true, billingAccountName: "billingAccounts/0A0A0A-0B0B0B-0C0C0C" }],
    ["/services?", { services: services.map((name) => ({ config: { name }, state: "ENABLED" })) }],
    ["/storage/v1/b?", named(`${PROJECT}-rhythmic-state`)],
    ["/images/family/", { name: "cos-121-18867-90-4", status: "READY" }],
    ["/machineTypes/", { guestCpus: 2 }],
    ["/instanceGroupManagers", { items: [] }],
    ["/disks", { items: [] }],
    ["/addresses", {}],
    [`GET ${compute}`, { quotas: [quota("CPUS_ALL_REGIONS", 32)] }],
    [
      `${compute}/regions/us-central1`,
      {
        quotas: [quota("CPUS", 24), quota("INSTANCES", 24), quota("SSD_TOTAL_GB", 500), quota("INTERNAL_ADDRESSES", 8)],
      },
    ],
    ["/regions/us-central1/addresses", { items: [] }],
    [`${compute}/zones/us-central1-a/instanceGroupManagers`, { items: [] }],
    [`${compute}/zones/us-central1-a/disks`, { items: [] }],
    [`${compute}/zones/us-central1-a/machineTypes/`, { guestCpus: 2 }],
    ["/cos-cloud/", { name: "cos-121-18867-90-4", status: "READY" }],
  ];
  return all.map(([part, body]) => ({ part, status: 200, body })).reverse();
}

export async function startStandInGoogle(services: readonly string[]): Promise<StandInGoogle> {
  const rules = rulesOf(services);
  const questions: StandInGoogle["questions"] = [];
  const authorizations = new Set<string>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const question = `${request.method} ${request.url}`;
      questions.push({ question, body: text });
      if (request.headers.authorization !== undefined) authorizations.add(request.headers.authorization);
      const rule = rules.find(({ part }) => question.includes(part));
      const { status, body } = rule ?? { status: 501, body: refusal(501, `nobody answers ${question}`) };
      const answer: unknown = typeof body === "function" ? body(text) : body;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoints: {
      oauth2: `${base}/oauth2`,
      resourceManager: `${base}/resourceManager`,
      billing: `${base}/billing`,
      serviceUsage: `${base}/serviceUsage`,
      compute: base,
      storage: base,
    },
    questions,
    authorizations,
    answer: (part, body, status = 200) => rules.unshift({ part, status, body }),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
