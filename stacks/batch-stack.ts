import type { Construct } from "constructs";
import { loaderSettings } from "../runtime/loader/settings";
import { ProgramMachine } from "./constructs/program-machine";
import { settingsFor } from "./constructs/program-settings";
import type { Environment } from "./environment-record";
import type { LakeStack } from "./lake-stack";
import { STATUS_PORT } from "./names";
import type { NetworkStack } from "./network-stack";
import { logCommand } from "./observability/log-filter";
import { PlatformStack } from "./platform-stack";
import type { WarehouseStack } from "./warehouse-stack";

export interface BatchStackProps {
  readonly network: NetworkStack;
  readonly lake: LakeStack;
  readonly warehouse: WarehouseStack;
}

/** The loader: from the lake to the warehouse, hour by hour, and from there to the marts. */
export class BatchStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, { network, lake, warehouse }: BatchStackProps) {
    super(scope, "batch", environment, [network, lake, warehouse]);
    const loader = new ProgramMachine(this, "loader", {
      environment,
      program: "loader",
      description: "Loads the lake's tables into the warehouse and makes the marts.",
      size: environment.loader,
      // Two loaders would hold each other up, no more: the protocol allows it, and nothing is gained.
      count: 1,
      network: network.networkName,
      subnetwork: network.subnetworkName,
      settings: settingsFor(`${this.node.path}/loader`, loaderSettings, {
        STATUS_PORT,
        LAKE_URL: lake.url,
        WAREHOUSE_URL: warehouse.url,
        LOADER_STAGING_EXPIRY_DAYS: environment.stagingRetentionDays,
      }),
    });
    lake.grantLoads(loader.account);
    warehouse.grantLoads(loader.account);
    this.tell("loader_log", logCommand(environment, "loader"), "Prints the newest lines of the loader's log.");
  }
}
