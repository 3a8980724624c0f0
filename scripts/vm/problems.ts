import { type Arguments, lineOf } from "./commands";

/** gcloud could not do what was asked; the message ends with what to do. */
export class VmError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VmError";
  }
}

interface Problem {
  /** By which it is known in what gcloud prints; its groups are for the sentence. */
  readonly sign: RegExp;
  sentence(match: RegExpExecArray, project: string): string;
}

/**
 * What gcloud prints when it fails (read in gcloud 528, or quoted from Google's pages), and what to do. The first that
 * fits counts.
 */
const PROBLEMS: readonly Problem[] = [
  {
    sign: /You do not currently have an active account selected|no valid credentials|gcloud auth login|Reauthentication|invalid_grant/i,
    sentence: () => "gcloud has no account that is logged in now; run gcloud auth login, then this again.",
  },
  {
    sign: /SERVICE_DISABLED|has not been used in project|not enabled on project/,
    sentence: (match, project) => {
      const service = /[\w-]+\.googleapis\.com/.exec(match.input)?.[0] ?? "compute.googleapis.com";
      return (
        `${service} is off in ${project}: either RHYTHMIC_PROJECT is another project than the deployed one, or nothing is ` +
        `deployed yet; the foundation stack enables it (or: gcloud services enable ${service} --project=${project}).`
      );
    },
  },
  {
    sign: /Error while connecting \[4033|not authorized'?\]/,
    sentence: (_, project) =>
      "Identity-Aware Proxy does not let you through; ask an owner for roles/iap.tunnelResourceAccessor, " +
      `roles/compute.osAdminLogin and roles/iam.serviceAccountUser in ${project} (docs/deploy.md).`,
  },
  {
    sign: /Error while connecting \[4003|failed to connect to backend/i,
    sentence: () =>
      "Identity-Aware Proxy does not reach the machine: it is stopped, still starting, or its firewall rule is missing; " +
      "look with npm run vm -- list, and deploy the network stack where the rule is missing.",
  },
  {
    sign: /Permission denied \(publickey/,
    sentence: (_, project) =>
      "The machine knows no key of yours; OS Login needs roles/compute.osAdminLogin (or osLogin) and " +
      `roles/iam.serviceAccountUser in ${project}, and a new key a minute until it is known.`,
  },
  {
    sign: /Required '([\w.]+)' permission|permission '?([\w.]+)'? (?:denied|required)|does not have permission to access|PERMISSION_DENIED/i,
    sentence: (match, project) => {
      const permission = match[1] ?? match[2];
      const what = permission === undefined ? "may not do that" : `lacks ${permission}`;
      return (
        `Your account ${what} in ${project}; ask an owner of the project for it (docs/deploy.md, "Your own ` +
        `permissions"), or choose another account: gcloud config set account ACCOUNT.`
      );
    },
  },
  {
    sign: /The resource '([^']*instanceGroupManagers\/([^'/]+))' was not found/,
    sentence: (match, project) =>
      `There is no group ${match[2]} in ${project}: the environment is not deployed there, or its zone is another; ` +
      "compare RHYTHMIC_PROJECT and --environment, or deploy (docs/deploy.md).",
  },
  {
    sign: /The resource '([^']*instances\/([^'/]+))' was not found/,
    sentence: (match) => `There is no machine ${match[2]}; npm run vm -- list shows those that are there.`,
  },
  {
    sign: /project.*(?:not found|does not exist|may not exist)|The resource 'projects\/[^'/]+' was not found/i,
    sentence: (_, project) => `There is no project ${project}; check RHYTHMIC_PROJECT against gcloud projects list.`,
  },
  {
    sign: /Quota '([\w-]+)' exceeded|QUOTA_EXCEEDED/,
    sentence: (match, project) =>
      `The quota ${match[1] ?? "of the region"} does not suffice; npm run check-setup -- --cloud says how much is ` +
      `needed, and console.cloud.google.com/iam-admin/quotas?project=${project} is where to ask for more.`,
  },
  {
    sign: /ZONE_RESOURCE_POOL_EXHAUSTED/,
    sentence: () =>
      "The zone has no such machines now; the group tries on by itself (docs/runbooks/machine-missing.md).",
  },
  {
    sign: /gRPC module/,
    sentence: () =>
      "gcloud can't follow logs without its gRPC module: run pip3 install grpcio and export " +
      "CLOUDSDK_PYTHON_SITEPACKAGES=1, or read once, without --follow.",
  },
  {
    sign: /Timeout while waiting|Timed out|did not reach the desired state/i,
    sentence: () =>
      "The group did not become stable in time: a machine does not get ready. See why with npm run vm -- list and " +
      "npm run vm -- logs NAME (docs/operations.md); what is under way goes on.",
  },
  {
    sign: /Unable to find the server|Could not resolve host|Connection refused|ConnectionError|TransportError|Network is unreachable/i,
    sentence: () => "Google can't be reached; check the network (gcloud info --run-diagnostics), then run this again.",
  },
];

/** The sentence for a command that failed. */
export function explain(command: Arguments, code: number, stderr: string, project: string): VmError {
  for (const { sign, sentence } of PROBLEMS) {
    const match = sign.exec(stderr);
    if (match !== null) return new VmError(sentence(match, project));
  }
  const said = stderr
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-3)
    .join(" ");
  return new VmError(
    `gcloud ended with ${code}${said === "" ? "" : ` (${said})`}; the command was: ${lineOf(command)}`,
  );
}
