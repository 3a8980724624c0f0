import { ComputeFirewall } from "@cdktf/provider-google/lib/compute-firewall";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../environment-record";
import { nameOf } from "../names";
import type { ProgramAccount } from "./program-account";

export interface PassageProps {
  readonly environment: Environment;
  /** Name of the network. */
  readonly network: string;
  readonly from: ProgramAccount;
  readonly to: {
    /** Last part of the rules' names, such as kafka. */
    readonly what: string;
    readonly account: ProgramAccount;
    readonly address: string;
    readonly port: number;
  };
  /** Why the traffic must be: one sentence. */
  readonly why: string;
}

/** One way through a network that denies everything both ways: from one service account to another, one port. */
export class Passage extends Construct {
  constructor(scope: Construct, id: string, { environment, network, from, to, why }: PassageProps) {
    super(scope, id);
    const way = `${from.program}-to-${to.what}`;
    // An account of another stack is there already: that stack is deployed before.
    const isOurs = TerraformStack.of(to.account) === TerraformStack.of(this);
    const common = {
      network,
      description: why,
      allow: [{ protocol: "tcp", ports: [String(to.port)] }],
      logConfig: { metadata: "INCLUDE_ALL_METADATA" },
      dependsOn: isOurs ? [from.resource, to.account.resource] : [from.resource],
    };
    new ComputeFirewall(this, "out", {
      ...common,
      name: nameOf(environment, `${way}-out`),
      direction: "EGRESS",
      targetServiceAccounts: [from.email],
      destinationRanges: [`${to.address}/32`],
    });
    new ComputeFirewall(this, "in", {
      ...common,
      name: nameOf(environment, `${way}-in`),
      direction: "INGRESS",
      sourceServiceAccounts: [from.email],
      targetServiceAccounts: [to.account.email],
    });
  }
}
