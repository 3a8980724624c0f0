import { selectEnvironment } from "../../stacks/environments";
import {
  accountEmailOf,
  bucketNameOf,
  connectionIdOf,
  datasetOf,
  delegateRoleIdOf,
  internalZoneOf,
  KEY_PURPOSES,
  kafkaBrokerOf,
  keyNameOf,
  nameOf,
  stateBucketOf,
} from "../../stacks/names";

const dev = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });
const prod = selectEnvironment({ RHYTHMIC_ENV: "prod", RHYTHMIC_PROJECT: "acme-music" });

test("names say the platform, the environment and what it is; those of buckets, which are global, the project first", () => {
  expect(nameOf(dev, "network")).toBe("rhythmic-dev-network");
  expect(bucketNameOf(dev, "lake")).toBe("acme-music-rhythmic-dev-lake");
  expect(stateBucketOf(dev)).toBe("acme-music-rhythmic-state");
  expect(datasetOf(dev, "marts")).toBe("rhythmic_dev_marts");
  expect(accountEmailOf(dev, "loader")).toBe("rhythmic-dev-loader@acme-music.iam.gserviceaccount.com");
  expect(internalZoneOf(dev)).toBe("rhythmic-dev.internal.");
  expect(kafkaBrokerOf(dev)).toBe("kafka.rhythmic-dev.internal:9092");
  expect(connectionIdOf(dev)).toBe("rhythmic-dev-lake");
  expect(delegateRoleIdOf(dev)).toBe("rhythmic_dev_delegate_connection");
});

test("an environment with keys of its own has one for each purpose, in its region; another has none", () => {
  const names = KEY_PURPOSES.map((what) => keyNameOf(prod, what));
  expect(names).toContain("projects/acme-music/locations/us-central1/keyRings/rhythmic-prod-keys/cryptoKeys/warehouse");
  expect(new Set(names).size).toBe(KEY_PURPOSES.length);
  for (const what of KEY_PURPOSES) expect(keyNameOf(dev, what)).toBeUndefined();
});
