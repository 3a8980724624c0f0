import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { GcsBackend, LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "./environments";
import { PREFIX, stateBucketOf } from "./names";
import { refuseNumberTokens } from "./number-tokens";

/**
 * What every stack has: the provider with the platform's labels, the place of its state, and the checks of
 * synthesis. Nothing here or below passes tokens between stacks: names come from the environment, and `after` gives
 * the order.
 */
export abstract class PlatformStack extends TerraformStack {
  /**
   * @param after the stacks whose resources this one names
   */
  constructor(
    scope: Construct,
    id: string,
    readonly environment: Environment,
    after: readonly PlatformStack[] = [],
  ) {
    super(scope, id);
    const { project, region, zone, name } = environment;
    new GoogleProvider(this, "google", {
      project,
      region,
      zone,
      defaultLabels: { platform: PREFIX, environment: name, stack: id },
    });
    if (environment.state === "local") {
      // Beside cdktf.json, as terraform runs in cdktf.out/stacks/<id>; without a path cdktf writes an absolute one.
      new LocalBackend(this, { path: `../../../terraform.${name}-${id}.tfstate` });
    } else {
      new GcsBackend(this, { bucket: stateBucketOf(environment), prefix: `${name}/${id}` });
    }
    for (const stack of after) this.addDependency(stack);
  }

  /** What is about to be written; the last place where a mistake of any construct can still be refused. */
  override toTerraform(): unknown {
    const json: unknown = super.toTerraform();
    refuseNumberTokens(this.node.path, json);
    return json;
  }
}
