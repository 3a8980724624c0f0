import { ComputeFirewall } from "@cdktf/provider-google/lib/compute-firewall";
import { ComputeHealthCheck } from "@cdktf/provider-google/lib/compute-health-check";
import type { ComputeInstanceGroupManagerConfig } from "@cdktf/provider-google/lib/compute-instance-group-manager";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "../environment-record";
import { nameOf, STATUS_PORT } from "../names";
import type { ProgramAccount } from "./program-account";

/**
 * When a machine of a program counts as good: its /healthz answers (`runtime/support/status/status.ts` says when it
 * does). The one check gates rolls and repairs.
 *
 *   roll     a new machine comes, is red until its program was ready once, and only then an old machine goes
 *   repair   a machine that has been red for 2.5 minutes, after its first minutes, is made anew
 *   failure  where a new machine is never ready the group makes it anew again and again, no old machine goes, and the
 *            deploy fails at its limit; deploying the older commit is the way back
 */

/** From where Google probes (docs.cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges). */
export const PROBE_RANGES = ["35.191.0.0/16", "130.211.0.0/22"];

/** Container-Optimized OS boots, the image comes through the repository, the bundle from its bucket. */
const BOOT_SECONDS = 180;
/**
 * Kafka's first start, which in an empty project runs beside the programs': its image is the larger one, a disk and a
 * storage are formatted, certificates, topics and users are made.
 */
const KAFKA_START_SECONDS = 420;

/** How long a program waits for Kafka before it says that it can't start: shorter than its group waits for it. */
export const KAFKA_WAIT_MAX_MS = KAFKA_START_SECONDS * 1_000;

/** Time that a new machine has before its group makes another: longer than a good one can take. */
const INITIAL_DELAY_SECONDS = BOOT_SECONDS + KAFKA_START_SECONDS;

/** One machine more that is waited for: made, ready, and an old one drained and gone. */
const MINUTES_PER_MACHINE = 5;

/** Ten probes missed: systemd has started a program that failed once again by then, and it has joined its group. */
const PROBE = { checkIntervalSec: 15, timeoutSec: 5, healthyThreshold: 2, unhealthyThreshold: 10 } as const;

export interface ReadinessProps {
  readonly environment: Environment;
  /** Name of the network. */
  readonly network: string;
  readonly account: ProgramAccount;
  /** How many machines the group has. */
  readonly count: number;
}

/** What a group must say of it. */
export interface Readiness
  extends Required<Pick<ComputeInstanceGroupManagerConfig, "autoHealingPolicies" | "timeouts">> {
  /** The way by which the probes come. */
  readonly probes: ITerraformDependable;
}

/** The probe of a program's machines, and the way by which it comes. */
export function addReadiness(scope: Construct, { environment, network, account, count }: ReadinessProps): Readiness {
  const { program } = account;
  const healthCheck = new ComputeHealthCheck(scope, "health", {
    name: nameOf(environment, program),
    description: `Asks whether a machine of ${program} works, or whether another would help.`,
    ...PROBE,
    httpHealthCheck: { port: STATUS_PORT, requestPath: "/healthz" },
    // Every change of a machine's health goes to Cloud Logging.
    logConfig: { enable: true },
  });
  const probes = new ComputeFirewall(scope, "probes", {
    name: nameOf(environment, `probes-to-${program}`),
    network,
    description: `Google's health probes ask the machines of ${program} how they are, and reach nothing else.`,
    direction: "INGRESS",
    sourceRanges: PROBE_RANGES,
    targetServiceAccounts: [account.email],
    allow: [{ protocol: "tcp", ports: [String(STATUS_PORT)] }],
    logConfig: { metadata: "INCLUDE_ALL_METADATA" },
    dependsOn: [account.resource],
  });
  const limit = `${INITIAL_DELAY_SECONDS / 60 + count * MINUTES_PER_MACHINE}m`;
  return {
    autoHealingPolicies: { healthCheck: healthCheck.id, initialDelaySec: INITIAL_DELAY_SECONDS },
    timeouts: { create: limit, update: limit, delete: limit },
    probes,
  };
}
