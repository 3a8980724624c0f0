import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { GcsBackend, LocalBackend, TerraformLocal, TerraformOutput, TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { refuseNumberTokens } from "./checks/number-tokens";
import { checkResources } from "./checks/resource-checks";
import type { Environment } from "./environment-record";
import { EXAMPLE_PROJECT, isExample } from "./environments";
import { labelsOf, stateBucketOf } from "./names";
import type { StackJson } from "./synthesis/synthesized";

/**
 * What every stack has: the provider with the platform's labels, the place of its state, and the checks of
 * synthesis. Nothing here or below passes tokens between stacks: names come from the environment, and `after` gives
 * the order.
 */
export abstract class PlatformStack extends TerraformStack {
  /** The scope of the outputs, so that their names are free for resources too. */
  private told: Construct | undefined;

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
      defaultLabels: { ...labelsOf(environment), stack: id },
    });
    if (environment.state === "local") {
      // Beside cdktf.json, as terraform runs in cdktf.out/stacks/<id>; without a path cdktf writes an absolute one.
      new LocalBackend(this, { path: `../../../terraform.${name}-${id}.tfstate` });
    } else {
      new GcsBackend(this, { bucket: stateBucketOf(environment), prefix: `${name}/${id}` });
    }
    for (const stack of after) this.addDependency(stack);
    if (isExample(environment)) this.refuseDeployment();
  }

  /** A stack of the example project can be synthesized, tested and reviewed, but Terraform plans nothing of it. */
  private refuseDeployment(): void {
    const example = new Construct(this, "example");
    // Terraform wants a condition to refer to something.
    const project = new TerraformLocal(example, "project", this.environment.project);
    project.overrideLogicalId("project");
    // Not cdktf's DataResource, which runs `terraform version` for each stack: a synth needs no Terraform.
    new TerraformResource(example, "deployable", {
      terraformResourceType: "terraform_data",
      terraformGeneratorMetadata: { providerName: "terraform" },
      lifecycle: {
        precondition: [
          {
            condition: `\${local.project != "${EXAMPLE_PROJECT}"}`,
            errorMessage:
              `This stack was synthesized for the example project ${EXAMPLE_PROJECT}, which is nobody's. ` +
              "Set RHYTHMIC_PROJECT to the id of your Google Cloud project, synthesize again, and deploy that.",
          },
        ],
      },
    });
  }

  /**
   * An output for the person who has deployed the stack: where to look, how to connect.
   * @param id the name that `terraform output` shows, such as ssh_to_kafka
   * @param value an address or a command, as it can be opened or run
   * @param description what it is good for: one sentence
   */
  protected tell(id: string, value: string, description: string): void {
    this.told ??= new Construct(this, "outputs");
    new TerraformOutput(this.told, id, { value, description }).overrideLogicalId(id);
  }

  /** What is about to be written; the last place where a mistake of any construct can still be refused. */
  override toTerraform(): unknown {
    const json: unknown = super.toTerraform();
    refuseNumberTokens(this.node.path, json);
    checkResources(this.node.path, json as StackJson);
    return json;
  }
}
