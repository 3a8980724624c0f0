import { ComputeInstanceTemplate } from "@cdktf/provider-google/lib/compute-instance-template";
import { type ITerraformDependable, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Environment, MachineSize } from "../environment-record";
import { keyNameOf, labelsOf, nameOf } from "../names";
import { escapeForTerraform } from "./boot";
import { grantOnProject, grantOnRepository } from "./grants";
import { IMAGE_REPOSITORY, machineImage } from "./images";
import type { ProgramAccount } from "./program-account";

export interface MachineTemplateProps {
  readonly environment: Environment;
  /** Last part of the machine's name. */
  readonly what: string;
  readonly account: ProgramAccount;
  readonly size: MachineSize;
  /** Name of the subnet. */
  readonly subnetwork: string;
  /** The rendered cloud-config. */
  readonly boot: string;
  /** Further metadata, which the boot scripts read. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What must be there before a machine starts. */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * The template of every machine: Container-Optimized OS, all shielded options, no external address, logins through
 * the project's identities alone. Templates can't be changed, so another one is made before the old one goes: for a
 * changed label of the provider too, since machines carry it (effective_labels forces a new template).
 */
export function machineTemplate(scope: Construct, id: string, props: MachineTemplateProps): ComputeInstanceTemplate {
  const { environment, account, size } = props;
  const { project, region } = environment;
  const kmsKeySelfLink = keyNameOf(environment, "disks");
  return new ComputeInstanceTemplate(scope, id, {
    namePrefix: `${nameOf(environment, props.what)}-`,
    region,
    machineType: size.type,
    disk: [
      {
        boot: true,
        autoDelete: true,
        sourceImage: machineImage(),
        diskType: "pd-balanced",
        diskSizeGb: size.bootDiskGb,
        // A template's disks take no default labels of the provider, and would stand on the bill without a name.
        labels: { ...labelsOf(environment), stack: TerraformStack.of(scope).node.id },
        ...(kmsKeySelfLink === undefined ? {} : { diskEncryptionKey: { kmsKeySelfLink } }),
      },
    ],
    // Without an access configuration there is no external address.
    networkInterface: [{ subnetwork: `projects/${project}/regions/${region}/subnetworks/${props.subnetwork}` }],
    // What the account may do is decided by its grants, not by the machine's scopes.
    serviceAccount: { email: account.email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] },
    shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
    scheduling: { automaticRestart: true, onHostMaintenance: "MIGRATE" },
    metadata: {
      "user-data": escapeForTerraform(props.boot),
      "enable-oslogin": "TRUE",
      "block-project-ssh-keys": "TRUE",
      "serial-port-enable": "FALSE",
      "google-logging-enabled": "true",
      // Container-Optimized OS reports memory and how full the disks are (guest/*), which nobody sees from outside.
      "google-monitoring-enabled": "true",
      ...props.metadata,
    },
    lifecycle: { createBeforeDestroy: true },
    dependsOn: [account.resource, ...(props.dependsOn ?? [])],
  });
}

/** What every machine's account may do, whatever runs on it. */
export function grantMachineBasics(account: ProgramAccount): void {
  const { environment } = account;
  grantOnProject(account, {
    id: "write-logs",
    role: "roles/logging.logWriter",
    why: `The machine of ${account.program} sends its log to Cloud Logging, which grants on projects only.`,
  });
  grantOnProject(account, {
    id: "write-metrics",
    role: "roles/monitoring.metricWriter",
    why: `The machine of ${account.program} reports how full its disks are, which is granted on projects only.`,
  });
  grantOnRepository(account, nameOf(environment, IMAGE_REPOSITORY), environment.region, {
    id: "pull-images",
    role: "roles/artifactregistry.reader",
    why: `The machine of ${account.program} pulls its image through the platform's repository.`,
  });
}
