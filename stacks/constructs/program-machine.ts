import { ComputeInstanceGroupManager } from "@cdktf/provider-google/lib/compute-instance-group-manager";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DEPLOYMENT_VARIABLE } from "../../runtime/support/metrics";
import type { Environment, MachineSize } from "../environment-record";
import { deploymentOf, nameOf, STATUS_PORT } from "../names";
import { renderBoot } from "./boot";
import type { Program } from "./bundle";
import { grantOnBucket } from "./grants";
import { IMAGE_REPOSITORY, imageOf, registryOf } from "./images";
import { environmentBlock, METADATA } from "./machine-metadata";
import { grantMachineBasics, machineTemplate } from "./machine-template";
import { ProgramAccount } from "./program-account";
import { addReadiness } from "./readiness";
import { bundlePrefixOf, RuntimeBundle } from "./runtime-bundle";
import { updatePolicy } from "./update-policy";

export interface ProgramMachineProps {
  readonly environment: Environment;
  readonly program: Program;
  /** What the program does, for the account's description: one sentence. */
  readonly description: string;
  readonly size: MachineSize;
  /** How many machines run the program. */
  readonly count: number;
  /** Name of the network. */
  readonly network: string;
  /** Name of the subnet. */
  readonly subnetwork: string;
  /**
   * Does the program do its work once, and end? Then nothing starts it again where it has ended well, neither systemd
   * nor a reboot nor its group, which looks at its health only while a new machine comes in: another machine would
   * begin the work from its beginning. @default it runs for ever
   */
  readonly endsByItself?: boolean;
  /** What must be there before the first machine starts. @default nothing but its own */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** The program's settings, made by `environmentOf` from its own declaration. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The machines of one program: its account, its bundle, and a managed group that rolls when the bundle, the settings
 * or the boot scripts change: one new machine first, then an old one goes. A deploy waits until all run the new code
 * and have been ready; where one never is, the deploy fails and the old machines go on (`readiness.ts`).
 * The group is zonal: a regional one would need a surge of at least as many machines as it has zones.
 */
export class ProgramMachine extends Construct {
  readonly account: ProgramAccount;
  readonly bundle: RuntimeBundle;

  constructor(scope: Construct, id: string, props: ProgramMachineProps) {
    super(scope, id);
    const { environment, program } = props;
    this.account = new ProgramAccount(this, "identity", environment, program, props.description);
    this.bundle = new RuntimeBundle(this, "bundle", environment, program);
    const { bucketName, objectName, bundle } = this.bundle;
    grantMachineBasics(this.account);
    grantOnBucket(
      this.account,
      bucketName,
      {
        id: "fetch-bundle",
        role: "roles/storage.objectViewer",
        why: `The machine of ${program} fetches its bundle when it boots.`,
      },
      { prefixes: [bundlePrefixOf(program)], list: false },
    );
    const template = machineTemplate(this, "template", {
      environment,
      what: program,
      account: this.account,
      size: props.size,
      subnetwork: props.subnetwork,
      boot: renderBoot("program.yaml", {
        program,
        registry: registryOf(environment),
        image: imageOf(environment, nameOf(environment, IMAGE_REPOSITORY), "node"),
        statusPort: String(STATUS_PORT),
        restart: props.endsByItself === true ? "on-failure" : "always",
      }),
      metadata: {
        [METADATA.program]: program,
        [METADATA.bundle]: `https://storage.googleapis.com/${bucketName}/${objectName}`,
        [METADATA.bundleSha256]: bundle.sha256,
        [METADATA.environment]: environmentBlock(this.node.path, {
          ...props.settings,
          [DEPLOYMENT_VARIABLE]: deploymentOf(environment),
        }),
      },
      dependsOn: [this.bundle.resource],
    });
    const { autoHealingPolicies, timeouts, probes } = addReadiness(this, {
      environment,
      network: props.network,
      account: this.account,
      count: props.count,
    });
    new ComputeInstanceGroupManager(this, "group", {
      name: nameOf(environment, program),
      baseInstanceName: nameOf(environment, program),
      zone: environment.zone,
      targetSize: props.count,
      version: [{ instanceTemplate: template.selfLinkUnique }],
      updatePolicy: updatePolicy(this.node.path, { surge: 1, unavailable: 0 }),
      waitForInstances: true,
      waitForInstancesStatus: "UPDATED",
      // `npm run vm -- roll` (rolling-action) names the version after the time; to take that off again would roll twice.
      lifecycle: { ignoreChanges: ["version[0].name"] },
      autoHealingPolicies,
      timeouts,
      // Without the probes' way in every machine would look ill.
      dependsOn: [probes, ...(props.dependsOn ?? [])],
      // Its machine has no more to do, and another would begin the simulated time, and its events, once more.
      ...(props.endsByItself === true ? { instanceLifecyclePolicy: { defaultActionOnFailure: "DO_NOTHING" } } : {}),
    });
  }
}
