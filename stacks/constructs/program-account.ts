import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../environment-record";
import { accountEmailOf, accountIdOf } from "../names";
import type { Grantee } from "./google-agent";

/**
 * The service account of one program: a machine has one, so programs with different rights live on different
 * machines. Its email is a plain text, which other stacks may name without a reference between stacks.
 */
export class ProgramAccount extends Construct implements Grantee {
  readonly email: string;
  /** As grants name it. */
  readonly member: string;
  /** Grants depend on it, since they name the account by its email. */
  readonly resource: ITerraformDependable;

  constructor(
    scope: Construct,
    id: string,
    readonly environment: Environment,
    readonly program: string,
    description: string,
  ) {
    super(scope, id);
    this.email = accountEmailOf(environment, program);
    this.member = `serviceAccount:${this.email}`;
    this.resource = new ServiceAccount(this, "account", {
      accountId: accountIdOf(environment, program),
      displayName: `Rhythmic ${program} (${environment.name})`,
      description,
    });
  }
}
