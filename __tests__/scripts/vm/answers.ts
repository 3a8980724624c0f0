import type { StandInGcloud } from "./stand-in-gcloud";

/** What gcloud answers about dev of project acme-music, cut down to what is read and a little more. */

const API = "https://www.googleapis.com/compute/v1/projects/acme-music";
const ZONE = `${API}/zones/us-central1-a`;
export const NEW = "a".repeat(64);
export const OLD = "b".repeat(64);

const PROGRAMS = ["generator", "processor", "loader"];
const template = (name: string, age: string) => `${API}/global/instanceTemplates/rhythmic-dev-${name}-${age}`;
const metadata = (sha256: string) => ({ items: [{ key: "rhythmic-bundle-sha256", value: sha256 }] });

export function manager(name: string, change: object = {}): object {
  return {
    name: `rhythmic-dev-${name}`,
    targetSize: 1,
    status: { isStable: true, versionTarget: { isReached: true } },
    versions: [{ instanceTemplate: template(name, "new") }],
    ...change,
  };
}

export function member(name: string, machine: string, change: object = {}): object {
  return {
    instance: `${ZONE}/instances/${machine}`,
    instanceStatus: "RUNNING",
    currentAction: "NONE",
    instanceHealth: [{ detailedHealthState: "HEALTHY" }],
    version: { instanceTemplate: template(name, "new") },
    ...change,
  };
}

export function oldVersion(name: string): object {
  return { version: { instanceTemplate: template(name, "old") } };
}

function instance(machine: string, networkIP: string, sha256: string | undefined): object {
  return {
    name: machine,
    networkInterfaces: [{ networkIP }],
    ...(sha256 === undefined ? {} : { metadata: metadata(sha256) }),
  };
}

/** Everything runs as it is declared. */
export function answerAsDeployed(gcloud: StandInGcloud): void {
  gcloud.answer("managed list ", { stdout: ["kafka", ...PROGRAMS].map((name) => manager(name)) });
  gcloud.answer("instance-templates list", {
    stdout: PROGRAMS.map((name) => ({ name: `rhythmic-dev-${name}-new`, properties: { metadata: metadata(NEW) } })),
  });
  gcloud.answer("compute instances list", {
    stdout: [
      instance("rhythmic-dev-kafka-0", "10.20.0.10", undefined),
      ...PROGRAMS.map((name, index) => instance(`rhythmic-dev-${name}-x1`, `10.20.0.${index + 2}`, NEW)),
      instance("rhythmic-dev-processor-x0", "10.20.0.9", OLD),
    ],
  });
  gcloud.answer("list-instances rhythmic-dev-kafka", {
    stdout: [member("kafka", "rhythmic-dev-kafka-0", { instanceHealth: undefined })],
  });
  for (const name of PROGRAMS) {
    gcloud.answer(`list-instances rhythmic-dev-${name}`, { stdout: [member(name, `rhythmic-dev-${name}-x1`)] });
  }
  gcloud.answer("--format=value(instance.basename())", { stdout: "rhythmic-dev-processor-x1\n" });
}
