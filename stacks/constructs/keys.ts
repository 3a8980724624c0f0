import { DataGoogleBigqueryDefaultServiceAccount } from "@cdktf/provider-google/lib/data-google-bigquery-default-service-account";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import { DataGoogleStorageProjectServiceAccount } from "@cdktf/provider-google/lib/data-google-storage-project-service-account";
import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key";
import { KmsKeyRing } from "@cdktf/provider-google/lib/kms-key-ring";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { SECONDS_PER_DAY } from "../durations";
import type { Environment } from "../environment-record";
import { KEY_PURPOSES, type KeyPurpose, keyRingOf } from "../names";
import { GoogleAgent } from "./google-agent";
import { grantOnKey } from "./grants";

/** Which of Google's services encrypts with a key, for whom. */
const USES: Readonly<Record<KeyPurpose, { readonly agent: AgentName; readonly why: string }>> = {
  lake: { agent: "storage", why: "Cloud Storage encrypts the lake's objects with the key." },
  artifacts: { agent: "storage", why: "Cloud Storage encrypts the programs' bundles with the key." },
  warehouse: { agent: "bigquery", why: "BigQuery encrypts the warehouse's tables with the key." },
  disks: { agent: "compute", why: "Compute Engine encrypts the machines' disks and their snapshots with the key." },
  secrets: { agent: "secretmanager", why: "Secret Manager encrypts the programs' credentials with the key." },
};

type AgentName = "storage" | "bigquery" | "compute" | "secretmanager";

/** The services that must be enabled, by their names. */
type Services = Readonly<Record<AgentName | "cloudkms" | "cloudresourcemanager", ITerraformDependable>>;

/**
 * The environment's own keys: one a store, so that withdrawing one closes that store alone, each with a new version
 * by the calendar. Neither a ring nor a key can ever be deleted at Google Cloud, only the versions of a key, and with
 * them all that they have encrypted: Terraform refuses to.
 */
export class Keys extends Construct {
  /** Made before anything that is encrypted with them: the grants that let Google's services use the keys. */
  readonly usable: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, environment: Environment, services: Services) {
    super(scope, id);
    const ring = new KmsKeyRing(this, "ring", {
      name: keyRingOf(environment),
      location: environment.region,
      lifecycle: { preventDestroy: true },
      dependsOn: [services.cloudkms],
    });
    const agents = this.findAgents(environment, services);
    this.usable = KEY_PURPOSES.map((what) => {
      const key = new KmsCryptoKey(this, what, {
        name: what,
        keyRing: ring.id,
        purpose: "ENCRYPT_DECRYPT",
        rotationPeriod: `${environment.keyRotationDays * SECONDS_PER_DAY}s`,
        lifecycle: { preventDestroy: true },
      });
      const { agent, why } = USES[what];
      return grantOnKey(agents[agent], key.id, {
        id: `use-${what}-key`,
        role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        why,
        // Before that Google may not know the account that is granted.
        on: services[agent],
      });
    });
  }

  /**
   * Google's own accounts of the project; asking for the first two makes them where they are not there yet, and nothing
   * of this provider makes the last one (docs/deploy.md has the command). Each waits for as little as it can: a data
   * source that waits for something that changes makes its grants anew.
   */
  private findAgents({ project }: Environment, services: Services): Readonly<Record<AgentName, GoogleAgent>> {
    const storage = new DataGoogleStorageProjectServiceAccount(this, "storage-account", {
      project,
      dependsOn: [services.storage],
    });
    const bigquery = new DataGoogleBigqueryDefaultServiceAccount(this, "bigquery-account", {
      project,
      dependsOn: [services.bigquery],
    });
    const { number } = new DataGoogleProject(this, "project", {
      projectId: project,
      dependsOn: [services.cloudresourcemanager, services.compute],
    });
    // docs.cloud.google.com/compute/docs/access/service-accounts#compute_engine_service_account
    const compute = `serviceAccount:service-${number}@compute-system.iam.gserviceaccount.com`;
    // docs.cloud.google.com/secret-manager/docs/cmek#create-service-identity
    const secrets = `serviceAccount:service-${number}@gcp-sa-secretmanager.iam.gserviceaccount.com`;
    return {
      storage: new GoogleAgent(this, "storage-agent", storage.member),
      bigquery: new GoogleAgent(this, "bigquery-agent", bigquery.member),
      compute: new GoogleAgent(this, "compute-agent", compute),
      secretmanager: new GoogleAgent(this, "secrets-agent", secrets),
    };
  }
}
