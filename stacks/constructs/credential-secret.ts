import { SecretManagerSecret } from "@cdktf/provider-google/lib/secret-manager-secret";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { KafkaClient } from "../../runtime/kafka/access";
import { SECONDS_PER_DAY } from "../durations";
import type { Environment } from "../environment-record";
import { keyNameOf, secretIdOf } from "../names";

/** How long a version that somebody has destroyed by mistake can be brought back, days. */
const DESTROYED_KEPT_DAYS = 7;

/**
 * The place in which a program finds its user in Kafka, and its password. What stands in it is made on Kafka's machine
 * and never declared here: a declared version would stand in Terraform's state. In the region alone, where who reads
 * it runs; a copy elsewhere would help nobody while the region is down.
 */
export class CredentialSecret extends Construct {
  readonly secretId: string;
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, environment: Environment, client: KafkaClient) {
    super(scope, id);
    this.secretId = secretIdOf(environment, client);
    const kmsKeyName = keyNameOf(environment, "secrets");
    this.resource = new SecretManagerSecret(this, "secret", {
      secretId: this.secretId,
      replication: {
        userManaged: {
          replicas: [
            {
              location: environment.region,
              ...(kmsKeyName === undefined ? {} : { customerManagedEncryption: { kmsKeyName } }),
            },
          ],
        },
      },
      versionDestroyTtl: `${DESTROYED_KEPT_DAYS * SECONDS_PER_DAY}s`,
      // The keeper would fill another one, but the program that runs could not start again until it has.
      lifecycle: { preventDestroy: !environment.mayBeDestroyed },
    });
  }
}
