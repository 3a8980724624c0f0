import { ComputeAddress } from "@cdktf/provider-google/lib/compute-address";
import { ComputeDisk } from "@cdktf/provider-google/lib/compute-disk";
import { ComputeDiskResourcePolicyAttachment } from "@cdktf/provider-google/lib/compute-disk-resource-policy-attachment";
import { ComputeInstanceGroupManager } from "@cdktf/provider-google/lib/compute-instance-group-manager";
import { ComputePerInstanceConfig } from "@cdktf/provider-google/lib/compute-per-instance-config";
import { ComputeResourcePolicy } from "@cdktf/provider-google/lib/compute-resource-policy";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { Environment, MachineSize } from "../environment-record";
import { keyNameOf, labelsOf, nameOf } from "../names";
import { grantMachineBasics, machineTemplate } from "./machine-template";
import { ProgramAccount } from "./program-account";
import { updatePolicy } from "./update-policy";

/** UTC; one of six, see resource-rules.ts. */
const SNAPSHOT_TIME = "04:00";

export interface StatefulMachineProps {
  readonly environment: Environment;
  /** Last part of every name. */
  readonly what: string;
  /** What runs there, for the account's description: one sentence. */
  readonly description: string;
  readonly size: MachineSize & { readonly dataDiskGb: number };
  /** Name of the subnet. */
  readonly subnetwork: string;
  /** The address that the machine keeps, in the subnet. */
  readonly address: string;
  /** The rendered cloud-config. */
  readonly boot: string;
  /** Further metadata, which the boot scripts read. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What must be there before the machine starts. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * One machine with a name, an address and a data disk of its own, which all outlive it: a managed group of one whose
 * machine is made anew in place when its template changes. That is a restart of a minute or two, not zero downtime.
 * Everything on the boot disk is forgotten with the machine.
 */
export class StatefulMachine extends Construct {
  readonly account: ProgramAccount;
  /** The machine's own name, which it keeps. */
  readonly machineName: string;
  /** What must start after the machine depends on it. */
  readonly resource: ITerraformDependable;

  /** The name under which the machine finds its data disk: /dev/disk/by-id/google-<name>. */
  static dataDeviceOf(what: string): string {
    return `${what}-data`;
  }

  constructor(scope: Construct, id: string, props: StatefulMachineProps) {
    super(scope, id);
    const { environment, what, size } = props;
    const { project, region, zone } = environment;
    const name = nameOf(environment, what);
    this.machineName = `${name}-0`;
    this.account = new ProgramAccount(this, "identity", environment, what, props.description);
    grantMachineBasics(this.account);

    const preventDestroy = !environment.mayBeDestroyed;
    const kmsKeySelfLink = keyNameOf(environment, "disks");
    const disk = new ComputeDisk(this, "data", {
      name: `${name}-data`,
      zone,
      type: "pd-balanced",
      size: size.dataDiskGb,
      ...(kmsKeySelfLink === undefined ? {} : { diskEncryptionKey: { kmsKeySelfLink } }),
      // For whoever lifts the protection below by hand, of this disk alone; an environment that may go goes without.
      createSnapshotBeforeDestroy: preventDestroy,
      lifecycle: { preventDestroy },
    });
    this.takeSnapshots(props, disk);
    const address = new ComputeAddress(this, "address", {
      name,
      region,
      addressType: "INTERNAL",
      purpose: "GCE_ENDPOINT",
      subnetwork: `projects/${project}/regions/${region}/subnetworks/${props.subnetwork}`,
      address: props.address,
      lifecycle: { preventDestroy },
    });
    const template = machineTemplate(this, "template", {
      environment,
      what,
      account: this.account,
      size,
      subnetwork: props.subnetwork,
      boot: props.boot,
      metadata: props.metadata,
      dependsOn: props.dependsOn,
    });
    const group = new ComputeInstanceGroupManager(this, "group", {
      name,
      baseInstanceName: name,
      zone,
      // No target size: the one machine is the one that the configuration below names.
      version: [{ instanceTemplate: template.selfLinkUnique }],
      updatePolicy: updatePolicy(this.node.path, { surge: 0, unavailable: 1 }),
      waitForInstances: true,
      waitForInstancesStatus: "UPDATED",
    });
    this.resource = new ComputePerInstanceConfig(this, "machine", {
      name: this.machineName,
      zone,
      instanceGroupManager: group.name,
      removeInstanceOnDestroy: true,
      // Another disk or address under the same name can't come while the machine holds the old one.
      lifecycle: { replaceTriggeredBy: [idOf(disk), idOf(address)] },
      preservedState: {
        disk: [
          {
            deviceName: StatefulMachine.dataDeviceOf(what),
            source: disk.id,
            mode: "READ_WRITE",
            deleteRule: "NEVER",
          },
        ],
        internalIp: [{ interfaceName: "nic0", autoDelete: "NEVER", ipAddress: { address: address.selfLink } }],
      },
    });
  }

  /** A snapshot of the data disk every night. */
  private takeSnapshots({ environment, what }: StatefulMachineProps, disk: ComputeDisk): void {
    const policy = new ComputeResourcePolicy(this, "nightly", {
      name: nameOf(environment, `${what}-nightly`),
      region: environment.region,
      snapshotSchedulePolicy: {
        schedule: { dailySchedule: { daysInCycle: 1, startTime: SNAPSHOT_TIME } },
        retentionPolicy: {
          maxRetentionDays: environment.snapshotRetentionDays,
          // Kept until somebody deletes them, where the disk may have gone by mistake.
          onSourceDiskDelete: environment.mayBeDestroyed ? "APPLY_RETENTION_POLICY" : "KEEP_AUTO_SNAPSHOTS",
        },
        // In the region of the disk, or they would lie in the nearest group of regions. The disk's key encrypts them.
        snapshotProperties: {
          storageLocations: [environment.region],
          labels: labelsOf(environment),
        },
      },
    });
    new ComputeDiskResourcePolicyAttachment(this, "nightly-snapshots", {
      name: policy.name,
      disk: disk.name,
      zone: environment.zone,
      // Another disk under the same name would be without snapshots.
      lifecycle: { replaceTriggeredBy: [idOf(disk)] },
    });
  }
}

/** What changes when a resource is replaced, and only then: a larger disk keeps its id, and its machine. */
function idOf(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}.id`;
}
